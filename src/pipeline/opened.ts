import { FormatError } from '../errors'
import { type PackedModel, readBitloom } from '../formats/bitloom/read'
import type { ByteSource } from '../formats/bytes'
import type { ChangedTensors, QuantizedLinear } from '../formats/quantized'
import { type ModelSource, openModel } from '../formats/source'
import { turned } from '../formats/turned'
import type { Gpu } from '../gpu/device'
import type { Tensor } from '../gpu/tensor'
import { dequantizeInto, freeLinear, uploadLinear } from '../kernels/dequantize'
import { type ChatTemplate, readChatTemplate } from '../models/chat-template'
import { checkTensors, linearName, type ModelSpec, specFromFiles } from '../models/spec'
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

/** Opens the files of a checkpoint or a packed model. FormatError says which file is wrong and how. */
export async function openFiles(files: ByteSource[], name: string): Promise<OpenedModel> {
  const stored = await openModel(files)
  const spec = specFromFiles(stored.config, stored.files, stored.tensors)
  const tokenizer = openTokenizer(stored.files)
  if (tokenizer.vocab > spec.vocab)
    throw new FormatError(
      `tokenizer.json: expected at most ${spec.vocab} ids as config.json says, got ${tokenizer.vocab} — use the tokenizer that belongs to this model`,
    )
  const packed = stored.provenance.kind === 'bitloom' ? await readBitloom(stored) : null
  if (packed) checkPacked(spec, packed)
  else checkTensors(spec, stored)
  const source = upright(stored, spec)
  return { name, source, spec, tokenizer, chatTemplate: readChatTemplate(source.files), packed }
}

/** The model with all its linears as [out, in], however they are stored. */
function upright(source: ModelSource, spec: ModelSpec): ModelSource {
  if (!spec.linears.some(({ transposed }) => transposed)) return source
  const names = transposedNames(spec)
  const tensors = [...source.tensors].map(
    ([name, entry]) => [name, names.has(name.replace(/\.weight$/, '')) ? turned(entry) : entry] as const,
  )
  return { ...source, tensors: new Map(tensors) }
}

/** Names of the linears that this model's files hold as [in, out]. */
export function transposedNames({ layers, linears }: ModelSpec): ReadonlySet<string> {
  const names = new Set<string>()
  for (const linear of linears)
    if (linear.transposed) for (let layer = 0; layer < layers; layer++) names.add(linearName(layer, linear))
  return names
}

/** Every linear of every block must be there, as codes of the shape that config.json promises. */
function checkPacked(spec: ModelSpec, packed: PackedModel): void {
  for (let layer = 0; layer < spec.layers; layer++)
    for (const linear of spec.linears) {
      const name = linearName(layer, linear)
      const header = packed.headers.get(name)
      if (header?.out !== linear.out || header.in !== linear.in)
        throw new FormatError(
          `${name}: expected codes of a [${linear.out}, ${linear.in}] matrix, got ${header ? `[${header.out}, ${header.in}]` : 'none'} — the file does not match its config.json; pack the model again`,
        )
    }
}

/** The parameters an opened model stands for: floats of a checkpoint, or codes dequantized when asked for. */
export function weightsOf(gpu: Gpu, model: OpenedModel): WeightSource {
  const { packed } = model
  return packed ? quantizedWeights(gpu, model, (name) => packed.linear(name)) : new CheckpointWeights(gpu, model.source)
}

/**
 * Parameters of which the linears come from stored codes, and the changed ones from the same run: nothing else is ever
 * evaluated or exported.
 */
export function quantizedWeights(
  gpu: Gpu,
  model: OpenedModel,
  linearOf: (name: string) => Promise<QuantizedLinear>,
  changed: ChangedTensors = new Map(),
): WeightSource {
  const rest = new CheckpointWeights(gpu, model.source)
  return {
    linear: async (name) => dequantizeOnGpu(gpu, await linearOf(name)),
    packed: async (name) => uploadLinear(gpu, await linearOf(name)),
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
