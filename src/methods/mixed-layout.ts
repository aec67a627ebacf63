import { invariant } from '../errors'
import { declaredBits } from '../formats/bits'
import { type PlacedColumns, placeColumns } from '../formats/column-rule'
import type { Ranges, Width } from '../formats/quantized'
import type { EffectiveBits } from '../records'

export interface MixedOptions {
  /** Columns a group, on average; −1 for one group a row (and width, or class, of columns). */
  readonly groupSize: number
  readonly ranges: Ranges
}

/** Where the columns of a matrix of mixed widths are stored and which group each belongs to. */
export interface MixedLayout extends PlacedColumns {
  /** Bits of every column, original order. */
  readonly widths: Uint8Array
  readonly groupSize: number
  /** What order and groups follow from; missing where both are plain, so that nothing has to be stored of them. */
  readonly rule?: Ranges
}

/** The layout of columns of these widths (each 1 … 8); equal widths in whole groups give plain runs in original order. */
export function mixedLayout(widths: Uint8Array, { groupSize, ranges }: MixedOptions): MixedLayout {
  const columns = widths.length
  const size = groupSize === -1 ? columns : Math.min(groupSize, columns)
  invariant(columns > 0 && size >= 1, () => `groups of ${groupSize} for ${columns} columns`)
  const placed = placeColumns(widths, { groupSize: size, ranges })
  const plain = placed.perm === null && placed.storedGroupOf === null
  return { ...placed, widths, groupSize: size, ...(!plain && { rule: ranges }) }
}

/** Columns that all have the same width, in plain groups of `groupSize`, the last one shorter where they do not divide. */
export function uniformLayout(columns: number, bits: Width, groupSize: number): MixedLayout {
  return {
    widths: new Uint8Array(columns).fill(bits),
    segments: [{ bits, columns }],
    groupSize: Math.min(groupSize, columns),
    groups: Math.ceil(columns / groupSize),
    groupOf: Uint16Array.from({ length: columns }, (_, column) => Math.floor(column / groupSize)),
    ...{ perm: null, storedGroupOf: null },
  }
}

export const originalOrder = (columns: number): Uint32Array<ArrayBuffer> =>
  Uint32Array.from({ length: columns }, (_, column) => column)

/** Bits a weight that `out` rows of this layout, on ranges or `whole` levels, take when packed: `effectiveBits` of what is not quantized yet. */
export function layoutBits(
  { widths, segments, groupSize, groups, rule }: MixedLayout,
  out: number,
  whole = false,
): EffectiveBits {
  const zeroBits = segments.reduce<Width>((most, { bits }) => (bits > most ? bits : most), 1)
  return declaredBits({
    ...{ kind: 'affine', out, in: widths.length, segments, groupSize, groups, rule },
    ...{ permuted: false, named: false, grid: whole ? { type: 'zero', zeroBits } : { type: 'range' } },
  })
}
