import { readBits } from './bit-string'
import { decodeFloat16 } from './floats'
import type { SignLinear } from './quantized'
import type { CodeKind, RowLanes, RowReader } from './row-reader'
import { csrOf, idPlanes, levelTable, planeWords, salientRanks, salientTable } from './sign'

export function signRows(linear: SignLinear): RowReader {
  const { out, in: columns, groups, blockColumns, perRow, signs, ids, columns: salient, sparse } = linear
  const planes = idPlanes(groups)
  const kinds: CodeKind[] = [{ kind: 'sign', bits: 1 + planes, codes: 2 * groups, even: false }]
  const pair = salient ? kinds.push({ kind: 'pair', bits: 2 + planes, codes: 4, even: false }) - 1 : 0
  const apart = sparse
    ? kinds.push({ kind: 'apart', bits: 1 + planes + sparse.bits, codes: 2 ** sparse.bits, even: true }) - 1
    : 0
  const ranks = salientRanks(columns, salient?.mask)
  const kindOf = new Uint8Array(columns).map((_, column) => (ranks[column]! < 0 ? 0 : pair))
  const cellOf = new Uint32Array(columns).map((_, column) => Math.floor(column / blockColumns))
  const every = new Uint32Array(columns).map((_, column) => column)
  const rowWords = planeWords(columns)
  const pairWords = salient ? salient.signs.length / out : 0
  const shared = perRow ? null : levelTable(linear)
  const csr = csrOf(linear)
  const scales = sparse && decodeFloat16(sparse.scales)

  const levelsOf = (row: number): Float32Array => shared ?? levelTable(linear, row, row + 1)
  /** As if there were no weights apart. */
  const readPlanes = (row: number, { weights, codes, kinds, bases, steps }: Partial<RowLanes>, some: Uint32Array) => {
    kinds?.set(kindOf)
    bases?.fill(0)
    steps?.fill(0)
    if (!weights && !codes) return
    const levels = levelsOf(row)
    const pairLevels = salientTable(linear, row, row + 1)
    for (let i = 0; i < some.length; i++) {
      const column = some[i]!
      const bit = column & 31
      const word = row * rowWords + (column >>> 5)
      const sign = (signs[word]! >>> bit) & 1
      const rank = ranks[column]!
      if (rank >= 0) {
        const code = 2 * sign + ((salient!.signs[row * pairWords + (rank >>> 5)]! >>> (rank & 31)) & 1)
        if (codes) codes[column] = code
        if (weights) weights[column] = pairLevels[4 * cellOf[column]! + code]!
        continue
      }
      let id = 0
      for (let plane = 0; plane < planes; plane++) id |= ((ids![plane * out * rowWords + word]! >>> bit) & 1) << plane
      const code = 2 * id + sign
      if (codes) codes[column] = code
      if (weights) weights[column] = levels[2 * groups * cellOf[column]! + code]!
    }
  }
  /** Indices of the weights apart of a row. */
  const apartOf = (row: number): [number, number] => (csr ? [csr.starts[row]!, csr.starts[row + 1]!] : [0, 0])
  const apartLevels = (row: number) => {
    const { bits, zeros } = sparse!
    return { scale: scales![row]!, zero: zeros ? readBits(zeros, row * bits, bits) : 2 ** (bits - 1) }
  }
  const one = new Uint8Array(columns)

  return {
    kinds,
    read: (row, lanes, some = every) => {
      readPlanes(row, lanes, some)
      const [start, end] = apartOf(row)
      if (start === end) return
      const { weights, codes, bases, steps } = lanes
      const { scale, zero } = apartLevels(row)
      for (let i = start; i < end; i++) {
        const column = csr!.columns[i]!
        if (weights) weights[column] = csr!.values[i]!
        if (codes) codes[column] = readBits(sparse!.codes, i * sparse!.bits, sparse!.bits)
        if (lanes.kinds) lanes.kinds[column] = apart
        if (bases) bases[column] = -scale * zero
        if (steps) steps[column] = scale
      }
    },
    extremes: null,
    source: (row, column) => {
      const [start, end] = apartOf(row)
      if (csr?.columns.subarray(start, end).includes(column)) return { group: 0, ...apartLevels(row) }
      readPlanes(row, { codes: one }, Uint32Array.of(column))
      const group = ranks[column]! < 0 ? one[column]! >>> 1 : 0
      const at = 2 * (groups * cellOf[column]! + group)
      const levels = levelsOf(row)
      const [minus, plus] = [levels[at]!, levels[at + 1]!]
      return { group, scale: (plus - minus) / 2, zero: (minus + plus) / 2 }
    },
  }
}
