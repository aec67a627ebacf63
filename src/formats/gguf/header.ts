import { FormatError } from '../../errors'
import type { ByteSource } from '../bytes'
import { recognise, sniffBytes } from '../sniff'
import { type Cursor, parseHead } from './cursor'
import { Metadata, type Value } from './metadata'
import { type GgmlType, ggmlTypeOf, type UnknownType } from './types'

const MAGIC = 0x46554747
const MOST_DIMENSIONS = 4
const LONGEST_KEY = 65535
const LONGEST_NAME = 1024
/** Bytes of the shortest description of a tensor: no name, one dimension. */
const LEAST_TENSOR = 8 + 4 + 8 + 4 + 8
/** Bytes of the shortest entry: a key of one letter, its type, one byte. */
const LEAST_ENTRY = 8 + 1 + 4 + 1

/** A tensor as the header describes it, held against the file. */
export interface GgufTensor {
  readonly name: string
  readonly type: GgmlType | UnknownType
  /** Slowest dimension first, as everywhere in Bitloom; the file has them the other way round. */
  readonly shape: readonly number[]
  /** From the start of the file. */
  readonly offset: number
  /** Of an unknown type all up to what follows. */
  readonly bytes: number
}

export interface GgufHeader {
  readonly metadata: Metadata
  readonly tensors: readonly GgufTensor[]
}

export const isGguf = (head: Uint8Array): boolean =>
  head.length >= 4 && new DataView(head.buffer, head.byteOffset).getUint32(0, true) === MAGIC

/**
 * Reads what stands before the tensors of a GGUF file, versions 2 and 3: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
 * The file is not trusted: FormatError for all that the format or llama.cpp forbids, before memory is taken for it.
 *
 * Not by @huggingface/gguf: it reads on in zeros where a file ends, keeps the last of two equal keys, mends broken UTF-8,
 * holds no tensor against the file and reads a long array anew for each piece of it that arrives.
 */
export async function readGguf(file: ByteSource): Promise<GgufHeader> {
  const head = await file.read(0, Math.min(file.size, sniffBytes))
  if (!isGguf(head))
    throw new FormatError(
      `${file.name}: expected a GGUF file, got ${file.size === 0 ? 'an empty file — fetch it again' : (recognise(head) ?? 'something else — the file is no GGUF file or damaged; fetch it again')}`,
    )
  return parseHead(file, (cursor) => parse(cursor, file))
}

function parse(cursor: Cursor, file: ByteSource): GgufHeader {
  cursor.u32()
  const version = cursor.u32()
  if (version === 0x2000000 || version === 0x3000000)
    throw new FormatError(
      `${file.name}: expected little-endian numbers, got big-endian ones — fetch the file for other machines`,
    )
  if (version !== 2 && version !== 3)
    throw new FormatError(`${file.name}: expected GGUF version 2 or 3, got ${version} — convert the model anew`)
  const tensorCount = cursor.count('tensors', LEAST_TENSOR)
  const entryCount = cursor.count('metadata entries', LEAST_ENTRY)
  const metadata = new Map<string, Value>()
  for (let i = 0; i < entryCount; i++) {
    const key = cursor.text('a metadata key', LONGEST_KEY)
    if (key === '' || metadata.has(key))
      cursor.fail(`expected metadata keys once each, got ${quote(key)} ${key === '' ? 'as one' : 'twice'}`)
    metadata.set(key, readValue(cursor, key))
  }
  const described = Array.from({ length: tensorCount }, () => readTensor(cursor))
  const known = new Metadata(file.name, metadata)
  return { metadata: known, tensors: place(cursor, file, described, known.count('general.alignment') ?? 32) }
}

/** A name from the file, safe and short enough to show. */
export const quote = (name: string) => JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name)

const ARRAY = 9

/** Of every type of value but arrays: its bytes, at least, and how it is read. */
const scalars: Readonly<Record<number, { least: number; read: (cursor: Cursor, key: string) => Value }>> = {
  0: { least: 1, read: (cursor) => cursor.u8() },
  1: { least: 1, read: (cursor) => cursor.i8() },
  2: { least: 2, read: (cursor) => cursor.u16() },
  3: { least: 2, read: (cursor) => cursor.i16() },
  4: { least: 4, read: (cursor) => cursor.u32() },
  5: { least: 4, read: (cursor) => cursor.i32() },
  6: { least: 4, read: (cursor) => cursor.f32() },
  7: { least: 1, read: (cursor) => cursor.u8() !== 0 },
  8: { least: 8, read: (cursor, key) => cursor.text(quote(key)) },
  10: { least: 8, read: (cursor) => cursor.u64() },
  11: { least: 8, read: (cursor) => cursor.i64() },
  12: { least: 8, read: (cursor) => cursor.f64() },
}

