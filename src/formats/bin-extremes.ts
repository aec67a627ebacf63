import { groupOfColumn, placeSegments } from './affine'
import type { Levels, ReadLevels } from './affine-levels'
import { larger } from './floats'
import type { AffineLinear } from './quantized'

/**
 * Keeps, of every bin of columns, the weight of a row that is of largest size, to the rounding of a float, where it is larger
 * than what `kept` has there; `kept` holds floats by their bits, that of bin b at `at` + b. What is no number counts as nothing.
 */
export type KeepExtremes = (row: number, kept: Int32Array, at: number) => void

/** Pieces [start, end) of one group, one width and one length; they all lie across two words, or none does. */
interface Block {
  readonly group: number
  readonly bits: number
  /** Word that row 0 of the segment begins with, and words a row. */
  readonly base: number
  readonly stride: number
  readonly crossing: boolean
  /** Bits of a piece that are looked up first, and, of longer pieces, those behind them: 0 where there are none. */
  readonly size: number
  readonly rest: number
  /** By these bits as one integer, the least code + 256 · the largest. */
  readonly spreads: Uint16Array
  readonly restSpreads: Uint16Array
  readonly start: number
  readonly end: number
}

/** A row cut into pieces: stored neighbours of one group that share a bin and are read as one integer. */
interface Plan {
  readonly blocks: readonly Block[]
  /** Of every piece, the bits of the segment's row before it. */
  readonly places: Int32Array
  readonly bins: Int32Array
}

/**
 * Plans the extremes of bins: `binOf` [in] has the bin of every column, −1 where it is in none. Weights grow or fall with
 * their codes, so that of the codes of a piece only the least or the largest is of interest: a look-up for several
 * weights, whatever the order in which columns are stored.
 */
export function binExtremes(linear: AffineLinear, binOf: Int32Array, levelsOf: ReadLevels): KeepExtremes {
  const plan = planOf(linear, binOf)
  const levels: Levels = { min: 0, step: 0, zero: 0 }
  const weights = new Float32Array(plan.places.length)
  const found = new Int32Array(weights.buffer)
  return (row, kept, at) => {
    for (const block of plan.blocks) {
      levelsOf(row * linear.groups + block.group, block.bits, levels)
      const begin = block.base + row * block.stride
      if (block.rest > 0) readLong(linear.codes, begin, plan.places, block, levels, weights)
      else readShort(linear.codes, begin, plan.places, block, levels, weights)
    }
    keepLarger(found, plan.bins, kept, at)
  }
}

/** Twice the code of weight 0, as far as codes go: the lower code has the larger weight where both together are below it. */
const middleOf = (base: number, step: number): number =>
  step === 0 ? 0 : Math.max(-1e6, Math.min(1e6, Math.ceil((-2 * base) / step))) | 0

/** Of every piece of a block the weight of largest size; the block's row begins with the word `begin`. */
function readShort(
  words: Uint32Array,
  begin: number,
  places: Int32Array,
  { start, end, crossing, size, spreads }: Block,
  { min, step, zero }: Levels,
  weights: Float32Array,
): void {
  const base = min - step * zero
  const middle = middleOf(base, step)
  const mask = (1 << size) - 1
  for (let i = start; i < end; i++) {
    const place = places[i]!
    const index = (begin + (place >> 5)) | 0
    let codes = words[index]! >>> place
    if (crossing) codes |= words[index + 1]! << -place
    const spread = spreads[codes & mask]!
    const low = spread & 255
    const high = spread >> 8
    // nothing branches on weights, which are noise
    const lower = (low + high - middle) >> 31
    weights[i] = base + step * ((low & lower) | (high & ~lower))
  }
}

/** The same of pieces that take two look-ups. */
function readLong(
  words: Uint32Array,
  begin: number,
  places: Int32Array,
  { start, end, crossing, size, rest, spreads, restSpreads }: Block,
  { min, step, zero }: Levels,
  weights: Float32Array,
): void {
  const base = min - step * zero
  const middle = middleOf(base, step)
  const [mask, restMask] = [(1 << size) - 1, (1 << rest) - 1]
  for (let i = start; i < end; i++) {
    const place = places[i]!
    const index = (begin + (place >> 5)) | 0
    let codes = words[index]! >>> place
    if (crossing) codes |= words[index + 1]! << -place
    const [first, second] = [spreads[codes & mask]!, restSpreads[(codes >>> size) & restMask]!]
    const less = (first & 255) - (second & 255)
    const more = (first >> 8) - (second >> 8)
    const low = (second & 255) + (less & (less >> 31))
    const high = (first >> 8) - (more & (more >> 31))
    const lower = (low + high - middle) >> 31
    weights[i] = base + step * ((low & lower) | (high & ~lower))
  }
}

function keepLarger(found: Int32Array, bins: Int32Array, kept: Int32Array, at: number): void {
  for (let i = 0; i < bins.length; i++) {
    const bin = (at + bins[i]!) | 0
    kept[bin] = larger(kept[bin]!, found[i]!)
  }
}

/** Bits that a look-up takes at most. */
const LOOKED_UP = 16

function planOf(linear: AffineLinear, binOf: Int32Array): Plan {
  const { perm, out } = linear
  const blocks: Block[] = []
  const [places, bins]: [number[], number[]] = [[], []]
  for (const { bits, first, columns, chunks, base } of placeSegments(linear.segments, out)) {
    const most = Math.floor(LOOKED_UP / bits)
    const binAt = (stored: number) => binOf[perm ? perm[stored]! : stored]!
    const alike = new Map<string, { group: number; codes: number; crossing: boolean; pieces: number[] }>()
    for (let from = first, to = from; from < first + columns; from = to) {
      const [group, bin] = [groupOfColumn(linear, from), binAt(from)]
      for (to = from + 1; to < first + columns && to < from + 2 * most; to++)
        if (binAt(to) !== bin || groupOfColumn(linear, to) !== group) break
      if (bin < 0) continue
      const codes = to - from
      const crossing = (((from - first) * bits) & 31) + codes * bits > 32
      const key = `${group} ${codes} ${crossing}`
      const block = alike.get(key) ?? { group, codes, crossing, pieces: [] }
      alike.set(key, block)
      block.pieces.push(from)
    }
    for (const { group, codes, crossing, pieces } of alike.values()) {
      const start = places.length
      for (const stored of pieces) {
        places.push((stored - first) * bits)
        bins.push(binAt(stored))
      }
      const looked = Math.min(codes, most)
      const shape = { crossing, size: looked * bits, rest: (codes - looked) * bits }
      const tables = { spreads: spreadsOf(bits, looked), restSpreads: spreadsOf(bits, Math.max(1, codes - looked)) }
      blocks.push({ group, bits, base, stride: chunks * bits, ...shape, ...tables, start, end: places.length })
    }
  }
  return { blocks, places: Int32Array.from(places), bins: Int32Array.from(bins) }
}

const tables = new Map<string, Uint16Array>()

/** Least and largest of so many codes, least + 256 · largest, by the codes as one integer, the first lowest. */
function spreadsOf(bits: number, codes: number): Uint16Array {
  const key = `${bits} ${codes}`
  const known = tables.get(key)
  if (known) return known
  const table = new Uint16Array(2 ** (bits * codes))
  const rest = codes > 1 ? spreadsOf(bits, codes - 1) : null
  for (let i = 0; i < table.length; i++) {
    const code = i & (2 ** bits - 1)
    const others = rest ? rest[i >>> bits]! : code | (code << 8)
    table[i] = Math.min(code, others & 255) | (Math.max(code, others >> 8) << 8)
  }
  tables.set(key, table)
  return table
}
