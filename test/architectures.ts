import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { memorySource } from '../src/formats/bytes'
import { readSafetensors } from '../src/formats/safetensors'
import { toFloat32 } from '../src/formats/source'
import { type OpenedModel, openFiles } from '../src/pipeline/opened'
import { noise } from './device'

/** Made by PyTorch transformers: tools/architecture_fixtures.py. */
const FOLDER = join(import.meta.dirname, 'fixtures/architectures')

export const architectureNames = readdirSync(FOLDER).sort()

/** A character for every id, in a tokenizer that merges nothing. */
const LETTERS = Array.from({ length: 97 }, (_, id) => String.fromCharCode(0x100 + id))
const tokenizer = {
  version: '1.0',
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: null,
  model: { type: 'BPE', vocab: Object.fromEntries(LETTERS.map((letter, id) => [letter, id])), merges: [] },
}

const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const read = (name: string, file: string) => readFileSync(join(FOLDER, name, file))

/** The model of a fixture as it is opened from files, its config changed where asked for. */
export function openArchitecture(name: string, changes: Record<string, unknown> = {}): Promise<OpenedModel> {
  const config = { ...JSON.parse(read(name, 'config.json').toString()), ...changes }
  return openFiles(
    [
      memorySource(read(name, 'model.safetensors'), 'model.safetensors'),
      memorySource(text(config), 'config.json'),
      memorySource(text(tokenizer), 'tokenizer.json'),
    ],
    name,
  )
}

/** What PyTorch computes of these ids: logits [tokens, vocab], and the mean square of the loss's gradient to a linear's outputs. */
export async function expectedOf(name: string): Promise<{
  ids: Uint32Array<ArrayBuffer>
  logits: Float32Array
  /** By full name of the linear, [out]; of none in a model with experts. */
  gradients: ReadonlyMap<string, Float32Array>
}> {
  const { tensors } = await readSafetensors(memorySource(read(name, 'expected.safetensors'), 'expected'))
  const values = async (tensor: string) => {
    const entry = tensors.get(tensor)!
    return { bytes: await entry.read(), dtype: entry.dtype }
  }
  const [ids, logits] = [await values('ids'), await values('logits')]
  const gradients = new Map<string, Float32Array>()
  for (const [key, entry] of tensors)
    if (key.startsWith('gradient.')) gradients.set(key.slice(9), toFloat32(await entry.read(), entry.dtype))
  return { gradients, ids: new Uint32Array(ids.bytes.buffer), logits: toFloat32(logits.bytes, logits.dtype) }
}

/** So many random characters that the fixtures' tokenizer knows. */
export const letters = (length: number, seed = 1): string =>
  [...noise(length, seed)].map((value) => LETTERS[Math.floor(((value + 1) / 2) * 96.99)]!).join('')
