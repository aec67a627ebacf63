import fc from 'fast-check'
import { invariant } from '../src/errors'
import { packAffine, rangeGrid, symmetricGrid, zeroGrid } from '../src/formats/affine'
import { placeColumns } from '../src/formats/column-rule'
import {
  type AffineLinear,
  type Grid,
  type QuantizedLinear,
  type Ranges,
  type Segment,
  WIDTHS,
  type Width,
} from '../src/formats/quantized'
import { noise } from './device'

export interface AffineSample {
  linear: AffineLinear
  /** What was packed: [out, in] in the original column order. */
  codes: Uint8Array<ArrayBuffer>
}

const width = fc.constantFrom(...WIDTHS)

/** A linear of a method that is known to make codes. */
export function asAffine(linear: QuantizedLinear): AffineLinear {
  invariant(linear.kind === 'affine', () => `${linear.name} is of kind ${linear.kind}`)
  return linear
}

/** Packed linears of odd sizes, any mix of segments, with and without permutation and named groups. */
const anyStated: fc.Arbitrary<AffineSample> = fc
  .record({
    out: fc.constantFrom(1, 3, 33),
    columns: fc.constantFrom(1, 31, 32, 33, 65, 172),
    widths: fc.array(fc.tuple(width, fc.integer({ min: 1, max: 100 })), { minLength: 1, maxLength: 4 }),
    grid: fc.constantFrom('symmetric' as const, 'zero' as const, 'range' as const),
    zeroBits: width,
    groupSize: fc.constantFrom(1, 7, 32, 64, 1000),
    permuted: fc.boolean(),
    named: fc.boolean(),
    seed: fc.nat(),
  })
  .map((shape) => affineSample(shape))

/** Packed linears whose order and groups follow from the widths of their columns. */
export const anyRuled: fc.Arbitrary<AffineSample> = fc
  .record({
    out: fc.constantFrom(1, 3, 33),
    widths: fc.uniqueArray(width, { minLength: 1, maxLength: 4 }).chain((choices) =>
      fc.array(fc.constantFrom(...choices), {
        ...{ minLength: 1, maxLength: 200, size: 'max' },
      }),
    ),
    grid: fc.constantFrom('symmetric' as const, 'zero' as const, 'range' as const),
    zeroBits: width,
    groupSize: fc.constantFrom(1, 7, 32, 64, 1000),
    rule: fc.constantFrom('width' as const, 'shared' as const),
    seed: fc.nat(),
  })
  .map((shape) => ruledSample(shape))

export const anyAffine: fc.Arbitrary<AffineSample> = fc.oneof(
  { arbitrary: anyStated, weight: 2 },
  { arbitrary: anyRuled, weight: 1 },
)

export interface AffineShape {
  out: number
  columns: number
  /** Width and share of the columns of each segment. */
  widths: [Width, number][]
  grid: Grid['type']
  zeroBits: Width
  groupSize: number
  permuted: boolean
  named: boolean
  seed: number
}

export function affineSample(shape: AffineShape, name = 'sample'): AffineSample {
  const { out, columns, groupSize, seed } = shape
  const segments = segmentsOf(columns, shape.widths)
  const size = Math.min(groupSize, columns)
  const groups = Math.ceil(columns / size)
  const order = shuffled(columns, seed)
  const perm = shape.permuted ? order : null
  const groupOf = shape.named ? Uint16Array.from({ length: columns }, (_, i) => (i * 7 + seed) % groups) : null
  const codes = new Uint8Array(out * columns)
  const random = noise(codes.length, seed)
  let stored = 0
  for (const { bits, columns: count } of segments)
    for (let end = stored + count; stored < end; stored++)
      for (let row = 0; row < out; row++) {
        const original = perm ? perm[stored]! : stored
        codes[row * columns + original] = ((random[row * columns + stored]! + 1) / 2) * 2 ** bits
      }
  const rest = { name, out, in: columns, perm, segments, groupOf, groupSize: size, groups }
  return { linear: packAffine({ ...rest, codes, grid: gridOf(shape, out * groups) }), codes }
}

export interface RuledShape extends Pick<AffineShape, 'out' | 'grid' | 'zeroBits' | 'groupSize' | 'seed'> {
  /** Of every column, original order. */
  widths: Width[]
  rule: Ranges
}

export function ruledSample(shape: RuledShape, name = 'ruled'): AffineSample {
  const { out, widths, groupSize, rule } = shape
  const columns = widths.length
  const placed = placeColumns(Uint8Array.from(widths), { groupSize, ranges: rule })
  const { segments, perm, groups, storedGroupOf: groupOf } = placed
  const codes = Uint8Array.from(noise(out * columns, shape.seed), (r, i) => ((r + 1) / 2) * 2 ** widths[i % columns]!)
  const rest = { name, out, in: columns, perm, segments, groupOf, groupSize, groups, rule }
  return { linear: packAffine({ ...rest, codes, grid: gridOf(shape, out * groups) }), codes }
}

function gridOf({ grid, zeroBits, seed }: Pick<AffineShape, 'grid' | 'zeroBits' | 'seed'>, cells: number): Grid {
  // Magnitudes from subnormal to large, so that every path of the float16 decoding is taken.
  const spread = (salt: number) => noise(cells, seed + salt).map((value, i) => value * 10 ** ((i % 9) - 6))
  if (grid === 'symmetric') return symmetricGrid(spread(1))
  if (grid === 'range') return rangeGrid(spread(1), spread(2).map(Math.abs))
  return zeroGrid(
    spread(1),
    Array.from(noise(cells, seed + 2), (value) => Math.floor(((value + 1) / 2) * 2 ** zeroBits)),
    zeroBits,
  )
}

function segmentsOf(columns: number, widths: [Width, number][]): Segment[] {
  const shares = widths.reduce((sum, [, share]) => sum + share, 0)
  let left = columns
  return widths.flatMap(([bits, share], i) => {
    const count = i === widths.length - 1 ? left : Math.min(left, Math.round((columns * share) / shares))
    left -= count
    return count > 0 ? [{ bits, columns: count }] : []
  })
}

function shuffled(length: number, seed: number): Uint32Array<ArrayBuffer> {
  const keys = noise(length, seed ^ 0x5bd1)
  return Uint32Array.from(Array.from(keys.keys()).sort((a, b) => keys[a]! - keys[b]!))
}
