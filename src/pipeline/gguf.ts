import { carriedTensors } from '../formats/bitloom/copy'
import { widthsOf } from '../formats/column-rule'
import { ggufName, isPermuted } from '../formats/gguf/names'
import type { GgmlTypeName } from '../formats/gguf/types'
import { type GgufValue, type TensorToWrite, tensorBytes, writeGguf } from '../formats/gguf/write'
import { linearTensor, type PlainType, plainTensor, vectorTensor } from '../formats/gguf/write-tensors'
import type { ChangedTensors, QuantizedLinear } from '../formats/quantized'
import type { GgufSummary, RunReport } from '../records'
import { version } from '../version'
import { type Entry, fileType, ggufArchitecture, modelMetadata, ropeFactors } from './gguf-metadata'
import type { OpenedModel } from './opened'

/** What was quantized of the model: linears are read when their turn comes, twice each. None, and no report, of a checkpoint. */
export interface GgufRequest {
  readonly linears: readonly { name: string; out: number; in: number; read(): Promise<QuantizedLinear> }[]
  readonly changed?: ChangedTensors
  readonly report: RunReport | null
  /** How matrices are stored that were not quantized: embedding and head. */
  readonly rest: PlainType
}

export interface GgufFile {
  readonly size: number
  readonly chunks: AsyncGenerator<Uint8Array>
  readonly summary: GgufSummary
}

/**
 * The model as a GGUF file: every linear in the smallest type that holds its very weights, or rounded to float16 where there
 * is none. FormatError for a model that llama.cpp cannot be given.
 */
export async function ggufFile(model: OpenedModel, request: GgufRequest): Promise<GgufFile> {
  const { source, spec } = model
  const { linears, changed = new Map(), report, rest } = request
  const description = modelMetadata(model)
  const architecture = ggufArchitecture(spec)
  const headDimOf = (name: string) => (isPermuted(architecture, name) ? spec.headDim : null)
  const tensors = new Map<string, TensorToWrite>()
  const add = (name: string, tensor: (as: string) => TensorToWrite) => {
    const as = ggufName(name, architecture)
    // what llama.cpp does not know it would refuse: buffers of old checkpoints, a tied head
    if (as !== null && !(spec.tiedHead && name === 'lm_head.weight')) tensors.set(name, tensor(as))
  }

  for (const { name } of carriedTensors(
    source,
    linears.map(({ name }) => name),
    changed.keys(),
  ))
    add(name, (as) => plainTensor(as, source.tensors.get(name)!, rest, headDimOf(name)))
  for (const [name, values] of changed) add(name, (as) => vectorTensor(as, values, headDimOf(name)))
  const factors = ropeFactors(spec)
  if (factors) tensors.set('rope_freqs', vectorTensor('rope_freqs.weight', factors))

  const modules: GgufSummary['modules'][number][] = []
  const widths: Entry[] = []
  const weightsOf = new Map<GgmlTypeName, number>()
  let bytes = 0
  for (const linear of linears) {
    const weight = `${linear.name}.weight`
    const { tensor, exact, mixed } = await describeLinear(ggufName(weight, architecture)!, linear, headDimOf(weight))
    tensors.set(weight, tensor)
    modules.push({ name: linear.name, type: tensor.type, exact })
    bytes += tensorBytes(tensor)
    weightsOf.set(tensor.type, (weightsOf.get(tensor.type) ?? 0) + linear.out * linear.in)
    if (mixed) widths.push([`bitloom.column_bits.${tensor.name}`, { type: 'u8s', value: mixed }])
  }
  const weights = linears.reduce((sum, { out, in: columns }) => sum + out * columns, 0)
  const bits = report && { effective: report.bits.total, stored: (8 * bytes) / weights }
  const metadata = new Map<string, GgufValue>([
    ...description,
    fileType(commonest(weightsOf) ?? rest),
    ['general.quantization_version', { type: 'u32', value: 2 }],
    ['bitloom.version', { type: 'string', value: version }],
    ...(bits ? provenance(report!, bits) : []),
    ...widths,
  ])
  const { size, chunks } = writeGguf(metadata, [...tensors.values()])
  return { size, chunks, summary: { bits, bytes: size, rest, modules } }
}

/** How the file holds the weights, for people, a sentence each. */
export function ggufNotes({ bits, rest, modules }: GgufSummary): string[] {
  if (!bits) return [`not quantized: ${rest}`]
  const counts = new Map<string, number>()
  for (const { type } of modules) counts.set(type, (counts.get(type) ?? 0) + 1)
  const types = [...counts].map(([type, count]) => `${count} × ${type}`).join(', ')
  const simulated = modules.filter(({ exact }) => !exact).length
  return [
    `${bits.stored.toFixed(4)} bits/weight stored, ${bits.effective.toFixed(4)} effective: ${types}; the rest ${rest}`,
    ...(simulated > 0
      ? [`simulated: ${simulated} of ${modules.length} linears are float16, since no GGUF type holds their codes`]
      : []),
  ]
}

/** Side tables go into the metadata: llama.cpp refuses tensors that it does not know. */
async function describeLinear(as: string, linear: GgufRequest['linears'][number], headDim: number | null) {
  let mixed: Uint8Array | null = null
  const read = async () => {
    const codes = await linear.read()
    mixed = codes.kind === 'affine' && codes.segments.length > 1 ? widthsOf(codes) : null
    return codes
  }
  return { ...(await linearTensor(as, { ...linear, read }, headDim)), mixed: mixed as Uint8Array | null }
}

const provenance = ({ recipe }: RunReport, { effective, stored }: NonNullable<GgufSummary['bits']>): Entry[] => [
  ['bitloom.recipe', { type: 'string', value: JSON.stringify(recipe) }],
  ['bitloom.effective_bits', { type: 'f32', value: effective }],
  ['bitloom.stored_bits', { type: 'f32', value: stored }],
]

/** The type of most weights. */
const commonest = (weightsOf: ReadonlyMap<GgmlTypeName, number>): GgmlTypeName | undefined =>
  [...weightsOf].sort(([, a], [, b]) => b - a)[0]?.[0]
