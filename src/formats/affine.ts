import { invariant } from '../errors'
import { packBits, readBits, writeBits } from './bit-string'
import { decodeFloat16, encodeFloat16 } from './floats'
import { type AffineLinear, CHUNK, type Grid, type Segment, type Width } from './quantized'

/** A segment with where it lies: among the stored columns and in `codes`. */
export interface PlacedSegment extends Segment {
  /** Stored column that the segment begins with. */
  readonly first: number
  readonly chunks: number
  /** Word of `codes` that the segment begins with; row r, chunk c has words base + (r·chunks + c)·bits … + bits − 1. */
  readonly base: number
}

/** Where the segments of a matrix of `out` rows lie. */
export function placeSegments(segments: readonly Segment[], out: number): PlacedSegment[] {
  let first = 0
  let base = 0
  return segments.map(({ bits, columns }) => {
    const chunks = Math.ceil(columns / CHUNK)
    const placed = { bits, columns, first, chunks, base }
    first += columns
    base += out * chunks * bits
    return placed
  })
}

/** Words of `codes`. */
export const codeWords = (segments: readonly Segment[], out: number): number =>
  segments.reduce((sum, { bits, columns }) => sum + out * Math.ceil(columns / CHUNK) * bits, 0)

export const groupOfColumn = ({ groupOf, groupSize }: AffineLinear, stored: number): number =>
  groupOf ? groupOf[stored]! : Math.floor(stored / groupSize)

/** A float16 scale must stay finite: what is too large becomes ±65504, as shaders/lib/f16.wgsl does. */
const toHalf = (values: Float32Array): Uint16Array<ArrayBuffer> =>
  encodeFloat16(values.map((value) => Math.min(65504, Math.max(-65504, value))))

/** Grids from float32 values [out, groups], rounded to float16 here. */
export const symmetricGrid = (scale: Float32Array): Grid => ({ type: 'symmetric', scale: toHalf(scale) })

export const zeroGrid = (scale: Float32Array, zeros: ArrayLike<number>, zeroBits: Width): Grid => ({
  type: 'zero',
  scale: toHalf(scale),
  zeroBits,
  zeros: packBits(zeros, zeroBits),
})

export const rangeGrid = (min: Float32Array, range: Float32Array): Grid => ({
  type: 'range',
  min: toHalf(min),
  range: toHalf(range),
})

/** `codes` [out, in] in the original column order, each below 2^bits of its segment, as a packed linear. */
export function packAffine({
  codes,
  ...rest
}: Omit<AffineLinear, 'kind' | 'codes'> & { codes: Uint8Array }): AffineLinear {
  const { out, in: columns, perm, segments } = rest
  invariant(codes.length === out * columns, `${rest.name}: ${codes.length} codes for [${out}, ${columns}]`)
  const words = new Uint32Array(codeWords(segments, out))
  for (const { bits, columns: count, first, chunks, base } of placeSegments(segments, out))
    for (let row = 0; row < out; row++) {
      const start = (base + row * chunks * bits) * 32
      for (let i = 0; i < count; i++) {
        const original = perm ? perm[first + i]! : first + i
        writeBits(words, start + i * bits, bits, codes[row * columns + original]!)
      }
    }
  return { kind: 'affine', ...rest, codes: words }
}

/** The stored integers, [out, in] in the original column order. */
export function unpackCodes(linear: AffineLinear): Uint8Array<ArrayBuffer> {
  const codes = new Uint8Array(linear.out * linear.in)
  forEachCode(linear, (index, code) => {
    codes[index] = code
  })
  return codes
}

/**
 * The weights that the stored bytes stand for, [out, in] in the original column order. This is the definition that
 * shaders/dequantize.wgsl meets bit by bit on every device: a float16 times a small integer is exact in float32, and
 * `stepOf` makes step·code exact too, so that it does not matter whether a device fuses the multiply-add.
 */
export function dequantize(linear: AffineLinear): Float32Array<ArrayBuffer> {
  const weights = new Float32Array(linear.out * linear.in)
  const { grid, groups } = linear
  const scale = decodeFloat16(grid.type === 'range' ? grid.min : grid.scale)
  const range = grid.type === 'range' ? decodeFloat16(grid.range) : null
  forEachCode(linear, (index, code, row, stored, bits) => {
    const cell = row * groups + groupOfColumn(linear, stored)
    const s = scale[cell]!
    if (range) weights[index] = s + stepOf(range[cell]!, bits) * code
    else if (grid.type === 'zero')
      weights[index] = s * (code - readBits(grid.zeros, cell * grid.zeroBits, grid.zeroBits))
    else weights[index] = s * (bits === 1 ? 2 * code - 1 : code - (1 << (bits - 1)))
  })
  return weights
}

const stepFloat = new Float32Array(1)
const stepBits = new Uint32Array(stepFloat.buffer)
/** 1/(2^bits − 1) in float32, by width. */
const PARTS = Float32Array.from({ length: 9 }, (_, bits) => (bits > 0 ? 1 / (2 ** bits - 1) : 0))

/**
 * Distance of two levels of a range grid: range·(1/(2^bits − 1)) in float32, then rounded to 16 significant bits, so
 * that the product with a code of at most 8 bits is exact. WGSL's division may be 2.5 ulp off; a product may not.
 */
export function stepOf(range: number, bits: number): number {
  stepFloat[0] = Math.fround(range) * PARTS[bits]!
  stepBits[0] = (stepBits[0]! + 0x80) & 0xffffff00
  return stepFloat[0]!
}

/** Rows [start, end) as a linear of their own; `start` is a multiple of 32, so that everything begins with a word. */
export function rowsOfLinear(linear: AffineLinear, start: number, end: number): AffineLinear {
  invariant(start % 32 === 0 && start < end && end <= linear.out, `rows ${start} to ${end} of ${linear.out}`)
  const { grid, groups, segments } = linear
  const out = end - start
  const codes = new Uint32Array(codeWords(segments, out))
  const from = placeSegments(segments, linear.out)
  placeSegments(segments, out).forEach(({ base, chunks, bits }, s) => {
    const begin = from[s]!.base + start * chunks * bits
    codes.set(linear.codes.subarray(begin, begin + out * chunks * bits), base)
  })
  const cells = (halves: Uint16Array<ArrayBuffer>) => halves.slice(start * groups, end * groups)
  const cut = (): Grid => {
    if (grid.type === 'range') return { type: 'range', min: cells(grid.min), range: cells(grid.range) }
    if (grid.type === 'symmetric') return { type: 'symmetric', scale: cells(grid.scale) }
    const word = (row: number) => Math.ceil((row * groups * grid.zeroBits) / 32)
    return { ...grid, scale: cells(grid.scale), zeros: grid.zeros.slice(word(start), word(end)) }
  }
  return { ...linear, out, codes, grid: cut() }
}

/** Calls `visit` with every code, its index in the original [out, in], row, stored column and width. */
export function forEachCode(
  { out, in: columns, perm, segments, codes }: AffineLinear,
  visit: (index: number, code: number, row: number, stored: number, bits: number) => void,
): void {
  for (const { bits, columns: count, first, chunks, base } of placeSegments(segments, out))
    for (let row = 0; row < out; row++) {
      const start = (base + row * chunks * bits) * 32
      for (let i = 0; i < count; i++) {
        const original = perm ? perm[first + i]! : first + i
        visit(row * columns + original, readBits(codes, start + i * bits, bits), row, first + i, bits)
      }
    }
}
