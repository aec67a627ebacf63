import { readBits } from './bit-string'
import { decodeFloat16 } from './floats'
import { decodeGaps } from './gaps'
import type { SignLinear } from './quantized'

/** Words of a row of a plane over `columns` columns. */
export const planeWords = (columns: number): number => Math.ceil(columns / 32)

/** Planes that group ids take. */
export const idPlanes = (groups: number): number => 32 - Math.clz32(groups - 1)

/** Runs of columns a row; each is a cell of its row, or of all rows. */
export const cellsARow = ({ in: columns, blockColumns }: Pick<SignLinear, 'in' | 'blockColumns'>): number =>
  Math.ceil(columns / blockColumns)

/** Place of every column among the salient ones, −1 for the others. */
export function salientRanks(columns: number, mask: Uint32Array | undefined): Int32Array<ArrayBuffer> {
  const ranks = new Int32Array(columns).fill(-1)
  if (!mask) return ranks
  let rank = 0
  for (let column = 0; column < columns; column++) if (readBits(mask, column, 1)) ranks[column] = rank++
  return ranks
}

/**
 * The weights of rows [start, end): [cells, groups, 2] with minus first, cells of those rows or of all. Every other
 * arithmetic on center and amplitude is left undone: a weight is one of these numbers on every device.
 */
export function levelTable(linear: SignLinear, start = 0, end = linear.out): Float32Array<ArrayBuffer> {
  const { groups, perRow, amplitudes, centers } = linear
  const row = cellsARow(linear) * groups
  const [first, last] = perRow ? [start * row, end * row] : [0, row]
  const amplitude = decodeFloat16(amplitudes.subarray(first, last))
  const center = centers && decodeFloat16(centers.subarray(first, last))
  const table = new Float32Array(2 * amplitude.length)
  for (let i = 0; i < amplitude.length; i++) {
    const c = center ? center[i]! : 0
    table[2 * i] = c - amplitude[i]!
    table[2 * i + 1] = c + amplitude[i]!
  }
  return table
}

/** The weights of salient columns of rows [start, end): [rows, cells a row, 4], by 2·first sign + second sign. */
export function salientTable(linear: SignLinear, start = 0, end = linear.out): Float32Array<ArrayBuffer> {
  if (!linear.columns) return new Float32Array(0)
  const row = cellsARow(linear) * 3
  const levels = decodeFloat16(linear.columns.levels.subarray(start * row, end * row))
  const table = new Float32Array((levels.length / 3) * 4)
  for (let i = 0, t = 0; i < levels.length; i += 3)
    for (const first of [-levels[i + 1]!, levels[i + 1]!])
      for (const second of [-levels[i + 2]!, levels[i + 2]!])
        table[t++] = Math.fround(Math.fround(levels[i]! + first) + second)
  return table
}

/** The weights apart by rows: those of row r are `starts[r]` to `starts[r + 1]`, in growing columns. */
export interface SparseRows {
  readonly starts: Uint32Array<ArrayBuffer>
  readonly columns: Uint32Array<ArrayBuffer>
  /** scale·(code − zero), exact: 11 bits times 9. */
  readonly values: Float32Array<ArrayBuffer>
}

/** What the GPU holds of the weights apart; null where there are none. */
export function csrOf({ out, in: width, sparse }: Pick<SignLinear, 'out' | 'in' | 'sparse'>): SparseRows | null {
  if (!sparse) return null
  const { bits, codes, count, zeros } = sparse
  const { positions } = decodeGaps(sparse, out * width)
  const scales = decodeFloat16(sparse.scales)
  const starts = new Uint32Array(out + 1)
  const columns = new Uint32Array(count)
  const values = new Float32Array(count)
  positions.forEach((position, i) => {
    const row = Math.floor(position / width)
    starts[row + 1]!++
    columns[i] = position - row * width
    const zero = zeros ? readBits(zeros, row * bits, bits) : 2 ** (bits - 1)
    values[i] = scales[row]! * (readBits(codes, i * bits, bits) - zero)
  })
  for (let row = 0; row < out; row++) starts[row + 1]! += starts[row]!
  return { starts, columns, values }
}

/**
 * The weights that the stored bytes stand for, [out, in]. This is the definition that shaders/dequantize_sign.wgsl meets
 * bit by bit on every device: it looks up what is computed here.
 */
export function dequantizeSign(linear: SignLinear): Float32Array<ArrayBuffer> {
  const { out, in: columns, groups, blockColumns, perRow, signs, ids, columns: salient } = linear
  const weights = new Float32Array(out * columns)
  const levels = levelTable(linear)
  const salientLevels = salientTable(linear)
  const ranks = salientRanks(columns, linear.columns?.mask)
  const [rowWords, cells] = [planeWords(columns), cellsARow(linear)]
  const secondWords = salient ? salient.signs.length / out : 0
  for (let row = 0; row < out; row++)
    for (let column = 0; column < columns; column++) {
      const cell = Math.floor(column / blockColumns)
      const word = row * rowWords + (column >>> 5)
      const sign = (signs[word]! >>> (column & 31)) & 1
      const rank = ranks[column]!
      if (rank >= 0) {
        const second = (salient!.signs[row * secondWords + (rank >>> 5)]! >>> (rank & 31)) & 1
        weights[row * columns + column] = salientLevels[(row * cells + cell) * 4 + 2 * sign + second]!
        continue
      }
      let id = 0
      for (let plane = 0; plane < idPlanes(groups); plane++)
        id |= ((ids![plane * out * rowWords + word]! >>> (column & 31)) & 1) << plane
      weights[row * columns + column] = levels[(((perRow ? row * cells : 0) + cell) * groups + id) * 2 + sign]!
    }
  const apart = csrOf(linear)
  for (let row = 0; apart && row < out; row++)
    for (let i = apart.starts[row]!; i < apart.starts[row + 1]!; i++)
      weights[row * columns + apart.columns[i]!] = apart.values[i]!
  return weights
}

/**
 * Bits that stand for a weight of each column, on average over rows: its sign and group id, a second sign, and code and
 * place of the weights apart. Levels and scales are not in it, as they are not in the width of affine codes.
 */
export function signColumnBits(linear: SignLinear): Float32Array<ArrayBuffer> {
  const { out, in: columns, groups, sparse } = linear
  const ranks = salientRanks(columns, linear.columns?.mask)
  const bits = Float32Array.from(ranks, (rank) => 1 + idPlanes(groups) + (rank < 0 ? 0 : 1))
  if (!sparse) return bits
  const { positions, bits: gapBits } = decodeGaps(sparse, out * columns)
  const each = (sparse.bits + gapBits / sparse.count) / out
  const counts = new Uint32Array(columns)
  for (const position of positions) counts[position % columns]!++
  return bits.map((plain, column) => plain + counts[column]! * each)
}
