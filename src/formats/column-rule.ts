import { invariant } from '../errors'
import { placeSegments } from './affine'
import { packBits, readBits } from './bit-string'
import { type AffineLinear, type Ranges, type Segment, WIDTHS } from './quantized'

/** How the order and the groups of columns follow from their widths, so that only the widths have to be stored. */
export interface ColumnRule {
  /** Columns a group on average; a group never has more than 1.5 times as many. */
  readonly groupSize: number
  readonly ranges: Ranges
}

/** Where columns of known widths are stored and which group each belongs to. */
export interface PlacedColumns {
  /** One segment a width, ascending. */
  readonly segments: readonly Segment[]
  /** Original column of every stored one, by width and then in original order; null when that is the original order. */
  readonly perm: Uint32Array<ArrayBuffer> | null
  readonly groups: number
  /** Group of every column, original order. */
  readonly groupOf: Uint16Array<ArrayBuffer>
  /** Group of every stored column, or null when groups are runs of `groupSize` stored columns. */
  readonly storedGroupOf: Uint16Array<ArrayBuffer> | null
}

interface Run {
  readonly length: number
  readonly groups: number
  /** Number of the run's first group. */
  readonly first: number
}

/** Places columns of these widths (each 1 … 8), given in original order. */
export function placeColumns(widths: Uint8Array, rule: ColumnRule): PlacedColumns {
  const columns = widths.length
  const counts = new Uint32Array(256)
  for (const bits of widths) counts[bits]!++
  const segments = WIDTHS.flatMap((bits) => (counts[bits] ? [{ bits, columns: counts[bits] }] : []))
  const known = segments.reduce((sum, segment) => sum + segment.columns, 0)
  invariant(known === columns, () => `widths [${[...new Set(widths)]}], each must be one of ${WIDTHS}`)
  const groups = countGroups(segments, rule)
  invariant(groups <= 65536, () => `${groups} groups a row, at most 65536 have a number`)

  const runs = runsOf(segments, rule)
  const ranks = new Uint32Array(9)
  const groupOf = Uint16Array.from(widths, (bits) => {
    const key = runKey(bits, rule.ranges)
    const run = runs.get(key)!
    return run.first + Math.floor((ranks[key]!++ * run.groups) / run.length)
  })
  const next = new Uint32Array(9)
  placeSegments(segments, 1).forEach(({ bits, first }) => {
    next[bits] = first
  })
  const order = new Uint32Array(columns)
  widths.forEach((bits, column) => {
    order[next[bits]!++] = column
  })
  const storedGroupOf = Uint16Array.from(order, (column) => groupOf[column]!)
  const { groupSize } = rule
  const regular =
    groups === Math.ceil(columns / groupSize) && storedGroupOf.every((g, i) => g === Math.floor(i / groupSize))
  return {
    ...{ segments, groups, groupOf },
    perm: order.every((column, place) => column === place) ? null : order,
    storedGroupOf: regular ? null : storedGroupOf,
  }
}

/** Groups a row that columns in segments of these (ascending) widths make. */
export const countGroups = (segments: readonly Segment[], rule: ColumnRule): number =>
  [...runsOf(segments, rule).values()].reduce((sum, { groups }) => sum + groups, 0)

/** Columns are in one run when their keys are equal; runs follow each other as keys do. */
const runKey = (bits: number, ranges: Ranges): number => (ranges === 'shared' ? Math.min(bits, 2) : bits)

function runsOf(segments: readonly Segment[], { groupSize, ranges }: ColumnRule): ReadonlyMap<number, Run> {
  const runs = new Map<number, number>()
  for (const { bits, columns } of segments) {
    const key = runKey(bits, ranges)
    runs.set(key, (runs.get(key) ?? 0) + columns)
  }
  let first = 0
  const counted = (length: number): Run => {
    const groups = Math.max(1, Math.round(length / groupSize))
    first += groups
    return { length, groups, first: first - groups }
  }
  return new Map([...runs].map(([key, length]) => [key, counted(length)]))
}

/** Bits of the number that a file keeps of a column's width: the width less one. */
export const WIDTH_BITS = 3

/** Widths in original order as a file holds them. */
export const packWidths = (widths: Uint8Array): Uint32Array<ArrayBuffer> =>
  packBits(
    widths.map((bits) => bits - 1),
    WIDTH_BITS,
  )

export const unpackWidths = (words: Uint32Array, columns: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length: columns }, (_, column) => readBits(words, column * WIDTH_BITS, WIDTH_BITS) + 1)

/** Bits of every column, original order. */
export function widthsOf({ in: columns, perm, segments }: AffineLinear): Uint8Array<ArrayBuffer> {
  const widths = new Uint8Array(columns)
  let stored = 0
  for (const { bits, columns: count } of segments)
    for (const end = stored + count; stored < end; stored++) widths[perm ? perm[stored]! : stored] = bits
  return widths
}
