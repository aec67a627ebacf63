import { memorySource } from '../src/formats/bytes'
import { toFloat32 } from '../src/formats/floats'
import { readSafetensors } from '../src/formats/safetensors'
import { type OpenedModel, openFiles } from '../src/pipeline/opened'
import { architectureFiles, fixtureFile, LETTERS } from './architecture-files'
import { noise } from './device'

export { architectureNames } from './architecture-files'

/** Byte-level tokens of the bytes 0 to 96, which merge to nothing: a tokenizer that llama.cpp has, too. */
export const byteTokenizer = Buffer.from(
  JSON.stringify({
    version: '1.0',
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: { type: 'BPE', vocab: Object.fromEntries(bytesFrom0to96().map((token, id) => [token, id])), merges: [] },
  }),
)
function bytesFrom0to96(): string[] {
  return Array.from({ length: 97 }, (_, byte) => String.fromCharCode(byte < 33 ? 0x100 + byte : byte))
}

export const architectureConfig = (name: string): Record<string, unknown> =>
  JSON.parse(fixtureFile(name, 'config.json').toString())

/** What llama.cpp has no entry for: it multiplies Gemma's scores by the size of heads. */
const told: Readonly<Record<string, Record<string, unknown>>> = {
  gemma2: { query_pre_attn_scalar: 10 },
  gemma3: { query_pre_attn_scalar: 10 },
}

/** The model of a fixture as llama.cpp can be told of it, with `byteTokenizer`; or with other changes to its config. */
export const openForLlamaCpp = (
  name: string,
  changes: Record<string, unknown> = told[name] ?? {},
): Promise<OpenedModel> => {
  const config = Buffer.from(JSON.stringify({ ...architectureConfig(name), ...changes }))
  const weights = fixtureFile(name, 'model.safetensors')
  const files = { 'config.json': config, 'tokenizer.json': byteTokenizer, 'model.safetensors': weights }
  return openFiles(
    Object.entries(files).map(([file, bytes]) => memorySource(bytes, file)),
    name,
  )
}

/** The model of a fixture, opened from its files. */
export const openArchitecture = (name: string): Promise<OpenedModel> =>
  openFiles(
    architectureFiles(name).map((file) => memorySource(file.bytes, file.name)),
    name,
  )

/** What PyTorch computes of these ids: logits [tokens, vocab], and the mean square of the loss's gradient to a linear's outputs. */
export async function expectedOf(name: string): Promise<{
  ids: Uint32Array<ArrayBuffer>
  logits: Float32Array
  /** By full name of the linear, [out]; of none that is an expert's. */
  gradients: ReadonlyMap<string, Float32Array>
}> {
  const { tensors } = await readSafetensors(memorySource(fixtureFile(name, 'expected.safetensors'), 'expected'))
  const floats = new Map<string, Float32Array>()
  for (const [key, entry] of tensors)
    if (entry.dtype === 'F32') floats.set(key, toFloat32(await entry.read(), entry.dtype))
  const ids = await tensors.get('ids')!.read()
  const gradients = [...floats].flatMap(([key, values]): [string, Float32Array][] =>
    key.startsWith('gradient.') ? [[key.slice('gradient.'.length), values]] : [],
  )
  return { ids: new Uint32Array(ids.buffer), logits: floats.get('logits')!, gradients: new Map(gradients) }
}

/** So many random characters that the fixtures' tokenizer knows. */
export const letters = (length: number, seed = 1): string =>
  [...noise(length, seed)].map((value) => LETTERS[Math.floor(((value + 1) / 2) * 96.99)]!).join('')
