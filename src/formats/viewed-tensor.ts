import { invariant } from '../errors'
import type { TensorPicture } from '../file-records'
import type { ByteSource } from './bytes'
import { dequantize } from './dequantize'
import { type Dtype, dtypeBytes } from './dtypes'
import { blockOf, blockParts } from './gguf/block-parts'
import { decodable, dequantizeBlocks } from './gguf/dequantize'
import type { GgufTensor } from './gguf/header'
import { levelRows } from './gguf/levels'
import { type GgmlTypeName, ggmlTypes } from './gguf/types'
import type { LinearHeader } from './linear-check'
import { toNumbers } from './numbers'
import type { QuantizedLinear } from './quantized'
import type { TensorEntry } from './source'

/** Consecutive weights of a tensor, and what they are made of. */
export interface Piece {
  readonly values: Float32Array
  /** Of blocks of codes: numbers that each belong to `span` weights, in their order. */
  part(part: BlockPart): { readonly values: Float32Array | Int16Array | Uint8Array; readonly span: number }
}

export type BlockPart = 'code' | 'scale' | 'minimum' | 'super'

/** A tensor as rows and columns of numbers, read in pieces. */
export interface ViewedTensor {
  /** All but the last dimension, and the last. */
  readonly rows: number
  readonly columns: number
  /** Weights that can only be read together: pieces begin and end at multiples of it. */
  readonly unit: number
  readonly block: TensorPicture['block']
  /** Empty where numbers are not codes. */
  readonly parts: readonly BlockPart[]
  /** Gets ready; what it holds meanwhile goes with the reader. */
  open(): Promise<(start: number, count: number) => Promise<Piece>>
}

function matrixOf(shape: readonly number[]): { rows: number; columns: number } {
  const columns = shape.at(-1) ?? 1
  return { rows: shape.slice(0, -1).reduce((product, dim) => product * dim, 1), columns }
}

const plainPiece = (values: Float32Array): Piece => ({
  values,
  part(part) {
    throw new Error(`bug in Bitloom: the ${part} of numbers that are no codes`)
  },
})

/** A tensor of a safetensors file. */
export function viewedEntry({ dtype, shape, part }: TensorEntry): ViewedTensor {
  const width = dtypeBytes[dtype]
  const read = async (start: number, count: number) => {
    invariant(part, 'a tensor that is no part of a file')
    return plainPiece(toNumbers(await part(start * width, count * width), dtype))
  }
  return { ...matrixOf(shape), unit: 1, block: null, parts: [], open: async () => read }
}

const plainTypes: ReadonlySet<string> = new Set<Dtype>(['F32', 'F16', 'BF16', 'F64', 'I8', 'I16', 'I32', 'I64'])

/** A tensor of a GGUF file in any type that is decoded; null for the others. */
export function viewedBlocks(file: ByteSource, { type, shape, offset }: GgufTensor): ViewedTensor | null {
  const isPlain = plainTypes.has(type.name)
  if (!isPlain && !decodable.includes(type.name)) return null
  const block = blockOf(type.name)
  const bytesAt = (start: number, count: number) =>
    file.read(offset + (start / type.weights) * type.bytes, (count / type.weights) * type.bytes)
  const read = async (start: number, count: number): Promise<Piece> => {
    const bytes = await bytesAt(start, count)
    return isPlain ? plainPiece(toNumbers(bytes, type.name as Dtype)) : codedPiece(bytes, type.name)
  }
  return {
    ...matrixOf(shape),
    unit: type.weights,
    block: block && { weights: block.weights, super: block.super },
    parts: block
      ? ['code', 'scale', ...(block.minima ? (['minimum'] as const) : []), ...(block.super ? (['super'] as const) : [])]
      : [],
    open: async () => read,
  }
}

function codedPiece(bytes: Uint8Array, type: GgmlTypeName): Piece {
  const block = blockOf(type)!
  let parts: ReturnType<typeof blockParts> | null = null
  return {
    values: dequantizeBlocks(bytes, ggmlTypes[type]),
    part(part) {
      parts ??= blockParts(bytes, type)
      if (part === 'code') return { values: parts.codes, span: 1 }
      if (part === 'super') return { values: parts.supers!, span: block.super! }
      return { values: part === 'scale' ? parts.scales : parts.minima!, span: block.weights }
    },
  }
}

/** A quantized linear of Bitloom's or other software's: its codes where its weights lie on lines, else its weights alone. */
export function viewedLinear(header: LinearHeader, linear: () => Promise<QuantizedLinear>): ViewedTensor {
  const { out: rows, in: columns } = header
  const coded = header.kind === 'affine'
  const block = coded ? { weights: header.groupSize > 0 ? header.groupSize : columns, super: null } : null
  return {
    ...{ rows, columns, unit: columns, block },
    parts: coded ? ['code', 'scale', 'minimum'] : [],
    open: async () => readerOf(await linear()),
  }
}

function readerOf(linear: QuantizedLinear): (start: number, count: number) => Promise<Piece> {
  const { in: columns } = linear
  const rows = levelRows(linear)
  if (!rows) {
    const weights = dequantize(linear)
    return async (start, count) => plainPiece(weights.subarray(start, start + count))
  }
  return async (start, count) => {
    const values = new Float32Array(count)
    const codes = new Uint8Array(count)
    const scales = new Float32Array(count)
    const minima = new Float32Array(count)
    for (let at = 0; at < count; at += columns) {
      const { steps, lows, codes: row } = rows((start + at) / columns)
      codes.set(row, at)
      scales.set(steps, at)
      minima.set(lows, at)
      for (let i = 0; i < columns; i++) values[at + i] = lows[i]! + steps[i]! * row[i]!
    }
    const parts = { code: codes, scale: scales, minimum: minima, super: scales }
    return { values, part: (part) => ({ values: parts[part], span: 1 }) }
  }
}
