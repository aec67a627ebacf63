import { visible } from '../../visible'

/** A colour of CSS as SVG's oldest readers know it; what refers to a style sheet stays as it is. */
function paint(property: 'fill' | 'stroke', css: string, alpha: number): string {
  const [, numbers] = /^rgba?\(([^)]*)\)$/.exec(css) ?? []
  const hex = numbers
    ? `#${numbers
        .split(/[\s,/]+/)
        .slice(0, 3)
        .map((channel) => Math.round(Number(channel)).toString(16).padStart(2, '0'))
        .join('')}`
    : css
  const opacity = alpha < 1 ? ` ${property}-opacity="${tidy(alpha)}"` : ''
  return css.includes('var(')
    ? ` style="${property}:${escapeText(css)}"${opacity}`
    : ` ${property}="${escapeText(hex)}"${opacity}`
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text for XML and HTML, in attributes too: what hides is shown, and what XML has no place for becomes U+FFFD. */
export const escapeText = (text: string): string =>
  visible(text)
    .replace(/[\p{Cs}\ufffe\uffff]|(?![\t\n\r])\p{Cc}/gu, '\ufffd')
    .replace(/[&<>"']/g, (letter) => ESCAPES[letter]!)

const tidy = (value: number): string => String(Number(value.toFixed(2)))

/** Widths of letters as parts of the font's size, about those of Helvetica: what is not known is 0.56. */
const NARROW: Readonly<Record<string, number>> = { ...letters("iljI.,:;'|!", 0.25), ...letters('ftr ()-/', 0.33) }
const WIDE: Readonly<Record<string, number>> = { ...letters('mwMW%', 0.85), ...letters('ABCDEFGHKNOPQRSUVXYZ÷×', 0.68) }

function letters(text: string, width: number): Record<string, number> {
  return Object.fromEntries([...text].map((letter) => [letter, width]))
}

const widthOf = (text: string, size: number): number =>
  size * [...text].reduce((sum, letter) => sum + (NARROW[letter] ?? WIDE[letter] ?? 0.56), 0)

const ANCHORS: Readonly<Record<string, string>> = { center: 'middle', right: 'end', end: 'end' }
/** How far below a baseline's name the letters stand, in parts of the font's size. */
const DROPS: Readonly<Record<string, number>> = { middle: 0.35, top: 0.8, bottom: -0.2 }

type DrawPart = (
  ...part: [
    image: CanvasImageSource,
    ...from: [number, number, number, number],
    ...to: [number, number, number, number],
  ]
) => void

/** Pixels on a side of a picture inside. */
const LARGEST = 8192

/**
 * A 2D context that writes SVG: what the charts and maps of the page use of one, and no more. They are drawn by the same
 * code on a canvas, in a figure and in a report. Widths of texts are estimated where there is no page.
 */
class SvgContext {
  readonly #parts: string[] = []
  fillStyle = '#000'
  strokeStyle = '#000'
  lineWidth = 1
  lineJoin = 'miter'
  font = '10px sans-serif'
  textAlign = 'left'
  textBaseline = 'alphabetic'
  globalAlpha = 1
  imageSmoothingEnabled = true
  #dash: readonly number[] = []
  #path: string[] = []
  #groups = 0

  fillRect(x: number, y: number, width: number, height: number): void {
    this.#parts.push(`<rect${box(x, y, width, height)}${paint('fill', this.fillStyle, this.globalAlpha)}/>`)
  }

  strokeRect(x: number, y: number, width: number, height: number): void {
    this.#parts.push(`<rect${box(x, y, width, height)} fill="none"${this.#line()}/>`)
  }

  /** Part of a canvas as a picture inside, its pixels as they are: twice as fine as CSS pixels at most. */
  drawImage(...[image, sx, sy, sw, sh, x, y, width, height]: Parameters<DrawPart>): void {
    const canvas = document.createElement('canvas')
    canvas.width = Math.max(1, Math.min(Math.ceil(2 * width), LARGEST))
    canvas.height = Math.max(1, Math.min(Math.ceil(2 * height), LARGEST))
    const ctx = canvas.getContext('2d')
    if (!ctx) return
    ctx.imageSmoothingEnabled = this.imageSmoothingEnabled
    ctx.drawImage(image, sx, sy, sw, sh, 0, 0, canvas.width, canvas.height)
    this.#parts.push(
      `<image${box(x, y, width, height)} preserveAspectRatio="none" style="image-rendering:pixelated" href="${canvas.toDataURL('image/png')}"/>`,
    )
  }

  /** Once, before what is moved. */
  translate(x: number, y: number): void {
    this.#parts.push(`<g transform="translate(${tidy(x)} ${tidy(y)})">`)
    this.#groups++
  }

  /** The elements, all groups closed. */
  markup(): string {
    return this.#parts.join('') + '</g>'.repeat(this.#groups)
  }

  setLineDash(dash: readonly number[]): void {
    this.#dash = dash
  }

  beginPath(): void {
    this.#path = []
  }

  moveTo(x: number, y: number): void {
    this.#path.push(`M${tidy(x)} ${tidy(y)}`)
  }

  lineTo(x: number, y: number): void {
    this.#path.push(`${this.#path.length === 0 ? 'M' : 'L'}${tidy(x)} ${tidy(y)}`)
  }

  arc(x: number, y: number, radius: number, from: number, to: number): void {
    this.ellipse(x, y, radius, radius, 0, from, to)
  }

  /** Clockwise, in halves: an arc of SVG cannot end where it begins. */
  ellipse(x: number, y: number, rx: number, ry: number, rotation: number, from: number, to: number): void {
    const at = (angle: number) => `${tidy(x + rx * Math.cos(angle))} ${tidy(y + ry * Math.sin(angle))}`
    const turn = (rotation * 180) / Math.PI
    const arc = (angle: number) => `A${tidy(rx)} ${tidy(ry)} ${tidy(turn)} 0 1 ${at(angle)}`
    this.#path.push(`${this.#path.length === 0 ? 'M' : 'L'}${at(from)}`, arc((from + to) / 2), arc(to))
  }

  stroke(): void {
    if (this.#path.length > 0)
      this.#parts.push(
        `<path d="${this.#path.join('')}" fill="none" stroke-linejoin="${this.lineJoin}"${this.#line()}/>`,
      )
  }

  fill(): void {
    this.#parts.push(`<path d="${this.#path.join('')}"${paint('fill', this.fillStyle, this.globalAlpha)}/>`)
  }

  fillText(text: string, x: number, y: number): void {
    const { weight, size } = this.#face()
    const anchor = ANCHORS[this.textAlign]
    const attributes = [
      ` x="${tidy(x)}" y="${tidy(y + size * (DROPS[this.textBaseline] ?? 0))}" font-size="${size}"`,
      ...(weight === '400' ? [] : [` font-weight="${weight}"`]),
      ...(anchor ? [` text-anchor="${anchor}"`] : []),
    ]
    this.#parts.push(
      `<text${attributes.join('')}${paint('fill', this.fillStyle, this.globalAlpha)}>${escapeText(text)}</text>`,
    )
  }

  measureText(text: string): { width: number } {
    return { width: widthOf(text, this.#face().size) }
  }

  #face(): { weight: string; size: number } {
    const [, weight = '400', size = '10'] = /^(?:(\d+|bold) )?([\d.]+)px/.exec(this.font) ?? []
    return { weight, size: Number(size) }
  }

  #line(): string {
    const dash = this.#dash.length > 0 ? ` stroke-dasharray="${this.#dash.join(' ')}"` : ''
    const width = this.lineWidth === 1 ? '' : ` stroke-width="${tidy(this.lineWidth)}"`
    return `${paint('stroke', this.strokeStyle, this.globalAlpha)}${width}${dash}`
  }
}

const box = (x: number, y: number, width: number, height: number): string =>
  ` x="${tidy(x)}" y="${tidy(y)}" width="${tidy(Math.max(0, width))}" height="${tidy(Math.max(0, height))}"`

export interface SvgFrame {
  readonly width: number
  readonly height: number
  /** What it shows, for those who do not see it. */
  readonly title: string
  readonly font: string
}

/** An SVG element of what `draw` draws. */
export function drawnSvg(
  { width, height, title, font }: SvgFrame,
  draw: (ctx: CanvasRenderingContext2D) => void,
): string {
  const context = new SvgContext()
  // the charts' own code uses no more of a context than there is here: maps/svg.test.ts draws them all
  draw(context as unknown as CanvasRenderingContext2D)
  const name = escapeText(title)
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${tidy(width)}" height="${tidy(height)}" viewBox="0 0 ${tidy(width)} ${tidy(height)}" font-family="${escapeText(font)}" role="img" aria-label="${name}"><title>${name}</title>${context.markup()}</svg>`
}
