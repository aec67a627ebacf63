import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { affineSample, anyAffine } from '../../test/affine'
import { dequantize } from './affine'
import type { AffineLinear, Width } from './quantized'
import { rowReader } from './row-reader'

/** The extremes of `bins` bins of a row, beside what `kept` had. */
function extremesOf(linear: AffineLinear, binOf: Int32Array, row: number, bins: number, kept = 0): Float32Array {
  const found = new Float32Array(bins).fill(kept)
  rowReader(linear).extremes!(binOf)(row, new Int32Array(found.buffer), 0)
  return found
}

/** Holds every bin against the weights that `dequantize` gives. */
function expectExtremes(linear: AffineLinear, binOf: Int32Array): void {
  const weights = dequantize(linear)
  const bins = Math.max(0, ...binOf) + 1
  for (let row = 0; row < linear.out; row++)
    extremesOf(linear, binOf, row, bins).forEach((value, bin) => {
      const own = [...binOf.keys()].filter((column) => binOf[column] === bin)
      const all = own.map((column) => weights[row * linear.in + column]!)
      expect([0, ...all]).toContain(value)
      expect(Math.abs(value)).toBeGreaterThanOrEqual(Math.max(0, ...all.map(Math.abs)) * (1 - 1e-6))
    })
}

describe('extremes of bins', () => {
  it('are the weights of largest size, whatever is stored in which order and gathered in which bins', () => {
    const shape = fc.record({ seed: fc.nat(), wide: fc.integer({ min: 1, max: 20 }), scattered: fc.boolean() })
    fc.assert(
      fc.property(anyAffine, shape, ({ linear }, { seed, wide, scattered }) => {
        const place = (column: number) => (scattered ? (Math.imul(column + seed, 40503) >>> 8) % linear.in : column)
        // some columns are in no bin
        const binOf = Int32Array.from({ length: linear.in }, (_, column) =>
          (column + seed) % 11 === 0 ? -1 : Math.floor(place(column) / wide),
        )
        expectExtremes(linear, binOf)
      }),
      { numRuns: 60 },
    )
  })

  it('are so for every width in runs of all lengths', () => {
    for (const bits of [1, 2, 3, 4, 5, 6, 7, 8] as Width[])
      for (const wide of [1, 2, 3, 4, 7, 16]) {
        const { linear } = affineSample({
          ...{ out: 2, columns: 77, widths: [[bits, 1]], grid: 'zero', zeroBits: 5, groupSize: 32, seed: bits + wide },
          ...{ permuted: false, named: false },
        })
        expectExtremes(
          linear,
          Int32Array.from({ length: 77 }, (_, column) => Math.floor(column / wide)),
        )
      }
  })

  it('leave what is larger, and what is no number', () => {
    const { linear } = affineSample({
      ...{ out: 1, columns: 8, widths: [[4, 1]], grid: 'symmetric', zeroBits: 4, groupSize: 4, seed: 5 },
      ...{ permuted: false, named: false },
    })
    const binOf = Int32Array.of(0, 0, 0, 0, 1, 1, 1, 1)
    expect(extremesOf(linear, binOf, 0, 2, -1e9)).toEqual(Float32Array.of(-1e9, -1e9))
    const [nan, scale] = [0x7e00, (linear.grid as { scale: Uint16Array }).scale[1]!]
    const damaged = { ...linear, grid: { type: 'symmetric' as const, scale: Uint16Array.of(nan, scale) } }
    const [first, second] = extremesOf(damaged, binOf, 0, 2)
    expect(first).toBe(0)
    expect(Math.abs(second!)).toBeGreaterThan(0)
  })
})
