import { readCompressedTensors } from './compressed-tensors/read'
import { quantizationKey } from './config-json'
import type { LinearShape } from './foreign-model'
import { readGptq } from './gptq/read'
import type { PackedModel } from './packed-model'
import type { ModelSource } from './source'

/** Formats of other software whose codes are read, by what `quant_method` calls them. */
const READERS = {
  gptq: readGptq,
  'compressed-tensors': readCompressedTensors,
} as const satisfies Record<string, (source: ModelSource, shapes: readonly LinearShape[]) => PackedModel>
export type ForeignKind = keyof typeof READERS

/** How a config.json says that its weights are quantized, where that is a format that is read; else null. */
export function foreignKind(config: Readonly<Record<string, unknown>>): ForeignKind | null {
  const stated = config[quantizationKey]
  const method = typeof stated === 'object' && stated !== null ? Object.entries(stated) : []
  const named = method.find(([key]) => key === 'quant_method')?.[1]
  return typeof named === 'string' && Object.hasOwn(READERS, named) ? (named as ForeignKind) : null
}

/** Tensors that take the place of a linear's weight in these formats. */
export const foreignParts: Readonly<Record<ForeignKind, readonly string[]>> = {
  gptq: ['qweight', 'qzeros', 'scales', 'g_idx'],
  'compressed-tensors': ['weight_packed', 'weight_scale', 'weight_zero_point', 'weight_shape', 'weight_g_idx'],
}

export const readForeign = (kind: ForeignKind, source: ModelSource, shapes: readonly LinearShape[]): PackedModel =>
  READERS[kind](source, shapes)
