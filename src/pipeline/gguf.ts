import { widthsOf } from '../formats/column-rule'
import { placeOf, plainPlace } from '../formats/gguf/place'
import type { GgmlTypeName } from '../formats/gguf/types'
import { type GgufValue, type TensorToWrite, tensorBytes, writeGguf } from '../formats/gguf/write'
import { type Matrix, matrixTensor, type PlainType, vectorTensor } from '../formats/gguf/write-tensors'
import type { ChangedTensors, QuantizedLinear } from '../formats/quantized'
import type { GgufSummary, RunReport } from '../records'
import { version } from '../version'
import { breathe, type Pause, turns } from './breathe'
import { ggufCaveats, ggufKind } from './gguf-limits'
import { type Entry, fileType, modelMetadata, ropeFactors } from './gguf-metadata'
import { gatherTensors } from './gguf-tensors'
import type { OpenedModel } from './opened'

/** What was quantized of the model: linears are read when their turn comes, twice each. None, and no report, of a checkpoint. */
export interface GgufRequest {
  readonly linears: readonly { name: string; out: number; in: number; read(): Promise<QuantizedLinear> }[]
  readonly changed?: ChangedTensors
  readonly report: RunReport | null
  /** How matrices are stored that were not quantized: embedding and head. */
  readonly rest: PlainType
  /** Where looking for types lets others be heard. */
  readonly pause?: Pause
}

export interface GgufFile {
  readonly size: number
  readonly chunks: AsyncGenerator<Uint8Array>
  readonly summary: GgufSummary
}

/**
 * The model as a GGUF file: every linear in the smallest type that holds its very weights, or rounded to float16 where there
 * is none; the experts of a block share tensors, and so types. FormatError for a model that llama.cpp cannot be given.
 */
export async function ggufFile(model: OpenedModel, request: GgufRequest): Promise<GgufFile> {
  const { spec } = model
  const { linears, changed = new Map(), report, rest, pause = breathe } = request
  const turn = turns(pause)
  const kind = ggufKind(spec)
  const description = modelMetadata(model)
  const mixed = new Map<string, Entry>()
  const modules: GgufSummary['modules'][number][] = []
  const weightsOf = new Map<GgmlTypeName, number>()
  const tensors: TensorToWrite[] = []
  let bytes = 0
  for (const { place, parts } of gatherTensors(model, kind, request)) {
    const matrices = parts.map(({ entry, linear, expert }): Matrix => {
      return linear ? { ...linear, codes: noting(mixed, place.name, expert, linear.read) } : { floats: entry }
    })
    const { tensor, exact } = await matrixTensor(place, matrices, keptWhole.test(place.name) ? 'F32' : rest, turn)
    tensors.push(tensor)
    for (const { linear } of parts) {
      if (!linear) continue
      modules.push({ name: linear.name, type: tensor.type, exact })
      bytes += tensorBytes(tensor) / parts.length
      weightsOf.set(tensor.type, (weightsOf.get(tensor.type) ?? 0) + linear.out * linear.in)
    }
  }
  for (const [name, values] of changed) {
    const place = placeOf(name, kind, spec)
    if (place) tensors.push(vectorTensor(place, values))
  }
  for (const [name, values] of ropeFactors(spec)) tensors.push(vectorTensor(plainPlace(name), values))

  const weights = linears.reduce((sum, { out, in: columns }) => sum + out * columns, 0)
  const bits = report && { effective: report.bits.total, stored: (8 * bytes) / weights }
  const metadata = new Map<string, GgufValue>([
    ...description,
    fileType(commonest(weightsOf) ?? rest),
    ['general.quantization_version', { type: 'u32', value: 2 }],
    ['bitloom.version', { type: 'string', value: version }],
    ...(bits ? provenance(report!, bits) : []),
    ...mixed.values(),
  ])
  const { size, chunks } = writeGguf(metadata, tensors)
  return { size, chunks, summary: { bits, bytes: size, rest, modules, caveats: ggufCaveats(spec) } }
}

/** What llama.cpp's converter never rounds either: where tokens stand, and to which experts they go. */
const keptWhole = /^position_embd\.|\.ffn_gate_inp\./

/** Widths of columns go into the metadata, by tensor: llama.cpp refuses tensors that it does not know. */
const noting =
  (mixed: Map<string, Entry>, tensor: string, expert: number | null, read: () => Promise<QuantizedLinear>) =>
  async () => {
    const codes = await read()
    const key = `bitloom.column_bits.${tensor}${expert === null ? '' : `.${expert}`}`
    if (codes.kind === 'affine' && codes.segments.length > 1)
      mixed.set(key, [key, { type: 'u8s', value: widthsOf(codes) }])
    return codes
  }

/** How the file holds the weights, for people, a sentence each. */
export function ggufNotes({ bits, rest, modules, caveats }: GgufSummary): string[] {
  if (!bits) return [`not quantized: ${rest}`, ...caveats]
  const counts = new Map<string, number>()
  for (const { type } of modules) counts.set(type, (counts.get(type) ?? 0) + 1)
  const types = [...counts].map(([type, count]) => `${count} × ${type}`).join(', ')
  const simulated = modules.filter(({ exact }) => !exact).length
  return [
    `${bits.stored.toFixed(4)} bits/weight stored, ${bits.effective.toFixed(4)} effective: ${types}; the rest ${rest}`,
    ...(simulated > 0
      ? [`simulated: ${simulated} of ${modules.length} linears are float16, since no GGUF type holds their codes`]
      : []),
    ...caveats,
  ]
}

const provenance = ({ recipe }: RunReport, { effective, stored }: NonNullable<GgufSummary['bits']>): Entry[] => [
  ['bitloom.recipe', { type: 'string', value: JSON.stringify(recipe) }],
  ['bitloom.effective_bits', { type: 'f32', value: effective }],
  ['bitloom.stored_bits', { type: 'f32', value: stored }],
]

/** The type of most weights. */
const commonest = (weightsOf: ReadonlyMap<GgmlTypeName, number>): GgmlTypeName | undefined =>
  [...weightsOf].sort(([, a], [, b]) => b - a)[0]?.[0]
