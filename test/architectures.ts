import { memorySource } from '../src/formats/bytes'
import { readSafetensors } from '../src/formats/safetensors'
import { toFloat32 } from '../src/formats/source'
import { type OpenedModel, openFiles } from '../src/pipeline/opened'
import { architectureFiles, fixtureFile, LETTERS } from './architecture-files'
import { noise } from './device'

export { architectureNames } from './architecture-files'

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
  /** By full name of the linear, [out]; of none in a model with experts. */
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
