import { FormatError } from '../errors'
import type { ByteSource } from './bytes'
import type { Safetensors } from './safetensors'
import { maxSideFileBytes, parseJsonObject } from './side-files'
import type { ModelSource, TensorEntry } from './source'

/** Tensors of this prefix are whole files: config, tokenizer, licence travel inside the packed model. */
export const enclosedPrefix = 'bitloom.file/'

export const isPacked = ({ metadata }: Safetensors): boolean => metadata.format === 'bitloom'

/** A packed Bitloom model: one safetensors file that needs no other. */
export async function openPacked(file: ByteSource, { tensors, metadata }: Safetensors): Promise<ModelSource> {
  const weights = new Map<string, TensorEntry>()
  const files = new Map<string, Uint8Array<ArrayBuffer>>()
  for (const [name, entry] of tensors)
    if (name.startsWith(enclosedPrefix)) files.set(...(await readEnclosed(file, entry)))
    else weights.set(name, entry)
  for (const needed of ['config.json', 'tokenizer.json'])
    if (!files.has(needed))
      throw new FormatError(`${file.name}: expected ${needed} inside, got none — pack the model again`)
  return {
    tensors: weights,
    config: parseJsonObject(`${file.name}: config.json`, files.get('config.json')!),
    files,
    metadata,
    provenance: { kind: 'bitloom', files: [{ name: file.name, bytes: file.size }] },
  }
}

async function readEnclosed(file: ByteSource, entry: TensorEntry): Promise<[string, Uint8Array<ArrayBuffer>]> {
  const name = entry.name.slice(enclosedPrefix.length)
  // These names are written to disk again by an export: nothing that could leave its folder.
  const isPlain = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(name)
  if (!isPlain || entry.dtype !== 'U8' || entry.bytes > maxSideFileBytes)
    throw new FormatError(
      `${file.name}: expected an enclosed file with a plain name, dtype U8 and at most ${maxSideFileBytes} bytes, got ${JSON.stringify(name.slice(0, 80))}, ${entry.dtype}, ${entry.bytes} — the file is damaged; pack the model again`,
    )
  return [name, await entry.read()]
}
