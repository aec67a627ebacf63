import { expect, vi } from 'vitest'
import { type ByteSource, memorySource } from '../src/formats/bytes'

/** Mulberry32: the same mutants every time. */
export function generator(seed: number) {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return { below, pick: <T>(choices: readonly T[]): T => choices[below(choices.length)]! }
}
export type Random = ReturnType<typeof generator>

export const encode = (value: unknown) =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))

type Header = Record<string, Record<string, unknown>>

/** Rewrites the header as JSON, its length told truly. */
export function editHeader(bytes: Uint8Array, edit: (header: Header) => unknown): Uint8Array {
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true))
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Header
  const json = encode(edit(header) ?? header)
  const edited = new Uint8Array(8 + json.length + bytes.length - 8 - length)
  new DataView(edited.buffer).setBigUint64(0, BigInt(json.length), true)
  edited.set(json, 8)
  edited.set(bytes.subarray(8 + length), 8 + json.length)
  return edited
}

export const numbers = [-1, 0, 1, 7, 8, 255, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 1e308, 0.5]
const oddities = [null, true, 'text', [], {}, [[]], -1, 1e300, '__proto__', { length: 2 }]
const offsetsOf = (entry: Record<string, unknown>) => entry.data_offsets as number[]

export const mutations: Record<string, (bytes: Uint8Array, random: Random) => Uint8Array> = {
  'flipped bytes': (bytes, { below }) => {
    const flipped = bytes.slice()
    for (let i = 0; i <= below(4); i++) flipped[below(flipped.length)]! ^= 1 << below(8)
    return flipped
  },
  'flipped header bytes': (bytes, { below }) => {
    const flipped = bytes.slice()
    for (let i = 0; i <= below(3); i++) flipped[below(400)] = below(256)
    return flipped
  },
  truncation: (bytes, { below }) => bytes.slice(0, below(bytes.length)),
  'bytes appended': (bytes, { below }) => Uint8Array.from([...bytes, ...new Uint8Array(1 + below(64))]),
  'header length': (bytes, { below, pick }) => {
    const lying = bytes.slice()
    const wild = BigInt(below(2 ** 32)) << BigInt(below(33))
    const near = new DataView(bytes.buffer).getBigUint64(0, true) + BigInt(below(32) - 16)
    new DataView(lying.buffer).setBigUint64(0, pick([wild, near, 100_000_000n, 2n ** 64n - 1n]), true)
    return lying
  },
  offsets: (bytes, { below, pick }) =>
    editHeader(bytes, (header) => {
      offsetsOf(header[pick(named(header))]!)[below(2)] = pick([pick(numbers), below(400)])
    }),
  'shifted offsets': (bytes, { below, pick }) =>
    editHeader(bytes, (header) => {
      const entry = header[pick(named(header))]!
      const shift = below(64) - 32
      entry.data_offsets = offsetsOf(entry).map((offset) => offset + shift)
    }),
  shape: (bytes, { below, pick }) =>
    editHeader(bytes, (header) => {
      header[pick(named(header))]!.shape = Array.from({ length: below(6) }, () => pick(numbers))
    }),
  overlap: (bytes, { pick }) =>
    editHeader(bytes, (header) => {
      Object.assign(header[pick(named(header))]!, header[pick(named(header))])
    }),
  dtype: (bytes, { pick }) =>
    editHeader(bytes, (header) => {
      header[pick(named(header))]!.dtype = pick(['F64', 'U8', 'F4', '', 'hasOwnProperty'])
    }),
  'another kind of value': (bytes, { pick }) =>
    editHeader(bytes, (header) => {
      const name = pick(Object.keys(header))
      const field = pick(['dtype', 'shape', 'data_offsets', null])
      if (field === null) header[name] = pick(oddities) as Header[string]
      else header[name]![field] = pick(oddities)
    }),
  'a whole other header': (bytes, { pick }) => editHeader(bytes, () => pick(oddities) ?? 'null'),
  'a tensor less': (bytes, { pick }) =>
    editHeader(bytes, (header) => {
      delete header[pick(Object.keys(header))]
    }),
  'a name changed': (bytes, { pick }) =>
    editHeader(bytes, (header) => {
      const name = pick(named(header))
      const other = pick([
        '__proto__',
        'bitloom.file/../../etc/passwd',
        'bitloom.file/config.json',
        '\u0000',
        'x'.repeat(3000),
      ])
      return Object.fromEntries(Object.entries(header).map(([key, value]) => [key === name ? other : key, value]))
    }),
}
const named = (header: Header) => Object.keys(header).filter((name) => name !== '__metadata__')

/** Watches a file: no read may leave it, and all reads together may not take more than its size (and the first look at it). */
export function watched(bytes: Uint8Array, name: string): ByteSource & { requested: number } {
  const source = memorySource(bytes, name)
  const read = (offset: number, length: number) => {
    expect(offset >= 0 && length >= 0 && offset + length <= bytes.length).toBe(true)
    spy.requested += length
    return source.read(offset, length)
  }
  const spy = { ...source, read, requested: 0 }
  return spy
}

/** Notes the size of every buffer that is allocated from here on. */
export function watchAllocations(): number[] {
  const sizes: number[] = []
  for (const name of ['ArrayBuffer', 'Uint8Array'] as const) {
    const construct = (target: new (...given: unknown[]) => { byteLength: number }, given: unknown[]) => {
      if (typeof given[0] === 'number') sizes.push(given[0])
      const made = new target(...given)
      sizes.push(made.byteLength)
      return made
    }
    vi.stubGlobal(name, new Proxy(globalThis[name] as never, { construct }))
  }
  return sizes
}
