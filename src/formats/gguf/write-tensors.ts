import { NumericalError } from '../../errors'
import { dequantize } from '../dequantize'
import { decodeFloat16, encodeFloat16, toFloat32 } from '../floats'
import type { QuantizedLinear } from '../quantized'
import type { TensorEntry } from '../source'
import { type ExactType, exactContainer, packRow, rowBytes } from './container'
import { putHalf } from './halves'
import { levelRows } from './levels'
import { checkpointRow } from './names'
import { type GgmlTypeName, ggmlTypes } from './types'
import type { TensorToWrite } from './write'

/** Types for what is not quantized. */
export type PlainType = 'F32' | 'F16' | 'Q8_0'

/** Rows of q and k in the order of a file of architecture llama; null for the checkpoint's own. */
export type HeadDim = number | null

/** Weights brought in and encoded at once. */
const PART = 2 ** 20

/** A linear as the smallest type that holds its very weights; as float16, rounded, where none does. */
export interface LinearTensor {
  readonly tensor: TensorToWrite
  readonly exact: boolean
}

export async function linearTensor(
  name: string,
  linear: { readonly out: number; readonly in: number; read(): Promise<QuantizedLinear> },
  headDim: HeadDim,
): Promise<LinearTensor> {
  const { out, in: columns } = linear
  const exact = exactContainer(await linear.read())
  const type: GgmlTypeName = exact ?? 'F16'
  const data = async function* () {
    const codes = await linear.read()
    if (exact) yield* packedParts(codes, exact, headDim)
    else yield* plainParts(name, arrayRows(dequantize(codes), columns), [out, columns], 'F16', headDim)
  }
  return { tensor: { name, type, shape: [out, columns], data }, exact: exact !== null }
}

function* packedParts(linear: QuantizedLinear, type: ExactType, headDim: HeadDim): Generator<Uint8Array> {
  const { out, in: columns } = linear
  const rows = levelRows(linear)!
  const size = rowBytes(type, columns)
  const count = rowsAPart(columns)
  for (let first = 0; first < out; first += count) {
    const part = new Uint8Array(Math.min(count, out - first) * size)
    for (let i = 0; i * size < part.length; i++)
      packRow(type, rows, sourceRow(first + i, headDim), columns, part.subarray(i * size, (i + 1) * size))
    yield part
  }
}

const rowsAPart = (columns: number): number => Math.max(1, Math.floor(PART / columns))

const sourceRow = (row: number, headDim: HeadDim): number => (headDim === null ? row : checkpointRow(row, headDim))

/** A tensor that was not quantized; float32 where it is a vector, whatever is asked. */
export function plainTensor(name: string, entry: TensorEntry, asked: PlainType, headDim: HeadDim): TensorToWrite {
  const { shape, dtype } = entry
  const fits = shape.length > 1 && shape.at(-1)! % ggmlTypes[asked].weights === 0
  const type: PlainType = shape.length === 1 ? 'F32' : fits ? asked : 'F16'
  const read = async (start: number, end: number) => toFloat32(await entry.read({ start, end }), dtype)
  return { name, type, shape, data: () => plainParts(name, read, shape, type, headDim) }
}

/** A vector that is in memory. */
export function vectorTensor(name: string, values: Float32Array, headDim: HeadDim = null): TensorToWrite {
  const shape = [values.length]
  return { name, type: 'F32', shape, data: () => plainParts(name, arrayRows(values, 1), shape, 'F32', headDim) }
}

/** float32 rows [start, end). */
type ReadRows = (start: number, end: number) => Promise<Float32Array>

const arrayRows =
  (values: Float32Array, columns: number): ReadRows =>
  async (start, end) =>
    values.subarray(start * columns, end * columns)

async function* plainParts(
  name: string,
  read: ReadRows,
  [rows, columns = 1]: readonly number[],
  type: PlainType,
  headDim: HeadDim,
): AsyncGenerator<Uint8Array> {
  // a head's rows change places among themselves: whole heads at once
  const unit = headDim ?? 1
  const count = Math.max(unit, Math.floor(rowsAPart(columns) / unit) * unit)
  for (let first = 0; first < rows!; first += count) {
    const values = await read(first, Math.min(first + count, rows!))
    const turned = headDim === null ? values : new Float32Array(values.length)
    if (headDim !== null)
      for (let row = 0; row * columns < values.length; row++) {
        const from = checkpointRow(row, headDim) * columns
        turned.set(values.subarray(from, from + columns), row * columns)
      }
    yield encode(name, turned, type)
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
