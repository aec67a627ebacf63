import { groupOfColumn, placeSegments, stepOf } from './affine'
import { binExtremes, type KeepExtremes } from './bin-extremes'
import { readBits } from './bit-string'
import { decodeFloat16 } from './floats'
import { type AffineLinear, CHUNK, type QuantizedLinear, type SignLinear, type SparseWeights } from './quantized'
import { cellsARow, csrOf, idPlanes, levelTable, planeWords, salientRanks, salientTable } from './sign'

/** A linear read row by row: the weights that `dequantize` gives and how each is stored, never more than a row of them. */
export interface WeightRows {
  /** Ŵ[row, :] in original column order, into `values` [in]; of these `columns` at least, where they are given. */
  weights(row: number, values: Float32Array, columns?: Uint32Array): void
  /**
   * The weights of largest size of bins of columns, much faster than by `weights`: `binOf` [in] has the bin of every column, −1
   * where it is in none. Null where weights do not grow with their codes.
   */
  readonly extremes: ((binOf: Int32Array) => KeepExtremes) | null
  /** Integers as they are stored, into `codes` [in]; of signs 2·group + sign, 2·first + second sign, or the code of a weight apart. */
  codes(row: number, codes: Uint8Array, columns?: Uint32Array): void
  /** How many levels the codes of a row may name, into `levels` [in]. */
  levels(row: number, levels: Uint16Array): void
  /** Bits that stand for each weight, into `bits` [in]; places of weights apart are not counted. */
  bits(row: number, bits: Uint8Array): void
  /** 1 where a weight is stored with more than a sign and a group, into `marks` [in]; null where the kind knows no such thing. */
  readonly salient: ((row: number, marks: Uint8Array) => void) | null
  /** Where the levels of a weight come from. */
  source(row: number, column: number): LevelSource
}

/** Group of a weight's column and what the group stores: scale and zero, or least value and step. */
export interface LevelSource {
  readonly group: number
  /** w = scale·(code − zero); of signs the amplitude, and what it lies about. */
  readonly scale: number
  readonly zero: number
}

export const weightRows = (linear: QuantizedLinear): WeightRows =>
  linear.kind === 'sign' ? signRows(linear) : affineRows(linear)

function affineRows(linear: AffineLinear): WeightRows {
  const { in: columns, out, groups, grid, perm, codes: words } = linear
  const segments = placeSegments(linear.segments, out)
  const low = decodeFloat16(grid.type === 'range' ? grid.min : grid.scale)
  const range = grid.type === 'range' ? decodeFloat16(grid.range) : null
  const groupOf = Uint16Array.from({ length: columns }, (_, stored) => groupOfColumn(linear, stored))
  const runs = runsOf(linear, groupOf)
  const stored = new Uint8Array(Math.ceil(columns / CHUNK) * CHUNK + CHUNK)
  const inOrder = perm ? new Float32Array(columns) : null
  const widths = new Uint8Array(columns)
  for (const { bits, columns: count, first } of segments)
    for (let i = first; i < first + count; i++) widths[perm ? perm[i]! : i] = bits
  const places = perm && inverse(perm)

  const one = single(linear, places)
  const few = (some: Uint32Array | undefined): some is Uint32Array =>
    some !== undefined && some.length * DEARER < columns
  const unpack = (row: number) => {
    for (const { bits, first, columns: count, chunks, base } of segments)
      unpackRun(words, base + row * chunks * bits, bits, count, stored, first)
  }
  const zeroOf = (cell: number, bits: number): number => {
    if (grid.type === 'zero') return readBits(grid.zeros, cell * grid.zeroBits, grid.zeroBits)
    return bits === 1 ? 0.5 : 1 << (bits - 1)
  }
  const weightOf = (row: number, column: number, code: number): number => {
    const bits = widths[column]!
    const cell = row * groups + groupOf[places ? places[column]! : column]!
    if (range) return low[cell]! + stepOf(range[cell]!, bits) * code
    return (bits === 1 && grid.type === 'symmetric' ? 2 : 1) * low[cell]! * (code - zeroOf(cell, bits))
  }
  return {
    weights: (row, values, some) => {
      if (few(some)) {
        for (const column of some) values[column] = weightOf(row, column, one(row, column))
        return
      }
      unpack(row)
      const target = inOrder ?? values
      for (let run = 0; run < runs.start.length; run++) {
        const [start, end, bits] = [runs.start[run]!, runs.end[run]!, runs.bits[run]!]
        const cell = row * groups + runs.group[run]!
        const base = low[cell]!
        if (range) {
          const step = stepOf(range[cell]!, bits)
          for (let i = start; i < end; i++) target[i] = base + step * stored[i]!
        } else {
          const zero = zeroOf(cell, bits)
          const scale = bits === 1 && grid.type === 'symmetric' ? 2 * base : base
          for (let i = start; i < end; i++) target[i] = scale * (stored[i]! - zero)
        }
      }
      if (places && inOrder) for (let i = 0; i < columns; i++) values[i] = inOrder[places[i]!]!
    },
    extremes: (binOf) =>
      binExtremes(linear, binOf, (row, group, bits, levels) => {
        const cell = row * groups + group
        const doubled = bits === 1 && grid.type === 'symmetric'
        levels.step = range ? stepOf(range[cell]!, bits) : (doubled ? 2 : 1) * low[cell]!
        levels.base = range ? low[cell]! : -levels.step * zeroOf(cell, bits)
      }),
    codes: (row, codes, some) => {
      if (few(some)) {
        for (const column of some) codes[column] = one(row, column)
        return
      }
      unpack(row)
      for (let i = 0; i < columns; i++) codes[i] = stored[places ? places[i]! : i]!
    },
    levels: (_, levels) => {
      for (let i = 0; i < columns; i++) levels[i] = 1 << widths[i]!
    },
    bits: (_, bits) => bits.set(widths),
    salient: null,
    source: (row, column) => {
      const bits = widths[column]!
      const group = groupOf[places ? places[column]! : column]!
      const cell = row * groups + group
      if (!range) {
        const doubled = bits === 1 && grid.type === 'symmetric'
        return { group, scale: low[cell]! * (doubled ? 2 : 1), zero: zeroOf(cell, bits) }
      }
      const step = stepOf(range[cell]!, bits)
      return { group, scale: step, zero: step === 0 ? 0 : -low[cell]! / step }
    },
  }
}

