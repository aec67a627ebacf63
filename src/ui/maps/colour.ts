import { interpolateCividis, interpolatePuOr, interpolateViridis } from 'd3-scale-chromatic'

export type Rgb = readonly [number, number, number]

const STEPS = 256

/** A perceptually uniform, colour-blind-safe ramp, sampled once: t in [0, 1] to a colour. */
export interface Ramp {
  css(t: number): string
  /** Colours at equal distances of t as the words of an image: red in the lowest byte, opaque. */
  readonly words: Uint32Array
  /** Black or white, whichever reads better on the colour at t. */
  ink(t: number): string
}

function ramp(interpolate: (t: number) => string): Ramp {
  const colours = Array.from({ length: STEPS }, (_, i) => parseColour(interpolate(i / (STEPS - 1))))
  const css = colours.map(([r, g, b]) => `rgb(${r} ${g} ${b})`)
  const ink = colours.map((colour) => (luminance(colour) > 0.19 ? '#101112' : '#ffffff'))
  const step = (t: number) => Math.min(STEPS - 1, Math.max(0, Math.round(t * (STEPS - 1))))
  const words = Uint32Array.from(colours, ([r, g, b]) => (255 << 24) | (b << 16) | (g << 8) | r)
  return { words, css: (t) => css[step(t)]!, ink: (t) => ink[step(t)]! }
}

/** d3 writes `#rrggbb` for some ramps and `rgb(r, g, b)` for others. */
export function parseColour(text: string): Rgb {
  if (text.startsWith('#')) {
    const value = Number.parseInt(text.slice(1), 16)
    return [value >> 16, (value >> 8) & 255, value & 255]
  }
  const [r = 0, g = 0, b = 0] = text.match(/\d+/g)?.map(Number) ?? []
  return [r, g, b]
}

/** Relative luminance as WCAG defines it. */
export function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((channel) => {
    const c = channel / 255
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
}

export const viridis = ramp(interpolateViridis)
export const cividis = ramp(interpolateCividis)

const mix = (a: Rgb, b: Rgb, t: number): string => `rgb(${a.map((from, i) => Math.round(from + (b[i]! - from) * t))})`
const [ORANGE, NIGHT, PURPLE]: Rgb[] = [
  [255, 178, 89],
  [27, 29, 33],
  [190, 178, 240],
]

/**
 * Diverging, for signed values: 0.5 is zero, which takes the colour of the page so that what is large stands out.
 * Below it is orange, above it purple, in both themes.
 */
export const signed = {
  light: ramp((t) => interpolatePuOr(1 - t)),
  dark: ramp((t) => (t < 0.5 ? mix(ORANGE!, NIGHT!, 2 * t) : mix(NIGHT!, PURPLE!, 2 * t - 1))),
}

/** Bit-widths are ordered categories: each has its own place on viridis, the same in every map and legend. */
export const bitPosition = (bits: number): number => Math.min(1, Math.max(0, (bits - 1) / 7))

/** What a canvas takes from the page's style sheet. */
export interface MapTheme {
  readonly ink: string
  readonly muted: string
  readonly line: string
  readonly surface: string
  readonly accent: string
  /** A bin's largest value, and the mean in front of it. */
  readonly laneMax: string
  readonly laneMean: string
  readonly signed: Ramp
  readonly font: string
}

export function readTheme(element: Element): MapTheme {
  const style = getComputedStyle(element)
  const value = (name: string) => style.getPropertyValue(name).trim()
  return {
    ink: value('--ink'),
    muted: value('--ink-quiet'),
    line: value('--line'),
    surface: value('--surface'),
    accent: value('--accent'),
    laneMax: value('--lane-max'),
    laneMean: value('--lane-mean'),
    signed: style.colorScheme === 'dark' ? signed.dark : signed.light,
    font: style.fontFamily,
  }
}
