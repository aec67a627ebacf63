import { packedFileName } from '../formats/bitloom/names'
import { writeBitloom } from '../formats/bitloom/write'
import { compressedTensorsFormat } from '../formats/compressed-tensors/write'
import { dequantize } from '../formats/dequantize'
import { exportFloat, type FloatDtype } from '../formats/export-float'
import { gptqFormat } from '../formats/gptq/write'
import type { OutputFile } from '../formats/hf-folder'
import type { PackedModel } from '../formats/packed-model'
import type { ChangedTensors } from '../formats/quantized'
import type { ModelSource } from '../formats/source'
import { exportUniform, type LinearSource, type UniformFormat } from '../formats/uniform-folder'
import type { RunReport } from '../records'

/** What a run, or the opening of a quantized model, came to. */
export interface Outcome extends Pick<PackedModel, 'headers' | 'linear'> {
  readonly source: ModelSource
  readonly report: RunReport
  readonly changed: ChangedTensors
}

export interface Exported {
  /** One file to open alone, or those of a folder. */
  readonly files: readonly OutputFile[]
  /** What other software makes of them. */
  readonly warnings: readonly string[]
}

type Exporter = (outcome: Outcome) => Promise<Exported>

/** Everything that a result can be taken away as. FormatError where a format cannot hold it. */
const EXPORTERS = {
  packed: async ({ headers, linear, source, report, changed }) => {
    const linears = await Promise.all([...headers.keys()].map(linear))
    const { size, chunks } = writeBitloom(source, linears, report, changed)
    return { files: [{ name: packedFileName(report), size, chunks }], warnings: [] }
  },
  fp16: floats('F16'),
  bf16: floats('BF16'),
  gptq: uniform(gptqFormat(1)),
  'gptq-v2': uniform(gptqFormat(2)),
  'compressed-tensors': uniform(compressedTensorsFormat),
} as const satisfies Record<string, Exporter>

export type ExportFormat = keyof typeof EXPORTERS
export const exportFormats = Object.keys(EXPORTERS) as ExportFormat[]

export const exportAs = (format: ExportFormat, outcome: Outcome): Promise<Exported> => EXPORTERS[format](outcome)

function floats(dtype: FloatDtype): Exporter {
  return async ({ headers, linear, source, changed }) => {
    const dense = [...headers].map(([name, { out, in: columns }]) => {
      return [name, { out, in: columns, weights: async () => dequantize(await linear(name)) }] as const
    })
    return { files: exportFloat(source, new Map(dense), { dtype, changed }), warnings: [] }
  }
}

function uniform(format: UniformFormat): Exporter {
  return ({ headers, linear, source, changed }) => {
    const linears: LinearSource = new Map([...headers.keys()].map((name) => [name, () => linear(name)]))
    return exportUniform(format, source, linears, changed)
  }
}
