import { FormatError } from '../errors'
import { ggufFileName, packedFileName } from '../formats/bitloom/names'
import { writeBitloom } from '../formats/bitloom/write'
import { compressedTensorsFormat } from '../formats/compressed-tensors/write'
import { dequantize } from '../formats/dequantize'
import { exportFloat, type FloatDtype } from '../formats/export-float'
import type { PlainType } from '../formats/gguf/write-tensors'
import { gptqFormat } from '../formats/gptq/write'
import type { OutputFile } from '../formats/hf-folder'
import { readHeaders, type StoredLinears } from '../formats/packed-model'
import type { ChangedTensors } from '../formats/quantized'
import { exportUniform, type LinearSource, type UniformFormat } from '../formats/uniform-folder'
import type { GgufSummary, RunReport } from '../records'
import type { Pause } from './breathe'
import { ggufFile, ggufNotes } from './gguf'
import type { OpenedModel } from './opened'

/** What a run, or the opening of a quantized model, came to. */
export interface Outcome extends StoredLinears {
  /** The model that was quantized, or the quantized one that was opened. */
  readonly model: OpenedModel
  readonly report: RunReport
  readonly changed: ChangedTensors
}

export interface Exported {
  readonly files: readonly OutputFile[]
  /** The files are one that opens alone; else those of a folder. */
  readonly alone: boolean
  /** How the weights are held, and what other software makes of them. */
  readonly notes: readonly string[]
  readonly gguf?: GgufSummary
}

export interface ExportFacts {
  /** Of all files; null where the format cannot hold the result. */
  readonly bytes: number | null
  /** How the weights are held, and what other software makes of them. */
  readonly notes: readonly string[]
  /** Why the format cannot hold the result. */
  readonly problem: string | null
}

/** `pause` is where it lets others be heard. */
type Exporter = (outcome: Outcome, pause?: Pause) => Promise<Exported>

/** Everything that a result can be taken away as. FormatError where a format cannot hold it. */
const EXPORTERS = {
  packed: async ({ headers, linear, model: { source, packed }, report, changed }) => {
    const foreign = packed && source.provenance.kind !== 'bitloom'
    const linears = foreign ? await readHeaders({ headers, linear }) : { headers, linear }
    const { size, chunks } = writeBitloom(source, linears, report, changed)
    return { files: [{ name: packedFileName(report), size, chunks }], alone: true, notes: [] }
  },
  gguf: gguf('F16'),
  'gguf-q8_0': gguf('Q8_0'),
  fp16: floats('F16'),
  bf16: floats('BF16'),
  gptq: uniform(gptqFormat(1)),
  'gptq-v2': uniform(gptqFormat(2)),
  'compressed-tensors': uniform(compressedTensorsFormat),
} as const satisfies Record<string, Exporter>

export type ExportFormat = keyof typeof EXPORTERS
export const exportFormats = Object.keys(EXPORTERS) as ExportFormat[]

export const exportAs = (format: ExportFormat, outcome: Outcome, pause?: Pause): Promise<Exported> =>
  (EXPORTERS[format] as Exporter)(outcome, pause)

/** What a result would be in a format, without writing it. */
export async function exportFacts(format: ExportFormat, outcome: Outcome, pause?: Pause): Promise<ExportFacts> {
  try {
    const { files, notes } = await exportAs(format, outcome, pause)
    return { bytes: files.reduce((sum, { size }) => sum + size, 0), notes, problem: null }
  } catch (error) {
    if (error instanceof FormatError) return { bytes: null, notes: [], problem: error.message }
    throw error
  }
}

function floats(dtype: FloatDtype): Exporter {
  return async ({ headers, linear, model: { source }, changed }) => {
    const dense = [...headers].map(([name, { out, in: columns }]) => {
      return [name, { out, in: columns, weights: async () => dequantize(await linear(name)) }] as const
    })
    return { files: exportFloat(source, new Map(dense), { dtype, changed }), alone: false, notes: [] }
  }
}

/** @param rest type of embedding and head */
function gguf(rest: PlainType): Exporter {
  return async ({ headers, linear, model, report, changed }, pause) => {
    const linears = [...headers].map(([name, { out, in: columns }]) => {
      return { name, out, in: columns, read: () => linear(name) }
    })
    const { size, chunks, summary } = await ggufFile(model, { linears, changed, report, rest, ...(pause && { pause }) })
    const files = [{ name: ggufFileName(report, summary), size, chunks }]
    return { files, alone: true, notes: ggufNotes(summary), gguf: summary }
  }
}

function uniform(format: UniformFormat): Exporter {
  return async ({ headers, linear, model: { source }, changed }) => {
    const linears: LinearSource = new Map([...headers.keys()].map((name) => [name, () => linear(name)]))
    const { files, warnings } = await exportUniform(format, source, linears, changed)
    return { files, alone: false, notes: warnings }
  }
}
