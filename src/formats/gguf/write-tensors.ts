import { invariant, NumericalError } from '../../errors'
import { dequantize } from '../dequantize'
import { decodeFloat16, encodeFloat16, toFloat32 } from '../floats'
import type { QuantizedLinear } from '../quantized'
import type { TensorEntry } from '../source'
import { type ExactType, exactTypes, packRow, rowBytes } from './container'
import { putHalf } from './halves'
import { levelRows } from './levels'
import type { Place } from './place'
import { gatherRows, type RowOrder } from './row-order'
import { ggmlTypes } from './types'
import type { TensorToWrite } from './write'

/** Types for what is not quantized. */
export type PlainType = 'F32' | 'F16' | 'Q8_0'

/** A matrix [out, in] to write: codes, which are read when their turn comes, or floats. */
export type Matrix =
  | { readonly codes: () => Promise<QuantizedLinear>; readonly out: number; readonly in: number }
  | { readonly floats: TensorEntry }

/** Weights brought in and encoded at once. */
const PART = 2 ** 20

/**
 * Matrices of one shape as one tensor: one alone, or the experts of a block, in their order. Codes are stored as the smallest type
 * that holds all of them bit for bit; as float16, rounded, where none does or some are floats. Floats alone go as `asked`.
 * Between rows `turn` is waited for.
 */
export async function matrixTensor(
  place: Place,
  matrices: readonly Matrix[],
  asked: PlainType,
  turn: () => Promise<void> = async () => {},
): Promise<{ tensor: TensorToWrite; exact: boolean }> {
  const shapes = matrices.map(shapeOf)
  const [shape] = shapes
  invariant(shape && shapes.every((other) => String(other) === String(shape)), `${place.name}: matrices of one shape`)
  const held = matrices.some((matrix) => 'codes' in matrix) ? await typeOf(matrices, turn) : null
  const isPlain = matrices.every((matrix) => 'floats' in matrix)
  const plain = isPlain ? plainType(shape, asked) : 'F16'
  const data = async function* () {
    for (const matrix of matrices)
      if (held && 'codes' in matrix) yield* packedParts(await matrix.codes(), held, place.order)
      else yield* plainParts(place, await rowsOf(matrix), shape, plain)
  }
  const stacked = place.expert === null ? shape : [matrices.length, ...shape]
  return { tensor: { name: place.name, type: held ?? plain, shape: stacked, data }, exact: held !== null }
}

const shapeOf = (matrix: Matrix): readonly number[] =>
  'codes' in matrix ? [matrix.out, matrix.in] : matrix.floats.shape

/** The smallest type that holds all; each is read once. */
async function typeOf(matrices: readonly Matrix[], turn: () => Promise<void>): Promise<ExactType | null> {
  const alone = matrices.length === 1
  let types: ExactType[] | undefined
  for (const matrix of matrices) {
    const held: ExactType[] = []
    if ('codes' in matrix)
      for (const type of exactTypes(await matrix.codes(), types)) {
        if (type) held.push(type)
        else await turn()
        if (alone && type) break
      }
    if (held.length === 0) return null
    types = held
  }
  return types?.[0] ?? null
}

/** float32 where it is a vector; float16 where rows are no whole blocks. */
function plainType(shape: readonly number[], asked: PlainType): PlainType {
  if (shape.length === 1) return 'F32'
  return shape.at(-1)! % ggmlTypes[asked].weights === 0 ? asked : 'F16'
}

function* packedParts(linear: QuantizedLinear, type: ExactType, order: RowOrder | null): Generator<Uint8Array> {
  const { out, in: columns } = linear
  const rows = levelRows(linear)!
  const size = rowBytes(type, columns)
  const count = rowsAPart(columns)
  for (let first = 0; first < out; first += count) {
    const part = new Uint8Array(Math.min(count, out - first) * size)
    for (let i = 0; i * size < part.length; i++) {
      const row = order ? order.toCheckpoint(first + i) : first + i
      packRow(type, rows, row, columns, part.subarray(i * size, (i + 1) * size))
    }
    yield part
  }
}

const rowsAPart = (columns: number): number => Math.max(1, Math.floor(PART / columns))

/** A vector that is in memory. */
export function vectorTensor(place: Place, values: Float32Array): TensorToWrite {
  const shape = [values.length]
  return { name: place.name, type: 'F32', shape, data: () => plainParts(place, arrayRows(values, 1), shape, 'F32') }
}

/** Bytes of float32 rows [start, end). */
type ReadRows = (start: number, end: number) => Promise<Uint8Array>

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => new Uint8Array(buffer, byteOffset, byteLength)

const readerOf =
  ({ dtype, read }: TensorEntry): ReadRows =>
  async (start, end) =>
    bytesOf(toFloat32(await read({ start, end }), dtype))

const arrayRows =
  (values: Float32Array, columns: number): ReadRows =>
  async (start, end) =>
    bytesOf(values.subarray(start * columns, end * columns))

const rowsOf = async (matrix: Matrix): Promise<ReadRows> =>
  'codes' in matrix ? arrayRows(dequantize(await matrix.codes()), matrix.in) : readerOf(matrix.floats)

async function* plainParts(
  { name, order, offset }: Place,
  read: ReadRows,
  [rows, columns = 1]: readonly number[],
  type: PlainType,
): AsyncGenerator<Uint8Array> {
  const unit = order?.unit ?? 1
  const count = Math.max(unit, Math.floor(rowsAPart(columns) / unit) * unit)
  for (let start = 0; start < rows!; start += count) {
    const end = Math.min(start + count, rows!)
    const bytes = order
      ? await gatherRows(read, 4 * columns, { start, end }, unit, order.toCheckpoint)
      : await read(start, end)
    const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
    yield encode(name, offset === 0 ? values : values.map((value) => value + offset), type)
  }
}

function encode(name: string, values: Float32Array, type: PlainType): Uint8Array {
  if (type === 'Q8_0') return roundToEightBits(name, values)
  if (type === 'F32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  const halves = encodeFloat16(values)
  const bad = halves.findIndex((half) => (half & 0x7c00) === 0x7c00)
  if (bad >= 0) throw tooLarge(name, values[bad]!)
  return new Uint8Array(halves.buffer)
}

const tooLarge = (name: string, value: number) =>
  new NumericalError(
    `${name}: expected weights within ±65504, got ${value} — float16 cannot hold this model; keep the packed file`,
  )

/** Q8_0 of ggml's quantize_row_q8_0_ref: the largest magnitude of 32 weights becomes 127. */
export function roundToEightBits(name: string, values: Float32Array): Uint8Array {
  const bytes = new Uint8Array((values.length / 32) * 34)
  const scale = new Float32Array(1)
  for (let first = 0, at = 0; first < values.length; first += 32, at += 34) {
    let most = 0
    for (let i = 0; i < 32; i++) most = Math.max(most, Math.abs(values[first + i]!))
    scale[0] = most / 127
    const inverse = scale[0] === 0 ? 0 : Math.fround(1 / scale[0])
    const half = encodeFloat16(scale)
    if (!Number.isFinite(decodeFloat16(half)[0])) throw tooLarge(name, most)
    putHalf(bytes, at, half[0]!)
    for (let i = 0; i < 32; i++) bytes[at + 2 + i] = roundAway(Math.fround(values[first + i]! * inverse))
  }
  return bytes
}

/** C's roundf. */
const roundAway = (value: number): number => Math.sign(value) * Math.floor(Math.abs(value) + 0.5)
