import { FormatError } from '../errors'
import { readBitloom } from '../formats/bitloom/read'
import type { ByteSource } from '../formats/bytes'
import { readForeign } from '../formats/foreign'
import type { LinearShape } from '../formats/foreign-model'
import { openModel } from '../formats/open'
import type { PackedModel } from '../formats/packed-model'
import type { ChangedTensors, QuantizedLinear } from '../formats/quantized'
import type { ModelSource } from '../formats/source'
import { turned } from '../formats/turned'
import type { Gpu } from '../gpu/device'
import type { Tensor } from '../gpu/tensor'
import { dequantizeInto, freeLinear, uploadLinear } from '../kernels/dequantize'
import { type ChatTemplate, readChatTemplate } from '../models/chat-template'
import { checkTensors, linearName } from '../models/required-tensors'
import { type ModelSpec, specFromFiles } from '../models/spec'
import { openTokenizer, type Tokenizer } from '../models/tokenizer'
import { CheckpointWeights, type WeightSource } from '../models/weights'

/** A model that has passed every check: what a run, an evaluation or an export starts from. */
export interface OpenedModel {
  readonly name: string
  readonly source: ModelSource
  readonly spec: ModelSpec
  readonly tokenizer: Tokenizer
  /** How the model wants to be spoken to, where its files say. */
  readonly chatTemplate: ChatTemplate | null
  /** The stored codes, where the file is a packed one. */
  readonly packed: PackedModel | null
}

/** Opens the files of a checkpoint, of one that other software quantized, or a packed model. FormatError says which file is wrong and how. */
export async function openFiles(files: ByteSource[], name: string): Promise<OpenedModel> {
  const stored = await openModel(files)
  const spec = specFromFiles(stored.config, stored.files, stored.tensors)
  const tokenizer = openTokenizer(stored.files)
  if (tokenizer.vocab > spec.vocab)
    throw new FormatError(
      `tokenizer.json: expected at most ${spec.vocab} ids as config.json says, got ${tokenizer.vocab} — use the tokenizer that belongs to this model`,
    )
  const packed = await readPacked(stored, spec)
  if (packed) checkPacked(spec, packed)
  checkTensors(spec, stored, packed?.headers)
  const source = upright(stored, spec)
  return { name, source, spec, tokenizer, chatTemplate: readChatTemplate(source.files), packed }
}

async function readPacked(source: ModelSource, spec: ModelSpec): Promise<PackedModel | null> {
  const { kind } = source.provenance
  if (kind === 'hf-checkpoint' || kind === 'gguf') return null
  return kind === 'bitloom' ? readBitloom(source) : readForeign(kind, source, shapesOf(spec))
}

const shapesOf = (spec: ModelSpec): LinearShape[] =>
  Array.from({ length: spec.layers }, (_, layer) =>
    spec.linears.map((linear) => {
      const { role, out, in: columns } = linear
      return { name: linearName(layer, linear), layer, role, out, in: columns }
    }),
  ).flat()

/** The model with all its linears as [out, in], however they are stored. */
export function upright(source: ModelSource, spec: ModelSpec): ModelSource {
  if (!spec.linears.some(({ transposed }) => transposed)) return source
  const names = transposedNames(spec)
  const tensors = [...source.tensors].map(
    ([name, entry]) => [name, names.has(name.replace(/\.weight$/, '')) ? turned(entry) : entry] as const,
  )
  return { ...source, tensors: new Map(tensors), transposed: names }
}

/** Names of the linears that this model's files hold as [in, out]. */
function transposedNames({ layers, linears }: ModelSpec): ReadonlySet<string> {
  const names = new Set<string>()
  for (const linear of linears)
    if (linear.transposed) for (let layer = 0; layer < layers; layer++) names.add(linearName(layer, linear))
  return names
}

/** Codes must be of the shape that config.json promises. */
function checkPacked(spec: ModelSpec, packed: PackedModel): void {
  for (let layer = 0; layer < spec.layers; layer++)
    for (const linear of spec.linears) {
      const name = linearName(layer, linear)
      const header = packed.headers.get(name)
      if (header && (header.out !== linear.out || header.in !== linear.in))
        throw new FormatError(
          `${name}: expected codes of a [${linear.out}, ${linear.in}] matrix, got [${header.out}, ${header.in}] — the file does not match its config.json; pack the model again`,
        )
    }
}

/** The parameters an opened model stands for: floats of a checkpoint, or codes dequantized when asked for. */
export function weightsOf(gpu: Gpu, model: OpenedModel): WeightSource {
  const { packed } = model
  if (!packed) return new CheckpointWeights(gpu, model.source)
  return quantizedWeights(gpu, model, (name) => (packed.headers.has(name) ? packed.linear(name) : null))
}

/**
 * Parameters of which the linears come from stored codes, and the changed ones from the same run: nothing else is ever
 * evaluated or exported. `linearOf` is null for a linear that the software which quantized the others left as floats.
 */
export function quantizedWeights(
  gpu: Gpu,
  model: OpenedModel,
  linearOf: (name: string) => Promise<QuantizedLinear> | null,
  changed: ChangedTensors = new Map(),
): WeightSource {
  const rest = new CheckpointWeights(gpu, model.source)
  return {
    linear: async (name) => {
      const linear = await linearOf(name)
      return linear ? dequantizeOnGpu(gpu, linear) : rest.linear(name)
    },
    packed: (name) => linearOf(name)?.then((linear) => uploadLinear(gpu, linear)) ?? null,
    tensor: async (name, rows) => {
      const values = changed.get(name)
      return values ? gpu.upload(values.slice(rows?.start, rows?.end)) : rest.tensor(name, rows)
    },
  }
}

/** Ŵ [out, in], computed from the stored bytes. */
export async function dequantizeOnGpu(gpu: Gpu, linear: QuantizedLinear): Promise<Tensor> {
  const packed = uploadLinear(gpu, linear)
  const weights = gpu.alloc([linear.out, linear.in], 'f32', linear.name)
  const rec = gpu.record()
  dequantizeInto(rec, packed, weights)
  await gpu.submit(rec)
  freeLinear(gpu, packed)
  return weights
}

/** Parameters and bytes of the weights in a model's files. */
export function modelSize({ tensors, provenance }: ModelSource): { parameters: number; bytes: number } {
  const parameters = [...tensors.values()].reduce((sum, { shape }) => sum + shape.reduce((n, d) => n * d, 1), 0)
  return { parameters, bytes: provenance.files.reduce((sum, { bytes }) => sum + bytes, 0) }
}
