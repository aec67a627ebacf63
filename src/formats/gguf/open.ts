import { FormatError } from '../../errors'
import type { ByteSource } from '../bytes'
import { toFloat32 } from '../floats'
import type { ModelSource, TensorEntry } from '../source'
import { architectureOf, configOf, headDimOf, storedOffset } from './config'
import { type GgufHeader, type GgufTensor, quote, readGguf } from './header'
import { checkpointName, isPermuted } from './names'
import { checkParts } from './shards'
import { entryOf } from './tensors'
import { tokenizerOf } from './tokenizer'

/** What the angles of the rotary embedding are divided by: a tensor of GGUF that is a rule in a config.json. */
const ROPE_FACTORS = 'rope_freqs.weight'

/**
 * A GGUF model, whole or in parts, as the checkpoint that it could be converted back to: tensors under their names there,
 * config.json and tokenizer.json made from its metadata. FormatError for what cannot be read.
 */
export async function openGguf(files: readonly ByteSource[]): Promise<ModelSource> {
  const headers: GgufHeader[] = []
  for (const file of files) headers.push(await readGguf(file))
  checkParts(files, headers)
  const { metadata } = headers[0]!
  const architecture = architectureOf(metadata)
  const headDim = headDimOf(metadata, architecture)

  const tensors = new Map<string, TensorEntry>()
  let ropeFactors: number[] | null = null
  for (const [i, header] of headers.entries())
    for (const tensor of header.tensors) {
      const file = files[i]!
      if (tensor.name === ROPE_FACTORS) ropeFactors = await readFactors(file, tensor, headDim / 2)
      else addTensor(tensors, file, tensor, architecture, headDim)
    }

  const tokenizer = tokenizerOf(metadata)
  const shapeOf = (name: string) => tensors.get(name)?.shape
  const config = configOf({ metadata, shapeOf, ropeFactors }, tokenizer.ends)
  const json = new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`)
  return {
    tensors,
    config,
    files: new Map([['config.json', json], ...tokenizer.files]),
    metadata: {},
    warnings: [...quantizedBefore(tensors), ...tokenizer.warnings],
    provenance: { kind: 'gguf', files: files.map(({ name, size }) => ({ name, bytes: size })) },
  }
}

function addTensor(
  tensors: Map<string, TensorEntry>,
  file: ByteSource,
  tensor: GgufTensor,
  architecture: string,
  headDim: number,
): void {
  const name = checkpointName(tensor.name, architecture)
  if (name === null)
    throw new FormatError(
      `${file.name}: expected tensors of architecture ${architecture}, got ${quote(tensor.name)} — Bitloom does not know this kind of model; use another`,
    )
  if (tensors.has(name))
    throw new FormatError(
      `${file.name}: expected each tensor in one part, got ${quote(tensor.name)} again — the parts are of different files; fetch them again`,
    )
  tensors.set(
    name,
    entryOf(file, tensor, name, {
      headDim: isPermuted(architecture, name) ? headDim : null,
      offset: storedOffset(architecture, name),
    }),
  )
}

async function readFactors(file: ByteSource, tensor: GgufTensor, count: number): Promise<number[]> {
  const { type, shape } = tensor
  if (type.name !== 'F32' || shape.length !== 1 || shape[0] !== count)
    throw new FormatError(
      `${file.name}: ${ROPE_FACTORS}: expected F32 [${count}], got ${type.name} [${shape.join(', ')}] — the file is damaged; fetch it again`,
    )
  return [...toFloat32(await file.read(tensor.offset, tensor.bytes), 'F32')]
}

/** Says that the weights are no longer the trained ones, where most are codes. */
function quantizedBefore(tensors: ReadonlyMap<string, TensorEntry>): string[] {
  const counts = new Map<string, number>()
  for (const { stored } of tensors.values()) if (stored) counts.set(stored.type, (counts.get(stored.type) ?? 0) + 1)
  if (counts.size === 0) return []
  const types = [...counts].map(([type, count]) => `${type} × ${count}`).join(', ')
  return [
    `This model was quantized before (${types}): what that lost is lost, and Bitloom measures against the weights that are left. Quantize the float checkpoint where you can get it.`,
  ]
}
