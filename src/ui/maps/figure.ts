import type { MapTheme } from './colour'
import { drawnSvg } from './svg'

/** What a chart draws: itself, so many CSS pixels wide. */
export type Draw = (ctx: CanvasRenderingContext2D, width: number, theme: MapTheme) => void

/** A drawing to be taken out of the page. */
export interface Figure {
  readonly width: number
  readonly height: number
  /** Its title, above it. */
  readonly caption: string
  readonly draw: Draw
}

/** Around a figure, and for its title. */
const MARGIN = 16
const HEAD = 30

export const figureSize = ({ width, height }: Pick<Figure, 'width' | 'height'>) => ({
  ...{ width: width + 2 * MARGIN, height: height + 2 * MARGIN + HEAD },
})

/** The figure on the theme's own ground, its title above; `shift` moves what is drawn after. */
export function drawFigure(
  ctx: CanvasRenderingContext2D,
  figure: Figure,
  theme: MapTheme,
  shift: (x: number, y: number) => void,
): void {
  const { width, height } = figureSize(figure)
  ctx.fillStyle = theme.surface
  ctx.fillRect(0, 0, width, height)
  ctx.fillStyle = theme.ink
  ctx.font = `600 13px ${theme.font}`
  ctx.textAlign = 'left'
  ctx.textBaseline = 'top'
  ctx.fillText(figure.caption, MARGIN, MARGIN)
  shift(MARGIN, MARGIN + HEAD)
  figure.draw(ctx, figure.width, theme)
}

/** The figure as an SVG document. */
export function figureSvg(figure: Figure, theme: MapTheme): string {
  const size = figureSize(figure)
  return `${drawnSvg({ ...size, title: figure.caption, font: theme.font }, (ctx) =>
    drawFigure(ctx, figure, theme, (x, y) => ctx.translate(x, y)),
  )}\n`
}
