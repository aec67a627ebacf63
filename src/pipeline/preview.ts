import type { ByteSource } from '../formats/bytes'
import { openCheckpoint } from '../formats/huggingface'
import { isPacked } from '../formats/packed-file'
import { readSafetensors } from '../formats/safetensors'
import { findWeights } from '../formats/weight-files'
import type { GpuInfo } from '../gpu/device'
import { checkTensors, specFromFiles } from '../models/spec'
import type { MemoryForecast } from '../records'
import { forecastOf } from './inspect'
import { modelSize } from './opened'
import { defaultRecipe } from './recipe'

/** What can be said of a model before its weights are here. */
export interface Preview {
  readonly architecture: string
  readonly parameters: number
  /** Null for a packed file: it is quantized already. */
  readonly forecast: MemoryForecast | null
}

/**
 * Reads the config and the headers of the weights, nothing else: a few hundred kilobytes of any model. FormatError where
 * Bitloom could not open it. `files` need not hold the tokenizer.
 */
export async function previewModel(files: readonly ByteSource[], gpu: GpuInfo): Promise<Preview> {
  const byName = new Map(files.map((file) => [file.name, file]))
  const weights = await findWeights(byName)
  // at once: each is a request or two, and there may be dozens
  const parts = await Promise.all(weights.present.map(readSafetensors))
  if (parts.length === 1 && isPacked(parts[0]!)) return { architecture: 'packed', parameters: 0, forecast: null }
  const described = new Map([...byName].filter(([name]) => /^(generation_)?config\.json$/.test(name)))
  const source = await openCheckpoint(described, weights, parts)
  const spec = specFromFiles(source.config, source.files)
  checkTensors(spec, source)
  return {
    architecture: spec.architecture,
    parameters: modelSize(source).parameters,
    forecast: forecastOf({ spec }, defaultRecipe('gptq'), gpu),
  }
}
