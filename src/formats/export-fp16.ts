import { NumericalError } from '../errors'
import { carriedTensors } from './bitloom/copy'
import { dtypeBytes } from './dtypes'
import { encodeFloat16 } from './floats'
import type { ChangedTensors } from './quantized'
import { safetensorsChunks, safetensorsSize, type TensorToWrite } from './safetensors'
import { isSideFile } from './side-files'
import type { ModelSource } from './source'
import { turnedValues } from './turned'

/** A file to write: `chunks` may be run through once. */
export interface OutputFile {
  readonly name: string
  readonly size: number
  readonly chunks: AsyncIterable<Uint8Array>
}

/** A linear to write as plain weights; they are asked for when their turn comes. */
export interface DenseLinear {
  readonly out: number
  readonly in: number
  /** Whether the model's files hold it as [in, out]. */
  readonly transposed?: boolean
  /** float32 [out, in] in the original column order. */
  weights(): Promise<Float32Array>
}

/** Where transformers' `save_pretrained` begins a new file. */
const MAX_SHARD_BYTES = 5e9
const METADATA = { format: 'pt' }

/**
 * The Hugging Face folder of the model with these linears, and what else was changed, as float16: it opens wherever the original does, and takes
 * as much room as a float16 model. Everything else, config and tokenizer too, is verbatim. NumericalError, when its
 * turn comes, for a weight that float16 cannot hold.
 */
export function exportFp16(
  source: ModelSource,
  linears: ReadonlyMap<string, DenseLinear>,
  changed: ChangedTensors = new Map(),
  maxShardBytes = MAX_SHARD_BYTES,
): OutputFile[] {
  const tensors = [
    ...carriedTensors(source, linears.keys(), changed.keys()),
    ...[...changed].map(([name, values]) => halfTensor(name, [values.length], async () => values)),
    ...[...linears].map(([name, { out, in: columns, transposed, weights }]) =>
      transposed
        ? halfTensor(`${name}.weight`, [columns, out], async () => turnedValues(await weights(), out, columns))
        : halfTensor(`${name}.weight`, [out, columns], weights),
    ),
  ]
  const side = [...source.files].filter(([name]) => isSideFile(name)).map(([name, bytes]) => wholeFile(name, bytes))
  return [...weightFiles(tensors, maxShardBytes), ...side]
}

function halfTensor(name: string, shape: readonly number[], read: () => Promise<Float32Array>): TensorToWrite {
  const data = async () => {
    const weights = await read()
    const halves = encodeFloat16(weights)
    const bad = halves.findIndex((half) => (half & 0x7c00) === 0x7c00)
    if (bad >= 0)
      throw new NumericalError(
        `${name}: expected weights within ±65504, got ${weights[bad]} ${placeOf(bad, shape)} — float16 cannot hold this model; keep the packed file`,
      )
    return new Uint8Array(halves.buffer)
  }
  return { name, dtype: 'F16', shape, data }
}

const placeOf = (index: number, [_, columns]: readonly number[]): string =>
  columns ? `in row ${Math.floor(index / columns)}, column ${index % columns}` : `at element ${index}`

function weightFiles(tensors: TensorToWrite[], maxShardBytes: number): OutputFile[] {
  const shards: TensorToWrite[][] = [[]]
  let filled = 0
  let total = 0
  for (const tensor of tensors) {
    const bytes = tensor.shape.reduce((product, n) => product * n, dtypeBytes[tensor.dtype])
    if (filled > 0 && filled + bytes > maxShardBytes) {
      shards.push([])
      filled = 0
    }
    shards.at(-1)!.push(tensor)
    filled += bytes
    total += bytes
  }
  const digits = (value: number) => String(value).padStart(5, '0')
  const nameOf = (shard: number) =>
    shards.length === 1 ? 'model.safetensors' : `model-${digits(shard + 1)}-of-${digits(shards.length)}.safetensors`
  const files = shards.map((entries, shard) => ({
    name: nameOf(shard),
    size: safetensorsSize(entries, METADATA),
    chunks: safetensorsChunks(entries, METADATA),
  }))
  if (shards.length === 1) return files
  const placed = shards.flatMap((entries, shard) => entries.map(({ name }) => [name, nameOf(shard)]))
  const index = { metadata: { total_size: total }, weight_map: Object.fromEntries(placed) }
  const json = new TextEncoder().encode(`${JSON.stringify(index, null, 2)}\n`)
  return [...files, wholeFile('model.safetensors.index.json', json)]
}

function wholeFile(name: string, bytes: Uint8Array): OutputFile {
  const chunks = async function* () {
    yield bytes
  }
  return { name, size: bytes.length, chunks: chunks() }
}
