import { invariant } from '../errors'
import { declaredBits } from '../formats/bits'
import { type Segment, WIDTHS, type Width } from '../formats/quantized'
import type { EffectiveBits } from '../records'

/**
 * Which columns share a (min, range):
 * - `width`: runs of columns of the same width; what is stored together is ranged together
 * - `shared`: runs of columns in original order, whatever their widths; only 1-bit columns, whose levels lie about
 *   the mean and not at the ends, are ranged among themselves
 */
export type Ranges = 'width' | 'shared'

export interface MixedOptions {
  /** Columns a group; −1 for one group a row (and width, or class, of columns). */
  readonly groupSize: number
  readonly ranges: Ranges
}

/** Where the columns of a matrix of mixed widths are stored and which group each belongs to. */
export interface MixedLayout {
  /** Bits of every column, original order. */
  readonly widths: Uint8Array
  /** Group of every column, original order. */
  readonly groupOf: Uint16Array<ArrayBuffer>
  readonly groups: number
  readonly groupSize: number
  /** One segment a width, ascending. */
  readonly segments: readonly Segment[]
  /** Original column of every stored one, by width and then in original order; null when that is the original order. */
  readonly perm: Uint32Array<ArrayBuffer> | null
  /** Group of every stored column, or null when groups are runs of `groupSize` stored columns. */
  readonly storedGroupOf: Uint16Array<ArrayBuffer> | null
}

/** The layout of columns of these widths (each 1 … 8); equal widths give plain runs in original order. */
export function mixedLayout(widths: Uint8Array, { groupSize, ranges }: MixedOptions): MixedLayout {
  const columns = widths.length
  const size = groupSize === -1 ? columns : Math.min(groupSize, columns)
  invariant(columns > 0 && size >= 1, () => `groups of ${groupSize} for ${columns} columns`)
  const places = WIDTHS.map((bits) => ({ bits, columns: placesOf(widths, (width) => width === bits) }))
  const segments = places.filter(({ columns }) => columns.length > 0)
  const stored = Uint32Array.from(segments.flatMap((segment) => segment.columns))
  invariant(stored.length === columns, () => `widths [${[...new Set(widths)]}], each must be one of ${WIDTHS}`)

  const shared = [(width: number) => width === 1, (width: number) => width > 1].map((of) => placesOf(widths, of))
  const runs = ranges === 'width' ? segments.map((segment) => segment.columns) : shared
  const groupOf = new Uint16Array(columns)
  let groups = 0
  for (const run of runs) {
    run.forEach((column, i) => {
      groupOf[column] = groups + Math.floor(i / size)
    })
    groups += Math.ceil(run.length / size)
  }
  invariant(groups <= 65536, () => `${groups} groups a row, at most 65536 have a number`)

  const storedGroupOf = Uint16Array.from(stored, (column) => groupOf[column]!)
  const regular = groups === Math.ceil(columns / size) && storedGroupOf.every((g, i) => g === Math.floor(i / size))
  return {
    ...{ widths, groupOf, groups, groupSize: size },
    segments: segments.map(({ bits, columns }) => ({ bits, columns: columns.length })),
    perm: stored.every((column, i) => column === i) ? null : stored,
    storedGroupOf: regular ? null : storedGroupOf,
  }
}

/** The layout of columns that all have the same width. */
export const uniformLayout = (columns: number, bits: Width, groupSize: number): MixedLayout =>
  mixedLayout(new Uint8Array(columns).fill(bits), { groupSize, ranges: 'width' })

export const originalOrder = (columns: number): Uint32Array<ArrayBuffer> =>
  Uint32Array.from({ length: columns }, (_, column) => column)

/** Bits a weight that `out` rows of this layout take when packed: `effectiveBits` of what is not quantized yet. */
export function layoutBits(layout: MixedLayout, out: number): EffectiveBits {
  const { widths, segments, groupSize, groups, perm, storedGroupOf } = layout
  return declaredBits({
    ...{ kind: 'affine', out, in: widths.length, segments, groupSize, groups, grid: { type: 'range' } },
    permuted: perm !== null,
    named: storedGroupOf !== null,
  })
}

function placesOf(widths: Uint8Array, wanted: (width: number) => boolean): number[] {
  const places: number[] = []
  widths.forEach((width, column) => {
    if (wanted(width)) places.push(column)
  })
  return places
}
