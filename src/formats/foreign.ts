import { readCompressedTensors } from './compressed-tensors/read'
import { quantizationKey } from './config-json'
import { type ForeignLinear, foreignModel, type LinearShape } from './foreign-model'
import { readGptq } from './gptq/read'
import type { PackedModel } from './packed-model'
import type { ModelSource } from './source'

interface ForeignFormat {
  /** Tensors that take the place of a linear's weight. */
  readonly parts: readonly string[]
  /** Those of the linears that are quantized. FormatError where the tensors are not those of the shapes. */
  linears(source: ModelSource, shapes: readonly LinearShape[]): ReadonlyMap<LinearShape, ForeignLinear>
}

/** Formats of other software whose codes are read, by what `quant_method` calls them. */
const FORMATS = {
  gptq: { parts: ['qweight', 'qzeros', 'scales', 'g_idx'], linears: readGptq },
  'compressed-tensors': {
    parts: ['weight_packed', 'weight_scale', 'weight_zero_point', 'weight_shape', 'weight_g_idx'],
    linears: readCompressedTensors,
  },
} as const satisfies Record<string, ForeignFormat>
export type ForeignKind = keyof typeof FORMATS

/** How a config.json says that its weights are quantized, where that is a format that is read; else null. */
export function foreignKind(config: Readonly<Record<string, unknown>>): ForeignKind | null {
  const stated = config[quantizationKey]
  const method = typeof stated === 'object' && stated !== null ? Object.entries(stated) : []
  const named = method.find(([key]) => key === 'quant_method')?.[1]
  return typeof named === 'string' && Object.hasOwn(FORMATS, named) ? (named as ForeignKind) : null
}

export const foreignParts = (kind: ForeignKind): readonly string[] => FORMATS[kind].parts

/** Opens what other software quantized; FormatError where its tensors are not those of the linears of these shapes. */
export function readForeign(kind: ForeignKind, source: ModelSource, shapes: readonly LinearShape[]): PackedModel {
  const { parts, linears } = FORMATS[kind]
  return foreignModel(source, { method: kind, parts, linears: linears(source, shapes) })
}
