import { groupOfColumn, placeSegments, stepOf } from './affine'
import { readBits } from './bit-string'
import { decodeFloat16 } from './floats'
import type { AffineLinear, QuantizedLinear, SignLinear } from './quantized'
import { csrOf, idPlanes, levelTable, planeWords, salientRanks, salientTable } from './sign'

/**
 * Codes of a linear that mean the same kind of thing.
 * - `affine`: integers of one width
 * - `sign`: a sign and the group of its amplitude, 2·group + sign
 * - `pair`: the two signs of a salient column, 2·first + second
 * - `apart`: integers of the weights that are stored by themselves
 */
export interface CodeKind {
  readonly kind: 'affine' | 'sign' | 'pair' | 'apart'
  /** log₂ of `codes`. */
  readonly bits: number
  readonly codes: number
  /** Levels of a (row, group) are base + step·code. */
  readonly even: boolean
}

/** One row of a linear in the original column order; all arrays have a value a column. */
export interface RowCodes {
  /** The weights that the bytes stand for, as `dequantize` has them. */
  readonly weights: Float32Array<ArrayBuffer>
  readonly codes: Uint8Array<ArrayBuffer>
  /** Index into the kinds. */
  readonly kinds: Uint8Array<ArrayBuffer>
  /** Where code 0 lies, and from there to the next; a step of 0 where levels are not even. */
  readonly bases: Float32Array<ArrayBuffer>
  readonly steps: Float32Array<ArrayBuffer>
}

/** Reads a linear row by row, without ever holding all of its weights. */
export interface RowReader {
  readonly kinds: readonly CodeKind[]
  /** The same arrays for every row. */
  read(row: number): RowCodes
}

export const readRows = (linear: QuantizedLinear): RowReader =>
  linear.kind === 'sign' ? signRows(linear) : affineRows(linear)

const emptyRow = (columns: number): RowCodes => ({
  weights: new Float32Array(columns),
  codes: new Uint8Array(columns),
  kinds: new Uint8Array(columns),
  bases: new Float32Array(columns),
  steps: new Float32Array(columns),
})

function affineRows(linear: AffineLinear): RowReader {
  const { grid, groups, perm, codes: words } = linear
  const segments = placeSegments(linear.segments, linear.out)
  const widths = [...new Set(segments.map(({ bits }) => bits))].sort((a, b) => a - b)
  const halves = decodeFloat16(grid.type === 'range' ? grid.min : grid.scale)
  const ranges = grid.type === 'range' ? decodeFloat16(grid.range) : null
  const groupOf = Uint16Array.from({ length: linear.in }, (_, stored) => groupOfColumn(linear, stored))
  const row = emptyRow(linear.in)
  const { weights, codes, kinds, bases, steps } = row
  for (const { bits, first, columns } of segments)
    for (let i = first; i < first + columns; i++) kinds[perm ? perm[i]! : i] = widths.indexOf(bits)

  /** Base and step of a (row, group) at a width. */
  const levels = (cell: number, bits: number): readonly [number, number] => {
    const scale = halves[cell]!
    if (ranges) return [scale, stepOf(ranges[cell]!, bits)]
    if (grid.type === 'zero') return [-scale * readBits(grid.zeros, cell * grid.zeroBits, grid.zeroBits), scale]
    return bits === 1 ? [-scale, 2 * scale] : [-scale * 2 ** (bits - 1), scale]
  }

  /** Writes the codes of stored columns [first, end), which have one base and step, from `bit` of word `start` on. */
  const decode = (
    first: number,
    end: number,
    bits: number,
    start: number,
    bit: number,
    base: number,
    step: number,
  ): void => {
    const mask = (1 << bits) - 1
    let word = start + (bit >>> 5)
    let shift = bit & 31
    for (let i = first; i < end; i++) {
      let code = words[word]! >>> shift
      shift += bits
      if (shift >= 32) {
        word++
        shift -= 32
        if (shift > 0) code |= words[word]! << (bits - shift)
      }
      code &= mask
      const column = perm ? perm[i]! : i
      codes[column] = code
      // exact but for ranges, which round once, on the way into the array
      weights[column] = base + step * code
      if (!perm) continue
      bases[column] = base
      steps[column] = step
    }
    if (perm) return
    bases.fill(base, first, end)
    steps.fill(step, first, end)
  }

  return {
    kinds: widths.map((bits) => ({ kind: 'affine', bits, codes: 2 ** bits, even: true })),
    read(at) {
      for (const { bits, first, columns, chunks, base: place } of segments) {
        const end = first + columns
        for (let from = first, to = first; from < end; from = to) {
          const group = groupOf[from]!
          while (to < end && groupOf[to] === group) to++
          const [base, step] = levels(at * groups + group, bits)
          decode(from, to, bits, place + at * chunks * bits, (from - first) * bits, base, step)
        }
      }
      return row
    },
  }
}

function signRows(linear: SignLinear): RowReader {
  const { out, in: columns, groups, blockColumns, perRow, signs, ids, columns: salient, sparse } = linear
  const apart = csrOf(linear)
  const kinds: CodeKind[] = [{ kind: 'sign', bits: Math.log2(2 * groups), codes: 2 * groups, even: false }]
  const pairs = salient ? kinds.push({ kind: 'pair', bits: 2, codes: 4, even: false }) - 1 : -1
  const singles = sparse
    ? kinds.push({ kind: 'apart', bits: sparse.bits, codes: 2 ** sparse.bits, even: true }) - 1
    : -1
  const ranks = salientRanks(columns, salient?.mask)
  const [rowWords, planes] = [planeWords(columns), idPlanes(groups)]
  const secondWords = salient ? salient.signs.length / out : 0
  const scales = sparse && decodeFloat16(sparse.scales)
  const shared = perRow ? null : levelTable(linear)
  const row = emptyRow(columns)

  return {
    kinds,
    read(at) {
      const levels = shared ?? levelTable(linear, at, at + 1)
      const salientLevels = salientTable(linear, at, at + 1)
      row.steps.fill(0)
      for (let column = 0; column < columns; column++) {
        const cell = Math.floor(column / blockColumns)
        const word = at * rowWords + (column >>> 5)
        const sign = (signs[word]! >>> (column & 31)) & 1
        const rank = ranks[column]!
        if (rank >= 0) {
          const second = (salient!.signs[at * secondWords + (rank >>> 5)]! >>> (rank & 31)) & 1
          row.kinds[column] = pairs
          row.codes[column] = 2 * sign + second
          row.weights[column] = salientLevels[cell * 4 + 2 * sign + second]!
          continue
        }
        let id = 0
        for (let plane = 0; plane < planes; plane++)
          id |= ((ids![plane * out * rowWords + word]! >>> (column & 31)) & 1) << plane
        row.kinds[column] = 0
        row.codes[column] = 2 * id + sign
        row.weights[column] = levels[(cell * groups + id) * 2 + sign]!
      }
      for (let i = apart?.starts[at] ?? 0; apart && i < apart.starts[at + 1]!; i++) {
        const column = apart.columns[i]!
        const scale = scales![at]!
        const zero = sparse!.zeros ? readBits(sparse!.zeros, at * sparse!.bits, sparse!.bits) : 2 ** (sparse!.bits - 1)
        row.kinds[column] = singles
        row.codes[column] = readBits(sparse!.codes, i * sparse!.bits, sparse!.bits)
        row.weights[column] = apart.values[i]!
        row.bases[column] = -scale * zero
        row.steps[column] = scale
      }
      return row
    },
  }
}
