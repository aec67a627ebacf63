import { FormatError, invariant } from '../errors'
import { parseJson } from '../json'
import type { ByteSource } from './bytes'
import { dtypeBytes, isDtype } from './dtypes'
import { recognise, sniffBytes } from './sniff'
import type { TensorEntry } from './source'

/** The reference implementation's own bound. */
const maxHeaderBytes = 100_000_000
/** Some seven a tensor; the largest models published have 100,000 tensors. */
const maxHeaderValues = 2_000_000
const maxNameLength = 1024

export interface Safetensors {
  /** In the order of their bytes in the file. */
  tensors: Map<string, TensorEntry>
  metadata: Record<string, string>
}

interface Extent {
  name: string
  entry: TensorEntry
  begin: number
  end: number
}

/**
 * Reads the header of a safetensors file; the tensors stay in the file. https://github.com/huggingface/safetensors
 * (README, "Format"): u64 length, JSON, then the bytes of all tensors without holes or overlaps.
 * The file is not trusted: FormatError for everything that the format forbids, before memory is taken for it.
 */
export async function readSafetensors(file: ByteSource): Promise<Safetensors> {
  const fail = failure(file.name)
  const headerBytes = await readHeaderLength(file)
  const dataStart = 8 + headerBytes
  const { __metadata__: metadata, ...described } = parseHeader(file.name, await file.read(8, headerBytes))

  const extents = Object.entries(described)
    .map(([name, value]) => readExtent(file, dataStart, name, value))
    .sort((a, b) => a.begin - b.begin || a.end - b.end)
  const dataBytes = file.size - dataStart
  const promised = extents.reduce((most, { end }) => Math.max(most, end), 0)
  if (promised > dataBytes)
    fail(`expected ${dataStart + promised} bytes, got ${file.size} — the file is cut short; fetch it again`)
  let cursor = 0
  for (const { name, begin, end } of extents) {
    if (begin !== cursor)
      fail(
        `expected tensor ${quote(name)} at offset ${cursor}, got ${begin}: tensors may not ${begin < cursor ? 'overlap' : 'leave holes'} — the file is damaged; fetch it again`,
      )
    cursor = end
  }
  if (cursor !== dataBytes)
    fail(`expected ${dataStart + cursor} bytes, got ${file.size}: the last bytes belong to no tensor — fetch it again`)
  return { tensors: new Map(extents.map(({ name, entry }) => [name, entry])), metadata: readMetadata(file, metadata) }
}

const failure =
  (where: string) =>
  (what: string): never => {
    throw new FormatError(`${where}: ${what}`)
  }

/** A name from the file, safe and short enough to show. */
const quote = (name: string) => JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name)

async function readHeaderLength(file: ByteSource): Promise<number> {
  const fail = failure(file.name)
  if (file.size === 0) fail('expected a safetensors file, got an empty file — fetch it again')
  const head = await file.read(0, Math.min(file.size, sniffBytes))
  const length = head.length > 8 ? new DataView(head.buffer, head.byteOffset).getBigUint64(0, true) : 0n
  const plausible = length >= 2n && length <= BigInt(maxHeaderBytes)
  if (!plausible || head[8] !== 0x7b)
    fail(
      `expected a safetensors file, got ${recognise(head) ?? `a header of ${length} bytes — the file is no safetensors file or damaged; fetch it again`}`,
    )
  if (length > BigInt(file.size - 8))
    fail(`expected a header of ${length} bytes, got a file of ${file.size} — the file is cut short; fetch it again`)
  return Number(length)
}

function parseHeader(where: string, bytes: Uint8Array): Record<string, unknown> {
  const fail = failure(where)
  let json = ''
  let header: unknown
  try {
    json = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    header = parseJson(json, maxHeaderValues)
  } catch {
    fail('expected a JSON header, got something else — the file is damaged; fetch it again')
  }
  const fields = header as Record<string, unknown>
  // JSON.parse keeps the last of two equal keys without a word, and two readers would then see two different models.
  if (countOuterKeys(json) !== Object.keys(fields).length)
    fail('expected every tensor once, got a name twice in the header — the file is damaged; fetch it again')
  return fields
}

/** Keys of the outermost object of a valid JSON text whose values are all objects. */
function countOuterKeys(json: string): number {
  let keys = 0
  let depth = 0
  for (let i = 0; i < json.length; i++) {
    const character = json[i]
    if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') depth--
    else if (character === '"') {
      if (depth === 1) keys++
      while (json[++i] !== '"') if (json[i] === '\\') i++
    }
  }
  return keys
}

function readMetadata(file: ByteSource, value: unknown): Record<string, string> {
  const isText = (x: unknown) => typeof x === 'string'
  if (value === undefined) return {}
  if (!isRecord(value) || !Object.values(value).every(isText))
    failure(file.name)('expected __metadata__ to map names to text, got something else — the file is damaged')
  return value as Record<string, string>
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function readExtent(file: ByteSource, dataStart: number, name: string, value: unknown): Extent {
  const fail = failure(`${file.name}: tensor ${quote(name)}`)
  const remedy = '— the file is damaged; fetch it again'
  if (name.length === 0 || name.length > maxNameLength)
    fail(`expected a name of 1 to ${maxNameLength} characters, got ${name.length} ${remedy}`)
  if (!isRecord(value)) fail(`expected a description, got something else ${remedy}`)
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>
  if (!isDtype(dtype))
    return fail(`expected a dtype of ${Object.keys(dtypeBytes).join(', ')}, got ${quote(String(dtype))} ${remedy}`)
  if (!isCounts(shape)) return fail(`expected a shape of whole numbers, got something else ${remedy}`)
  if (!isCounts(offsets) || offsets.length !== 2) return fail(`expected two data_offsets, got something else ${remedy}`)
  const [begin, end] = offsets as [number, number]
  const bytes = shape.reduce((product, dim) => product * dim, dtypeBytes[dtype])
  if (!Number.isSafeInteger(bytes) || bytes !== end - begin)
    fail(`expected ${bytes} bytes for ${dtype} [${shape.slice(0, 8).join(', ')}], got ${end - begin} ${remedy}`)

  const read: TensorEntry['read'] = async (rows) => {
    if (!rows) return file.read(dataStart + begin, bytes)
    const count = shape[0] ?? 1
    const { start, end: stop } = rows
    invariant(start >= 0 && start <= stop && stop <= count, `rows ${start} to ${stop} of ${count} of ${name}`)
    const rowBytes = count === 0 ? 0 : bytes / count
    return file.read(dataStart + begin + start * rowBytes, (stop - start) * rowBytes)
  }
  const part = async (start: number, length: number) => {
    invariant(start >= 0 && length >= 0 && start + length <= bytes, `bytes ${start} and ${length} more of ${name}`)
    return file.read(dataStart + begin + start, length)
  }
  return { name, begin, end, entry: { name, dtype, shape, bytes, read, part } }
}

const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((count) => Number.isSafeInteger(count) && count >= 0)
