import { FormatError } from '../errors'
import { parseJson } from '../json'
import type { ByteSource } from './bytes'

/** No tokenizer or config comes near this; a larger file is a mistake or an attack. */
export const maxSideFileBytes = 64 * 1024 * 1024

/** A vocabulary of 260,000 tokens with as many merges, in pairs, has a million. */
const maxTokenizerValues = 5_000_000

const carried = new Set([
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'tokenizer.model',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'vocab.txt',
  'merges.txt',
  'chat_template.jinja',
  'chat_template.json',
])

/** Whether a file travels with the model, verbatim, into whatever is made of it. */
export const isSideFile = (name: string): boolean =>
  carried.has(name) || /^(LICEN[SC]E|NOTICE|USE_POLICY)(\.(md|txt))?$/i.test(name)

export async function readSideFile(file: ByteSource): Promise<Uint8Array<ArrayBuffer>> {
  if (file.size > maxSideFileBytes)
    throw new FormatError(
      `${file.name}: expected at most ${maxSideFileBytes} bytes, got ${file.size} — drop the file that belongs to the model`,
    )
  return file.read(0, file.size)
}

/** A JSON text that must be an object. FormatError names the file. */
export function parseJsonObject(name: string, bytes: Uint8Array): Record<string, unknown> {
  let got = 'something else'
  try {
    const most = name === 'tokenizer.json' ? maxTokenizerValues : undefined
    const value = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes), most)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  } catch (error) {
    if (error instanceof RangeError) got = error.message
  }
  throw new FormatError(`${name}: expected a JSON object, got ${got} — the file is damaged; fetch it again`)
}
