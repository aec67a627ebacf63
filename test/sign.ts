import fc from 'fast-check'
import { type SignLinear, WIDTHS, type Width } from '../src/formats/quantized'
import { packSign, type SignParts } from '../src/formats/sign-pack'
import { noise } from './device'

export interface SignShape {
  out: number
  columns: number
  groups: number
  blockColumns: number
  perRow: boolean
  centered: boolean
  /** Weights apart: none, one, all of a row, or about a twelfth of all. */
  sparse: 'none' | 'one' | 'row' | 'some'
  bits: Width
  zeros: boolean
  salient: 'none' | 'some' | 'all'
  seed: number
}

export interface SignSample {
  linear: SignLinear
  parts: SignParts
}

/** Sign linears of odd sizes with every mix of what they may have. */
export const anySign: fc.Arbitrary<SignSample> = fc
  .record({
    out: fc.constantFrom(1, 3, 33),
    columns: fc.constantFrom(1, 31, 32, 33, 65, 172),
    groups: fc.constantFrom(1, 2, 3, 5, 8),
    blockColumns: fc.constantFrom(1, 7, 32, 64, 1000),
    perRow: fc.boolean(),
    centered: fc.boolean(),
    sparse: fc.constantFrom('none' as const, 'one' as const, 'row' as const, 'some' as const),
    bits: fc.constantFrom(...WIDTHS),
    zeros: fc.boolean(),
    salient: fc.constantFrom('none' as const, 'some' as const, 'all' as const),
    seed: fc.nat(),
  })
  .map((shape) => signSample(shape))

export function signSample(shape: SignShape, name = 'signs'): SignSample {
  const { out, columns, groups, perRow, centered, seed } = shape
  const blockColumns = Math.min(shape.blockColumns, columns)
  const cells = Math.ceil(columns / blockColumns)
  // Magnitudes from subnormal to large, so that every path of the float16 decoding is taken.
  const spread = (length: number, salt: number) =>
    noise(length, seed + salt).map((value, i) => value * 10 ** ((i % 9) - 6))
  const below = (length: number, limit: number, salt: number) =>
    Uint8Array.from(noise(length, seed + salt), (value) => ((value + 1) / 2) * limit)
  const levels = (perRow ? out : 1) * cells * groups
  const indices = [...new Array(columns).keys()].filter((column) =>
    shape.salient === 'some' ? (column * 7 + seed) % 3 === 0 : shape.salient === 'all',
  )
  const positions = positionsOf(shape)
  const parts: SignParts = {
    ...{ name, out, in: columns, groups, blockColumns, perRow },
    signs: below(out * columns, 2, 1),
    ids: below(out * columns, groups, 2),
    amplitudes: spread(levels, 3).map(Math.abs),
    centers: centered ? spread(levels, 4) : null,
    sparse: {
      ...{ positions, bits: shape.bits, codes: below(positions.length, 2 ** shape.bits, 5), scales: spread(out, 6) },
      zeros: shape.zeros ? below(out, 2 ** shape.bits, 7) : null,
    },
    columns: { indices, signs: below(out * indices.length, 2, 8), levels: spread(out * cells * 3, 9) },
  }
  return { linear: packSign(parts), parts }
}

function positionsOf({ out, columns, sparse, seed }: SignShape): Uint32Array {
  const all = [...new Array(out * columns).keys()]
  if (sparse === 'none') return new Uint32Array(0)
  if (sparse === 'one') return Uint32Array.of(seed % all.length)
  const row = seed % out
  if (sparse === 'row') return Uint32Array.from(all.slice(row * columns, (row + 1) * columns))
  const random = noise(all.length, seed + 10)
  return Uint32Array.from(all.filter((at) => random[at]! > 1 - 2 / 12))
}