function readValue(cursor: Cursor, key: string): Value {
  const type = cursor.u32()
  const isArray = type === ARRAY
  const element = isArray ? cursor.u32() : type
  const scalar = Object.hasOwn(scalars, element) ? scalars[element]! : null
  if (!scalar)
    return cursor.fail(
      `expected ${quote(key)} to be of a type from 0 to 12${isArray ? ', and no array of arrays' : ''}, got type ${element}`,
    )
  if (!isArray) return scalar.read(cursor, key)
  const count = cursor.count(`values of ${quote(key)}`, scalar.least)
  const values: Value[] = []
  for (let i = 0; i < count; i++) values.push(scalar.read(cursor, key))
  return values as Value
}

type Described = Omit<GgufTensor, 'offset' | 'bytes'> & { readonly start: number }

function readTensor(cursor: Cursor): Described {
  const name = cursor.text('a tensor name', LONGEST_NAME)
  const dimensions = cursor.u32()
  if (dimensions < 1 || dimensions > MOST_DIMENSIONS)
    cursor.fail(`expected tensor ${quote(name)} to have 1 to ${MOST_DIMENSIONS} dimensions, got ${dimensions}`)
  const shape = Array.from({ length: dimensions }, () => cursor.u64()).reverse()
  const type = ggmlTypeOf(cursor.u32())
  const row = shape.at(-1)!
  const weights = shape.reduce((product, dim) => product * dim, 1)
  if (!Number.isSafeInteger(weights) || weights < 1)
    cursor.fail(`expected tensor ${quote(name)} to have weights, got shape [${shape.join(', ')}]`)
  if (type.weights !== null && row % type.weights !== 0)
    cursor.fail(
      `expected rows of ${quote(name)} to be whole blocks of ${type.weights} weights of ${type.name}, got ${row}`,
    )
  if (type.weights !== null && (shape.at(-2) ?? 1) % type.rows !== 0)
    cursor.fail(`expected rows of ${quote(name)} in groups of ${type.rows} of ${type.name}, got ${shape.at(-2) ?? 1}`)
  return { name, type, shape, start: cursor.u64() }
}

const bytesOf = ({ type, shape }: Pick<Described, 'type' | 'shape'>): number | null =>
  type.weights === null ? null : shape.reduce((product, dim) => product * dim, type.bytes / type.weights)

/** Where the tensors lie: behind the header, aligned, apart from each other and inside the file. */
function place(cursor: Cursor, file: ByteSource, described: Described[], alignment: number): GgufTensor[] {
  if (alignment < 1 || alignment > 2 ** 20 || !Number.isInteger(Math.log2(alignment)))
    cursor.fail(`expected general.alignment to be a power of two, got ${alignment}`)
  const dataStart = Math.ceil(cursor.at / alignment) * alignment
  const names = new Set<string>()
  const inFile = described.toSorted((a, b) => a.start - b.start)
  const room = new Map(
    inFile.map((tensor, i) => [tensor, (inFile[i + 1]?.start ?? file.size - dataStart) - tensor.start]),
  )
  const tensors = described.map((one) => {
    const { start, ...tensor } = one
    const where = `tensor ${quote(tensor.name)}`
    const bytes = bytesOf(tensor) ?? room.get(one)!
    if (names.has(tensor.name)) cursor.fail(`expected ${where} once, got it twice`)
    names.add(tensor.name)
    if (start % alignment !== 0) cursor.fail(`expected ${where} at a multiple of ${alignment}, got ${start}`)
    const end = dataStart + start + bytes
    if (!(bytes > 0 && end <= file.size)) cursor.fail(`expected ${end} bytes for ${where}, got a file of ${file.size}`)
    return { ...tensor, bytes, offset: dataStart + start }
  })
  const inOrder = tensors.toSorted((a, b) => a.offset - b.offset)
  inOrder.forEach(({ name, offset }, i) => {
    const before = inOrder[i - 1]
    if (before && before.offset + before.bytes > offset)
      cursor.fail(`expected tensors apart, got ${quote(name)} inside of ${quote(before.name)}`)
  })
  return tensors
}
