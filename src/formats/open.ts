import { FormatError } from '../errors'
import type { ByteSource } from './bytes'
import { isGguf } from './gguf/header'
import { openGguf } from './gguf/open'
import { findParts } from './gguf/shards'
import { openCheckpoint } from './huggingface'
import { isPacked, openPacked } from './packed-file'
import { readSafetensors, type Safetensors } from './safetensors'
import { recognise, sniffBytes } from './sniff'
import type { Assessment, ModelKind, ModelSource } from './source'
import { findWeights, indexName } from './weight-files'

/** What the files amount to, with the headers read so far; `open` may be called when nothing is missing. */
interface Findings {
  kind: ModelKind
  missing: string[]
  have: string[]
  open: () => Promise<ModelSource>
}

/** What the files dropped so far amount to; of two files of one name the later counts. Never throws for their contents. */
export async function assess(files: ByteSource[]): Promise<Assessment> {
  try {
    const { kind, missing, have } = await examine(files)
    return missing.length === 0 ? { state: 'ready', kind } : { state: 'incomplete', missing, have }
  } catch (error) {
    if (error instanceof FormatError) return { state: 'unknown', reason: error.message }
    throw error
  }
}

/** Opens a complete model: headers and side files are read, weights stay where they are. FormatError says what is wrong. */
export async function openModel(files: ByteSource[]): Promise<ModelSource> {
  const { missing, have, open } = await examine(files)
  if (missing.length === 0) return open()
  const more = missing.length > 5 ? ` and ${missing.length - 5} more` : ''
  throw new FormatError(
    `model: expected ${missing.slice(0, 5).join(', ')}${more} beside ${have.slice(0, 5).join(', ')}, got none — add what is missing`,
  )
}

async function examine(files: ByteSource[]): Promise<Findings> {
  const byName = new Map(files.map((file) => [file.name, file]))
  const weights = await findWeights(byName)
  const companions = ['config.json', 'tokenizer.json']
  const have = [
    ...weights.present.map(({ name }) => name),
    ...[indexName, ...companions].filter((name) => byName.has(name)),
  ]
  if (weights.present.length === 0) {
    const gguf = await ggufAmong([...byName.values()])
    if (gguf) return gguf
  }
  if (have.length === 0) throw await stranger(files)
  const parts: Safetensors[] = []
  for (const file of weights.present) parts.push(await readSafetensors(file))
  const [file] = weights.present
  if (file && parts.length === 1 && isPacked(parts[0]!))
    return { kind: 'bitloom', missing: [], have, open: () => openPacked(file, parts[0]!) }
  const missing = [...weights.missing, ...companions.filter((name) => !byName.has(name))]
  return { kind: 'hf-checkpoint', missing, have, open: () => openCheckpoint(byName, weights, parts) }
}

/** A GGUF model needs no other files. One goes by its ending, or by its beginning where a cache took the name away. */
async function ggufAmong(files: readonly ByteSource[]): Promise<Findings | null> {
  const named = files.filter(({ name }) => /\.gguf$/i.test(name))
  const [only] = files
  const isAlone =
    files.length === 1 && only !== undefined && isGguf(await only.read(0, Math.min(only.size, sniffBytes)))
  const { present, missing } = findParts(named.length === 0 && isAlone ? [only] : named)
  if (present.length === 0) return null
  const have = present.map(({ name }) => name)
  return { kind: 'gguf', missing: [...missing], have, open: () => openGguf(present) }
}

/** Why nothing here is part of a model. */
async function stranger(files: ByteSource[]): Promise<FormatError> {
  const wanted = 'expected config.json, tokenizer.json and *.safetensors, or a .gguf, or one packed Bitloom file'
  const [first] = files
  if (!first) return new FormatError(`model: ${wanted}, got no files — drop a model folder or its files`)
  const head = await first.read(0, Math.min(first.size, sniffBytes))
  const what = first.size === 0 ? 'an empty file — fetch it again' : recognise(head)
  return new FormatError(`${first.name}: ${wanted}, got ${what ?? 'something else — drop the files of a model'}`)
}