/** How many times as long a weight takes by itself as in its row. */
const DEARER = 8

/** Reads single codes by row and column. */
function single({ in: columns, out, segments, codes: words }: AffineLinear, places: Uint32Array | null) {
  const [word, stride, shift, width] = [0, 1, 2, 3].map(() => new Uint32Array(columns)) as [Where, Where, Where, Where]
  for (const { bits, first, columns: count, chunks, base } of placeSegments(segments, out))
    for (let i = 0; i < count; i++) {
      word[first + i] = base + ((i * bits) >>> 5)
      stride[first + i] = chunks * bits
      shift[first + i] = (i * bits) & 31
      width[first + i] = bits
    }
  return (row: number, column: number): number => {
    const at = places ? places[column]! : column
    const index = word[at]! + row * stride[at]!
    const [from, bits] = [shift[at]!, width[at]!]
    let code = words[index]! >>> from
    if (from + bits > 32) code |= words[index + 1]! << (32 - from)
    return code & ((1 << bits) - 1)
  }
}

type Where = Uint32Array<ArrayBuffer>

/** Stored columns [start, end) that share a group and a width, one run after another. */
function runsOf({ segments }: AffineLinear, groupOf: Uint16Array) {
  const runs = { start: [] as number[], end: [] as number[], group: [] as number[], bits: [] as number[] }
  let at = 0
  for (const { bits, columns } of segments) {
    const last = at + columns
    while (at < last) {
      const group = groupOf[at]!
      runs.start.push(at)
      while (at < last && groupOf[at] === group) at++
      runs.end.push(at)
      runs.group.push(group)
      runs.bits.push(bits)
    }
  }
  return runs
}

/** `count` codes of `bits` bits from a word on, into `codes` from `first` on; up to 31 more are written behind them. */
function unpackRun(
  words: Uint32Array,
  word: number,
  bits: number,
  count: number,
  codes: Uint8Array,
  first: number,
): void {
  const mask = (1 << bits) - 1
  if (32 % bits === 0) {
    for (let i = 0, at = word; i < count; at++) {
      let rest = words[at]!
      for (const end = Math.min(count, i + 32 / bits); i < end; i++) {
        codes[first + i] = rest & mask
        rest >>>= bits
      }
    }
    return
  }
  // a code may lie across two words: the bits in hand and the next word's are joined
  let held = 0
  let size = 0
  for (let i = 0, at = word; i < count; i++) {
    if (size >= bits) {
      codes[first + i] = held & mask
      held >>>= bits
      size -= bits
      continue
    }
    const next = words[at++]!
    codes[first + i] = (held | (next << size)) & mask
    held = next >>> (bits - size)
    size += 32 - bits
  }
}

