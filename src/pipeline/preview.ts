import type { ByteSource } from '../formats/bytes'
import { openCheckpoint } from '../formats/huggingface'
import { openModel } from '../formats/open'
import { isPacked } from '../formats/packed-file'
import { readSafetensors } from '../formats/safetensors'
import type { ModelSource } from '../formats/source'
import { findWeights } from '../formats/weight-files'
import type { GpuInfo } from '../gpu/device'
import type { MemoryForecast } from '../inspection-records'
import { checkTensors } from '../models/required-tensors'
import { specFromFiles } from '../models/spec'
import { forecastOf } from './inspect'
import { modelSize } from './opened'
import { defaultRecipe } from './recipe'

/** What can be said of a model before its weights are here. */
export interface Preview {
  readonly architecture: string
  readonly parameters: number
  /** Longest text that it was made for, in tokens. */
  readonly context: number
  /** How the weights are stored, most of them first: shares sum to 1. */
  readonly types: readonly { readonly type: string; readonly share: number }[]
  /** In the files, a weight. */
  readonly bits: number
  /** Null for a packed file: it is quantized already. */
  readonly forecast: MemoryForecast | null
}

/**
 * Reads the config and the headers of the weights, nothing else: a few hundred kilobytes of any checkpoint, of a GGUF file the
 * metadata, too. FormatError where Bitloom could not open it. `files` need not hold a checkpoint's tokenizer.
 */
export async function previewModel(files: readonly ByteSource[], gpu: GpuInfo): Promise<Preview> {
  const source = files.some(({ name }) => /\.gguf$/i.test(name)) ? await openModel([...files]) : await described(files)
  if (!source) return { architecture: 'packed', parameters: 0, context: 0, types: [], bits: 0, forecast: null }
  const spec = specFromFiles(source.config, source.files)
  checkTensors(spec, source)
  return {
    ...{ architecture: spec.architecture, parameters: modelSize(source).parameters, context: spec.context },
    ...typesOf(source),
    forecast: forecastOf({ spec }, defaultRecipe('gptq'), gpu),
  }
}

/** A checkpoint without its tokenizer; null for a packed file. */
async function described(files: readonly ByteSource[]): Promise<ModelSource | null> {
  const byName = new Map(files.map((file) => [file.name, file]))
  const weights = await findWeights(byName)
  // at once: each is a request or two, and there may be dozens
  const parts = await Promise.all(weights.present.map(readSafetensors))
  if (parts.length === 1 && isPacked(parts[0]!)) return null
  const config = new Map([...byName].filter(([name]) => /^(generation_)?config\.json$/.test(name)))
  return openCheckpoint(config, weights, parts)
}

function typesOf({ tensors }: ModelSource): Pick<Preview, 'types' | 'bits'> {
  const weightsOf = new Map<string, number>()
  let [weights, bytes] = [0, 0]
  for (const { shape, dtype, bytes: size, stored } of tensors.values()) {
    const count = shape.reduce((product, dim) => product * dim, 1)
    const type = stored?.type ?? dtype
    weightsOf.set(type, (weightsOf.get(type) ?? 0) + count)
    weights += count
    bytes += stored?.bytes ?? size
  }
  const types = [...weightsOf].map(([type, count]) => ({ type, share: count / weights }))
  return { types: types.sort((a, b) => b.share - a.share), bits: (8 * bytes) / weights }
}
