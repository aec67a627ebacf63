import { failure, isCount, type Part } from './affine-check'
import { readBits, wordsFor } from './bit-string'
import { decodeGaps, MOST_GAP_BITS, mostGapWords } from './gaps'
import { type SignLinear, WIDTHS, type Width } from './quantized'
import { cellsARow, idPlanes, planeWords, salientRanks } from './sign'

/** What a packed linear of signs says of itself: enough to know the length of every array before any is made. */
export interface SignHeader {
  readonly kind: 'sign'
  readonly out: number
  readonly in: number
  readonly groups: number
  readonly blockColumns: number
  readonly perRow: boolean
  /** Whether there are centers. */
  readonly centered: boolean
  readonly sparse: {
    readonly count: number
    readonly gapBits: number
    /** Words of the gaps, whose length follows from their values alone. */
    readonly gapWords: number
    readonly bits: Width
    /** Whether every row states its zero. */
    readonly zeros: boolean
  } | null
  /** Columns with a second sign; null for none. */
  readonly salient: number | null
}

export function headerOf(linear: SignLinear): SignHeader {
  const { kind, out, in: columns, groups, blockColumns, perRow, centers, sparse, columns: salient } = linear
  return {
    ...{ kind, out, in: columns, groups, blockColumns, perRow, centered: centers !== null },
    sparse: sparse && {
      ...{ count: sparse.count, gapBits: sparse.gapBits, gapWords: sparse.gaps.length, bits: sparse.bits },
      zeros: sparse.zeros !== null,
    },
    salient: salient && countBits(salient.mask),
  }
}

export const partNames = [
  ...(['signs', 'ids', 'amplitudes', 'centers'] as const),
  ...(['sparse.gaps', 'sparse.codes', 'sparse.scales', 'sparse.zeros'] as const),
  ...(['columns.mask', 'columns.signs', 'columns.levels'] as const),
] as const
export type PartName = (typeof partNames)[number]

/** The arrays that a linear consists of, and their shapes. */
export function partsOf(header: SignHeader): ReadonlyMap<PartName, Part> {
  const { out, in: columns, groups, perRow, centered, sparse, salient } = header
  const [words, cells] = [planeWords(columns), cellsARow(header)]
  const levels: Part = { dtype: 'F16', shape: [perRow ? out : 1, cells, groups] }
  const parts = new Map<PartName, Part>([['signs', { dtype: 'U32', shape: [out, words] }]])
  if (groups > 1) parts.set('ids', { dtype: 'U32', shape: [idPlanes(groups), out, words] })
  parts.set('amplitudes', levels)
  if (centered) parts.set('centers', levels)
  if (sparse) {
    const string = (count: number, bits: number): Part => ({ dtype: 'U32', shape: [wordsFor(count, bits)] })
    parts.set('sparse.gaps', { dtype: 'U32', shape: [sparse.gapWords] })
    parts.set('sparse.codes', string(sparse.count, sparse.bits)).set('sparse.scales', { dtype: 'F16', shape: [out] })
    if (sparse.zeros) parts.set('sparse.zeros', string(out, sparse.bits))
  }
  if (salient !== null) {
    parts.set('columns.mask', { dtype: 'U32', shape: [words] })
    parts.set('columns.signs', { dtype: 'U32', shape: [out, planeWords(salient)] })
    parts.set('columns.levels', { dtype: 'F16', shape: [out, cells, 3] })
  }
  return parts
}

/** FormatError unless the numbers of a header agree with each other. `where` names the linear in the message. */
export function validateHeader(where: string, header: SignHeader): void {
  const { out, in: columns, groups, blockColumns, sparse, salient } = header
  const fail = failure(where)
  const within = (value: number, most: number) => isCount(value) && value <= most
  // Weights are addressed with 32-bit integers on the GPU.
  if (!isCount(out) || !isCount(columns) || out * columns > 2 ** 32)
    fail(`expected a matrix of 1 to 2^32 weights, got [${out}, ${columns}]`)
  if (!within(groups, 8)) fail(`expected 1 to 8 groups, got ${groups}`)
  if (!within(blockColumns, columns)) fail(`expected blocks of 1 to ${columns} columns, got ${blockColumns}`)
  if (salient !== null && !within(salient, columns))
    fail(`expected 1 to ${columns} columns with a second sign, got ${salient}`)
  if (!sparse) return
  const { count, gapBits, gapWords, bits } = sparse
  if (!within(count, out * columns)) fail(`expected 1 to ${out * columns} weights apart, got ${count}`)
  if (!WIDTHS.includes(bits)) fail(`expected weights apart of ${WIDTHS.join(', ')} bits, got ${bits}`)
  if (!within(gapBits, MOST_GAP_BITS)) fail(`expected gaps of 1 to ${MOST_GAP_BITS} bits, got ${gapBits}`)
  const [least, most] = [wordsFor(count, gapBits), mostGapWords(count, out * columns, gapBits)]
  if (!isCount(gapWords) || gapWords < least || gapWords > most)
    fail(`expected gaps of ${least} to ${most} words, got ${gapWords}`)
}

