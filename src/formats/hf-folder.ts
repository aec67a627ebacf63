import { withQuantization } from './config-json'
import { dtypeBytes } from './dtypes'
import { safetensorsChunks, safetensorsSize, type TensorToWrite } from './safetensors-writer'
import { isSideFile } from './side-files'
import type { ModelSource } from './source'

/** A file to write: `chunks` may be run through once. */
export interface OutputFile {
  readonly name: string
  readonly size: number
  readonly chunks: AsyncIterable<Uint8Array>
}

/** Where transformers' `save_pretrained` begins a new file. */
const MAX_SHARD_BYTES = 5e9
const METADATA = { format: 'pt' }

/**
 * A Hugging Face folder of these tensors with the side files of the model; config.json says how the weights are quantized,
 * and is else verbatim.
 */
export function hfFolder(
  source: ModelSource,
  tensors: readonly TensorToWrite[],
  quantization: object | null,
  maxShardBytes = MAX_SHARD_BYTES,
): OutputFile[] {
  const side = [...source.files]
    .filter(([name]) => isSideFile(name))
    .map(([name, bytes]) => wholeFile(name, name === 'config.json' ? withQuantization(bytes, quantization) : bytes))
  return [...weightFiles(tensors, maxShardBytes), ...side]
}

function weightFiles(tensors: readonly TensorToWrite[], maxShardBytes: number): OutputFile[] {
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
  return [...files, jsonFile('model.safetensors.index.json', index)]
}

export const jsonFile = (name: string, value: object): OutputFile =>
  wholeFile(name, new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`))

export const textFile = (name: string, text: string): OutputFile => wholeFile(name, new TextEncoder().encode(text))

function wholeFile(name: string, bytes: Uint8Array): OutputFile {
  const chunks = async function* () {
    yield bytes
  }
  return { name, size: bytes.length, chunks: chunks() }
}
