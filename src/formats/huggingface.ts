import { FormatError } from '../errors'
import type { ByteSource } from './bytes'
import { quantizationKey } from './config-json'
import { foreignKind } from './foreign'
import type { Safetensors } from './safetensors'
import { isSideFile, parseJsonObject, readSideFile } from './side-files'
import type { ModelSource, TensorEntry } from './source'
import type { WeightFiles } from './weight-files'

/**
 * A checkpoint as the Hub stores it: config.json, tokenizer.json and the weights. `parts` are the read headers of
 * `weights.present`, in that order. Files that do not belong to a checkpoint are ignored.
 */
export async function openCheckpoint(
  files: ReadonlyMap<string, ByteSource>,
  weights: WeightFiles,
  parts: readonly Safetensors[],
): Promise<ModelSource> {
  const carried = [...files.values()].filter(({ name }) => isSideFile(name))
  const sideFiles = new Map<string, Uint8Array<ArrayBuffer>>()
  for (const file of carried) sideFiles.set(file.name, await readSideFile(file))
  const config = await quantizedConfig(parseJsonObject('config.json', sideFiles.get('config.json')!), files)
  return {
    tensors: mergeTensors(weights, parts),
    config,
    files: sideFiles,
    metadata: Object.fromEntries(parts.flatMap(({ metadata }) => Object.entries(metadata))),
    provenance: {
      kind: foreignKind(config) ?? 'hf-checkpoint',
      files: [...weights.present, ...carried].map(({ name, size }) => ({ name, bytes: size })),
    },
  }
}

/** Older GPTQ checkpoints say how they are quantized in a file of its own. */
async function quantizedConfig(
  config: Record<string, unknown>,
  files: ReadonlyMap<string, ByteSource>,
): Promise<Record<string, unknown>> {
  const separate = files.get('quantize_config.json')
  if (!separate || config[quantizationKey]) return config
  const stated = parseJsonObject(separate.name, await readSideFile(separate))
  return { ...config, [quantizationKey]: { quant_method: 'gptq', ...stated } }
}

function mergeTensors({ present, placement }: WeightFiles, parts: readonly Safetensors[]): Map<string, TensorEntry> {
  const tensors = new Map<string, TensorEntry>()
  const home = new Map<string, string>()
  parts.forEach((part, i) => {
    const shard = present[i]!.name
    for (const [name, entry] of part.tensors) {
      if (home.has(name))
        throw new FormatError(
          `${shard}: expected each tensor in one shard, got ${name} which ${home.get(name)} holds too — drop one model at a time`,
        )
      tensors.set(name, entry)
      home.set(name, shard)
    }
  })
  for (const [name, shard] of placement ?? [])
    if (home.get(name) !== shard)
      throw new FormatError(
        `${shard}: expected tensor ${name} as the index says, got ${home.has(name) ? `it in ${home.get(name)}` : 'none'} — the shards and the index are of different models; fetch them again`,
      )
  return tensors
}
