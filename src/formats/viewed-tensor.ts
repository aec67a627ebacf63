import { invariant } from '../errors'
import type { TensorPicture } from '../file-records'
import type { ByteSource } from './bytes'
import { dequantize } from './dequantize'
import { type Dtype, dtypeBytes } from './dtypes'
import { blockOf, blockParts } from './gguf/block-parts'
import { type CodebookPart, codebookBlock, codebookPart } from './gguf/codebook-parts'
import { dequantizeBlocks } from './gguf/dequantize'
import type { GgufTensor } from './gguf/header'
import { rowByRow } from './gguf/interleaved'
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

export type BlockPart = 'code' | 'minimum' | CodebookPart

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

/** A tensor of a GGUF file; null where it is of a type that is not known. */
export function viewedBlocks(file: ByteSource, tensor: GgufTensor): ViewedTensor | null {
  if (tensor.type.weights === null) return null
  const { shape, offset } = tensor
  const { read: readBytes, type } = rowByRow(file, tensor, tensor.type)
  const coded = partsOf(type.name)
  const read = async (start: number, count: number): Promise<Piece> => {
    const place = [offset + (start / type.weights) * type.bytes, (count / type.weights) * type.bytes] as const
    const bytes = await readBytes(...place)
    if (!coded) return plainPiece(toNumbers(bytes, type.name as Dtype))
    const made = new Map<BlockPart, ReturnType<Piece['part']>>()
    const part = (name: BlockPart) => {
      const found = made.get(name) ?? coded.partOf(bytes, name)
      made.set(name, found)
      return found
    }
    return { values: dequantizeBlocks(bytes, type), part }
  }
  const { block = null, parts = [] } = coded ?? {}
  return { ...matrixOf(shape), unit: type.weights, block, parts, open: async () => read }
}

interface TypeParts extends Pick<ViewedTensor, 'block' | 'parts'> {
  partOf(bytes: Uint8Array, part: BlockPart): ReturnType<Piece['part']>
}

/** What blocks of a type are made of; null where its numbers are no codes. */
function partsOf(name: GgmlTypeName): TypeParts | null {
  const chosen = codebookBlock(name)
  if (chosen)
    return {
      block: { weights: chosen.weights, super: ggmlTypes[name].weights, book: chosen.book },
      parts: chosen.parts,
      partOf: (bytes, part) => codebookPart(bytes, name, part as CodebookPart),
    }
  const block = blockOf(name)
  if (!block) return null
  const minimum = block.minima ? (['minimum'] as const) : []
  return {
    block: { weights: block.weights, super: block.super, book: null },
    parts: ['code', 'scale', ...minimum, ...(block.super ? (['super'] as const) : [])],
    partOf: (bytes, part) => {
      const { codes, scales, minima, supers } = blockParts(bytes, name)
      if (part === 'code') return { values: codes, span: 1 }
      if (part === 'super') return { values: supers!, span: block.super! }
      return { values: part === 'scale' ? scales : minima!, span: block.weights }
    },
  }
}

/** A quantized linear of Bitloom's or other software's: its codes where its weights lie on lines, else its weights alone. */
export function viewedLinear(header: LinearHeader, linear: () => Promise<QuantizedLinear>): ViewedTensor {
  const { out: rows, in: columns } = header
  const coded = header.kind === 'affine'
  const block = coded ? { weights: header.groupSize > 0 ? header.groupSize : columns, super: null, book: null } : null
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
    const parts: Partial<Record<BlockPart, Float32Array | Uint8Array>> = { code: codes, scale: scales, minimum: minima }
    return { values, part: (part) => ({ values: parts[part]!, span: 1 }) }
  }
}
