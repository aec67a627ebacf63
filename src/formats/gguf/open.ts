import { FormatError } from '../../errors'
import type { ByteSource } from '../bytes'
import { toFloat32 } from '../floats'
import type { ModelSource, TensorEntry } from '../source'
import { turned } from '../turned'
import { type Kind, kindOf } from './architectures'
import { configOf, headDimOf, turnedOf } from './config'
import { expertTensors } from './experts'
import { type GgufHeader, type GgufTensor, quote, readGguf } from './header'
import { checkpointName } from './names'
import { type Heads, storedAs } from './place'
import { type RopeFactors, ropeTensors } from './rope-factors'
import { checkParts } from './shards'
import { entryOf } from './tensors'
import { tokenizerOf } from './tokenizer'
import { readWeightScales } from './weight-scales'

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
  const heads = { heads: metadata.need(`${kind.prefix}.attention.head_count`, metadata.count), headDim }

  const scales = await readWeightScales(files, headers)
  const tensors = new Map<string, TensorEntry>()
  const shapes = new Map<string, readonly number[]>()
  const ropeFactors: { -readonly [set in keyof RopeFactors]: RopeFactors[set] } = {}
  for (const [i, header] of headers.entries())
    for (const tensor of header.tensors) {
      if (scales.beside.has(tensor)) continue
      const file = files[i]!
      const set = ropeSets.find((candidate) => ropeTensors[candidate] === tensor.name)
      if (set) ropeFactors[set] = await readFactors(file, tensor, turnedOf(metadata, kind) / 2)
      else addTensors(tensors, file, tensor, scales.of.get(tensor.name), kind, heads)
      shapes.set(tensor.name, tensor.shape)
    }

  const tokenizer = tokenizerOf(metadata)
  const config = configOf({ metadata, shapeOf: (name) => shapes.get(name), ropeFactors }, kind, tokenizer.ends)
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

const ropeSets = Object.keys(ropeTensors) as (keyof typeof ropeTensors)[]

function addTensors(
  tensors: Map<string, TensorEntry>,
  file: ByteSource,
  tensor: GgufTensor,
  scales: Float32Array | undefined,
  kind: Kind,
  heads: Heads,
): void {
  const { name: architecture, prefix, experts } = kind
  const found = expertTensors(tensor, experts) ?? [{ name: checkpointName(tensor.name, architecture), tensor }]
  for (const [i, { name, tensor: part }] of found.entries()) {
    if (name === null)
      throw new FormatError(
        `${file.name}: expected tensors of architecture ${prefix}, got ${quote(tensor.name)} — Bitloom does not know this kind of model; use another`,
      )
    if (tensors.has(name))
      throw new FormatError(
        `${file.name}: expected each tensor in one part, got ${quote(tensor.name)} again — the parts are of different files; fetch them again`,
      )
    const entry = entryOf(file, part, name, { ...storedAs(tensor.name, kind, heads), scale: scales?.[i] ?? 1 })
    const isLinear = tensor.name.startsWith('blk.') && part.shape.length === 2
    tensors.set(name, kind.transposed && isLinear ? turned(entry) : entry)
  }
}

async function readFactors(file: ByteSource, tensor: GgufTensor, count: number): Promise<number[]> {
  const { type, shape } = tensor
  if (type.name !== 'F32' || shape.length !== 1 || shape[0] !== count)
    throw new FormatError(
      `${file.name}: ${tensor.name}: expected F32 [${count}], got ${type.name} [${shape.join(', ')}] — the file is damaged; fetch it again`,
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