/** The stored arrays by the name of their part. */
export function arraysOf({ signs, ids, amplitudes, centers, sparse, columns }: SignLinear) {
  const arrays: Partial<Record<PartName, Uint32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>>> = { signs, amplitudes }
  if (ids) arrays.ids = ids
  if (centers) arrays.centers = centers
  if (sparse) {
    arrays['sparse.gaps'] = sparse.gaps
    arrays['sparse.codes'] = sparse.codes
    arrays['sparse.scales'] = sparse.scales
    if (sparse.zeros) arrays['sparse.zeros'] = sparse.zeros
  }
  if (columns) {
    arrays['columns.mask'] = columns.mask
    arrays['columns.signs'] = columns.signs
    arrays['columns.levels'] = columns.levels
  }
  return arrays
}

/**
 * FormatError unless every array has the length its header gives, what fills up words is 0, ids are those of groups, gaps
 * lead to as many weights inside the matrix as there are codes, nothing else is stored of those, and levels are finite:
 * after this, nothing that reads the linear can leave its arrays.
 */
export function validateSign(linear: SignLinear): void {
  const { name, out, in: columns, groups, signs, ids, sparse, columns: salient } = linear
  const fail = failure(name)
  const header = headerOf(linear)
  validateHeader(name, header)
  const arrays = arraysOf(linear)
  for (const [part, { dtype, shape }] of partsOf(header)) {
    const length = shape.reduce((product, n) => product * n, 1)
    const array = arrays[part]
    if (array?.length !== length) fail(`expected ${length} values of ${part}, got ${array?.length ?? 'none'}`)
    if (dtype === 'F16' && array!.some((half) => (half & 0x7c00) === 0x7c00))
      fail(`expected finite values of ${part}, got NaN or infinity`)
  }
  const padded = (part: PartName, words: Uint32Array, bits: number) => {
    const rowWords = Math.ceil(bits / 32)
    if (bits % 32 === 0) return
    for (let word = rowWords - 1; word < words.length; word += rowWords)
      if (words[word]! >>> (bits % 32) !== 0) fail(`expected ${part} to be filled up with 0, got 1`)
  }
  padded('signs', signs, columns)
  if (ids) padded('ids', ids, columns)
  if (ids && hasOthers(ids, groups)) fail(`expected groups below ${groups}, got others`)
  if (salient) {
    padded('columns.mask', salient.mask, columns)
    padded('columns.signs', salient.signs, header.salient!)
  }
  if (!sparse) return
  padded('sparse.codes', sparse.codes, sparse.count * sparse.bits)
  if (sparse.zeros) padded('sparse.zeros', sparse.zeros, out * sparse.bits)
  const { positions, bits } = decodeGaps(sparse, out * columns)
  if (positions.length !== sparse.count || wordsFor(bits, 1) !== sparse.gaps.length)
    fail(`expected gaps of ${sparse.count} weights among ${out * columns}, got ${positions.length} in ${bits} bits`)
  padded('sparse.gaps', sparse.gaps, bits)
  if (!emptyAt(linear, positions)) fail('expected no bits of weights apart in the planes, got some')
}

/** Bits that are 1. */
export function countBits(words: Uint32Array): number {
  let count = 0
  for (let word of words) for (; word !== 0; word &= word - 1) count++
  return count
}

/** Whether some weight has an id of `groups` or more. */
function hasOthers(ids: Uint32Array, groups: number): boolean {
  const planes = idPlanes(groups)
  const length = ids.length / planes
  for (let word = 0; word < length; word++)
    for (let id = groups; id < 2 ** planes; id++) {
      let having = -1
      for (let plane = 0; plane < planes; plane++) {
        const bits = ids[plane * length + word]!
        having &= (id >> plane) & 1 ? bits : ~bits
      }
      if (having !== 0) return true
    }
  return false
}

/** Whether the planes hold 0 at these positions. */
function emptyAt({ out, in: columns, groups, signs, ids, columns: salient }: SignLinear, positions: Uint32Array) {
  const ranks = salientRanks(columns, salient?.mask)
  const [rowWords, secondWords] = [planeWords(columns), (salient?.signs.length ?? 0) / out]
  for (const position of positions) {
    const row = Math.floor(position / columns)
    const column = position - row * columns
    const at = row * rowWords * 32 + column
    if (readBits(signs, at, 1)) return false
    for (let plane = 0; plane < idPlanes(groups); plane++)
      if (readBits(ids!, plane * out * rowWords * 32 + at, 1)) return false
    const rank = ranks[column]!
    if (rank >= 0 && readBits(salient!.signs, row * secondWords * 32 + rank, 1)) return false
  }
  return true
}