function inverse(perm: Uint32Array): Uint32Array<ArrayBuffer> {
  const places = new Uint32Array(perm.length)
  for (let i = 0; i < perm.length; i++) places[perm[i]!] = i
  return places
}

const apartSource = ({ bits, scales, zeros }: SparseWeights, row: number): LevelSource => ({
  ...{ group: 0, scale: decodeFloat16(scales.subarray(row, row + 1))[0]! },
  zero: zeros ? readBits(zeros, row * bits, bits) : 2 ** (bits - 1),
})

function signRows(linear: SignLinear): WeightRows {
  const { out, in: columns, groups, blockColumns, perRow, signs, ids, columns: apart, sparse } = linear
  const planes = idPlanes(groups)
  const levels = levelTable(linear)
  const second = salientTable(linear)
  const ranks = salientRanks(columns, apart?.mask)
  const [rowWords, cells] = [planeWords(columns), cellsARow(linear)]
  const secondWords = apart ? apart.signs.length / out : 0
  const alone = csrOf(linear)
  const every = Uint32Array.from({ length: columns }, (_, column) => column)
  const bit = (words: Uint32Array, at: number, column: number) => (words[at + (column >>> 5)]! >>> (column & 31)) & 1
  const codeOf = (row: number, column: number): number => {
    const sign = bit(signs, row * rowWords, column)
    if (ranks[column]! >= 0) return 2 * sign + bit(apart!.signs, row * secondWords, ranks[column]!)
    let id = 0
    for (let plane = 0; plane < planes; plane++) id |= bit(ids!, (plane * out + row) * rowWords, column) << plane
    return 2 * id + sign
  }
  const cellOf = (row: number, column: number) => (perRow ? row * cells : 0) + Math.floor(column / blockColumns)
  const weightOf = (row: number, column: number, code: number): number =>
    ranks[column]! >= 0
      ? second[(row * cells + Math.floor(column / blockColumns)) * 4 + code]!
      : levels[cellOf(row, column) * groups * 2 + code]!
  const eachApart = (row: number, visit: (column: number, index: number) => void) => {
    if (alone) for (let i = alone.starts[row]!; i < alone.starts[row + 1]!; i++) visit(alone.columns[i]!, i)
  }
  return {
    extremes: null,
    weights: (row, values, some = every) => {
      for (const column of some) values[column] = weightOf(row, column, codeOf(row, column))
      eachApart(row, (column, index) => {
        values[column] = alone!.values[index]!
      })
    },
    codes: (row, codes, some = every) => {
      for (const column of some) codes[column] = codeOf(row, column)
      eachApart(row, (column, index) => {
        codes[column] = readBits(sparse!.codes, index * sparse!.bits, sparse!.bits)
      })
    },
    levels: (row, counts) => {
      for (let column = 0; column < columns; column++) counts[column] = ranks[column]! >= 0 ? 4 : 2 * groups
      eachApart(row, (column) => {
        counts[column] = 2 ** sparse!.bits
      })
    },
    bits: (row, bits) => {
      for (let column = 0; column < columns; column++) bits[column] = 1 + planes + (ranks[column]! >= 0 ? 1 : 0)
      eachApart(row, (column) => {
        bits[column] = 1 + planes + sparse!.bits
      })
    },
    salient: (row, marks) => {
      for (let column = 0; column < columns; column++) marks[column] = ranks[column]! >= 0 ? 1 : 0
      eachApart(row, (column) => {
        marks[column] = 1
      })
    },
    source: (row, column) => {
      for (let i = alone?.starts[row] ?? 0; i < (alone?.starts[row + 1] ?? 0); i++)
        if (alone!.columns[i] === column) return apartSource(sparse!, row)
      const cell = cellOf(row, column) * groups
      const id = ranks[column]! >= 0 ? 0 : codeOf(row, column) >>> 1
      const [minus, plus] = [levels[2 * (cell + id)]!, levels[2 * (cell + id) + 1]!]
      return { group: id, scale: (plus - minus) / 2, zero: (minus + plus) / 2 }
    },
  }
}
