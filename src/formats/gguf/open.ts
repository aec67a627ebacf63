import { FormatError } from '../../errors'
import type { ByteSource } from '../bytes'
import { toFloat32 } from '../floats'
import type { ModelSource, TensorEntry } from '../source'
import { type Kind, kindOf } from './architectures'
import { configOf, headDimOf } from './config'
import { expertTensors } from './experts'
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
  const kind = kindOf(metadata)
  const headDim = headDimOf(metadata, kind)

  const tensors = new Map<string, TensorEntry>()
  let ropeFactors: number[] | null = null
  for (const [i, header] of headers.entries())
    for (const tensor of header.tensors) {
      const file = files[i]!
      if (tensor.name === ROPE_FACTORS) ropeFactors = await readFactors(file, tensor, headDim / 2)
      else addTensors(tensors, file, tensor, kind, headDim)
    }

  const tokenizer = tokenizerOf(metadata)
  const shapeOf = (name: string) => tensors.get(name)?.shape
  const config = configOf({ metadata, shapeOf, ropeFactors }, kind, tokenizer.ends)
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

function addTensors(
  tensors: Map<string, TensorEntry>,
  file: ByteSource,
  tensor: GgufTensor,
  { name: architecture, prefix, experts, normOffset = 0 }: Kind,
  headDim: number,
): void {
  const found = expertTensors(tensor, experts) ?? [{ name: checkpointName(tensor.name, architecture), tensor }]
  for (const { name, tensor: part } of found) {
    if (name === null)
      throw new FormatError(
        `${file.name}: expected tensors of architecture ${prefix}, got ${quote(tensor.name)} — Bitloom does not know this kind of model; use another`,
      )
    if (tensors.has(name))
      throw new FormatError(
        `${file.name}: expected each tensor in one part, got ${quote(tensor.name)} again — the parts are of different files; fetch them again`,
      )
    const stored = {
      headDim: isPermuted(architecture, name) ? headDim : null,
      offset: name.endsWith('norm.weight') ? normOffset : 0,
    }
    tensors.set(name, entryOf(file, part, name, stored))
  }
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
