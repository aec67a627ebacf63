import { describe, expect, it } from 'vitest'
import { WIDTHS } from '../../formats/quantized'
import { bitPosition, cividis, parseColour, type Ramp, type Rgb, signed, viridis } from './colour'

/** Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB. */
const SIGHTS: Readonly<Record<string, readonly number[]>> = {
  all: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
}

const linear = (channel: number) => {
  const c = channel / 255
  return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
}

type Lab = readonly [number, number, number]

/** CIELAB (D65) of a colour as it is seen. */
function lab(colour: Rgb, sight: readonly number[]): Lab {
  const rgb = colour.map(linear)
  const [r, g, b] = [0, 3, 6].map((row) =>
    Math.min(
      1,
      Math.max(
        0,
        rgb.reduce((sum, value, i) => sum + sight[row + i]! * value, 0),
      ),
    ),
  ) as [number, number, number]
  const f = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : (t * 24389) / 27 / 116 + 16 / 116)
  const x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047)
  const y = f(0.2126729 * r + 0.7151522 * g + 0.072175 * b)
  const z = f((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883)
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
}

const distance = (a: Lab, b: Lab) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])

const rgbOf = (ramp: Ramp, t: number): Rgb => parseColour(ramp.css(t))

/** A difference that nobody overlooks between areas; 2.3 is just noticeable. */
const PLAIN = 10

describe.each(Object.entries(SIGHTS))('colours as seen with %s', (_, sight) => {
  const at = (ramp: Ramp, t: number) => lab(rgbOf(ramp, t), sight)

  it('tell every width from every other', () => {
    for (const a of WIDTHS)
      for (const b of WIDTHS)
        if (a < b) expect(distance(at(viridis, bitPosition(a)), at(viridis, bitPosition(b)))).toBeGreaterThan(PLAIN)
  })

  it('rise in lightness along the sequential ramps', () => {
    for (const ramp of [viridis, cividis]) {
      const lightness = Array.from({ length: 65 }, (_, i) => at(ramp, i / 64)[0])
      for (let i = 1; i < lightness.length; i++) expect(lightness[i]!).toBeGreaterThan(lightness[i - 1]!)
      expect(lightness.at(-1)! - lightness[0]!).toBeGreaterThan(60)
    }
  })

  it('tell more from less on the diverging ramps, and both from nothing', () => {
    for (const ramp of [signed.light, signed.dark]) {
      const [less, none, more] = [0.1, 0.5, 0.9].map((t) => at(ramp, t)) as [Lab, Lab, Lab]
      for (const [a, b] of [
        [less, none],
        [none, more],
        [less, more],
      ] as const)
        expect(distance(a, b)).toBeGreaterThan(2 * PLAIN)
    }
  })
})

it('keeps grey grey in every sight, so that the matrices are what they should be', () => {
  for (const sight of Object.values(SIGHTS)) {
    const [, a, b] = lab([128, 128, 128], sight)
    expect(Math.hypot(a, b)).toBeLessThan(0.5)
  }
})
