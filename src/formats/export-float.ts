import { NumericalError } from '../errors'
import { carriedTensors } from './bitloom/copy'
import { encodeBfloat16, encodeFloat16 } from './floats'
import { hfFolder, type OutputFile } from './hf-folder'
import type { ChangedTensors } from './quantized'
import type { TensorToWrite } from './safetensors-writer'
import type { ModelSource } from './source'
import { turnedValues } from './turned'

/** A linear to write as plain weights; they are asked for when their turn comes. */
export interface DenseLinear {
  readonly out: number
  readonly in: number
  /** float32 [out, in] in the original column order. */
  weights(): Promise<Float32Array>
}

/** Floats of two bytes. bfloat16 keeps 8 significant bits of a weight and float16 11, within ±65504. */
export type FloatDtype = 'F16' | 'BF16'

interface FloatOptions {
  readonly dtype?: FloatDtype
  readonly changed?: ChangedTensors
  readonly maxShardBytes?: number
}

/**
 * The Hugging Face folder of the model with these linears, and what else was changed, as plain floats: quantization
 * simulated. It opens wherever the original does, and takes as much room as a model of two bytes a weight. Everything else,
 * config and tokenizer too, is verbatim. NumericalError, when its turn comes, for a weight that the dtype cannot hold.
 */
export function exportFloat(
  source: ModelSource,
  linears: ReadonlyMap<string, DenseLinear>,
  { dtype = 'F16', changed = new Map(), maxShardBytes }: FloatOptions = {},
): OutputFile[] {
  const tensors = [
    ...carriedTensors(source, linears.keys(), changed.keys()),
    ...[...changed].map(([name, values]) => floatTensor(name, dtype, [values.length], async () => values)),
    ...[...linears].map(([name, { out, in: columns, weights }]) =>
      source.transposed?.has(name)
        ? floatTensor(`${name}.weight`, dtype, [columns, out], async () => turnedValues(await weights(), out, columns))
        : floatTensor(`${name}.weight`, dtype, [out, columns], weights),
    ),
  ]
  return hfFolder(source, tensors, null, maxShardBytes)
}

const FLOATS = {
  F16: { name: 'float16', largest: '65504', encode: encodeFloat16, exponent: 0x7c00 },
  BF16: { name: 'bfloat16', largest: '3.39e38', encode: encodeBfloat16, exponent: 0x7f80 },
} as const

function floatTensor(
  name: string,
  dtype: FloatDtype,
  shape: readonly number[],
  read: () => Promise<Float32Array>,
): TensorToWrite {
  const { name: float, largest, encode, exponent } = FLOATS[dtype]
  const data = async () => {
    const weights = await read()
    const halves = encode(weights)
    const bad = halves.findIndex((half) => (half & exponent) === exponent)
    if (bad >= 0)
      throw new NumericalError(
        `${name}: expected weights within ±${largest}, got ${weights[bad]} ${placeOf(bad, shape)} — ${float} cannot hold this model; keep the packed file`,
      )
    return new Uint8Array(halves.buffer)
  }
  return { name, dtype, shape, data }
}

const placeOf = (index: number, [_, columns]: readonly number[]): string =>
  columns ? `in row ${Math.floor(index / columns)}, column ${index % columns}` : `at element ${index}`
