import { afterEach, describe, expect, it, vi } from 'vitest'
import { signSample } from '../../test/sign'
import { collect, tinyCheckpoint, tinyReport } from '../../test/tiny-model'
import { FormatError } from '../errors'
import { specFromConfig } from '../models/spec'
import { readBitloom } from './bitloom/read'
import { writeBitloom } from './bitloom/write'
import { type ByteSource, memorySource } from './bytes'
import { dequantize } from './dequantize'
import { safetensorsChunks } from './safetensors'
import { assess, openModel } from './source'

/** Mulberry32: the same mutants every time. */
function generator(seed: number) {
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
type Random = ReturnType<typeof generator>

const encode = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))

async function sample(metadata: Record<string, string>, enclosed: string[]): Promise<Uint8Array> {
  const zeros = (bytes: number) => async () => new Uint8Array(bytes)
  const chunks: Uint8Array<ArrayBuffer>[] = []
  const entries = [
    { name: 'model.embed_tokens.weight', dtype: 'F16', shape: [16, 8], data: zeros(256) },
    { name: 'model.norm.weight', dtype: 'F32', shape: [8], data: zeros(32) },
    { name: 'empty', dtype: 'BF16', shape: [0, 4], data: zeros(0) },
    { name: 'scalar', dtype: 'I64', shape: [], data: zeros(8) },
    ...enclosed.map((name) => ({ name, dtype: 'U8', shape: [2], data: async () => encode('{}') }) as const),
  ] as const
  for await (const chunk of safetensorsChunks(entries, metadata)) chunks.push(new Uint8Array(chunk))
  return new Uint8Array(await new Blob(chunks).arrayBuffer())
}

type Header = Record<string, Record<string, unknown>>

/** Rewrites the header as JSON, its length told truly. */
function editHeader(bytes: Uint8Array, edit: (header: Header) => unknown): Uint8Array {
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true))
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Header
  const json = encode(edit(header) ?? header)
  const edited = new Uint8Array(8 + json.length + bytes.length - 8 - length)
  new DataView(edited.buffer).setBigUint64(0, BigInt(json.length), true)
  edited.set(json, 8)
  edited.set(bytes.subarray(8 + length), 8 + json.length)
  return edited
}

const numbers = [-1, 0, 1, 7, 8, 255, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 1e308, 0.5]
const oddities = [null, true, 'text', [], {}, [[]], -1, 1e300, '__proto__', { length: 2 }]
const offsetsOf = (entry: Record<string, unknown>) => entry.data_offsets as number[]

const mutations: Record<string, (bytes: Uint8Array, random: Random) => Uint8Array> = {
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
function watched(bytes: Uint8Array, name: string): ByteSource & { requested: number } {
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
function watchAllocations(): number[] {
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
afterEach(() => {
  vi.unstubAllGlobals()
})

const config = encode({ architectures: ['LlamaForCausalLM'] })
const mutantsPerKind = 40

describe.each([
  ['checkpoint', {}, [], 'model.safetensors'],
  [
    'packed file',
    { format: 'bitloom' },
    ['bitloom.file/config.json', 'bitloom.file/tokenizer.json'],
    'packed.safetensors',
  ],
] as const)('a mutated %s opens or is refused', (_, metadata, enclosed, name) => {
  it.each(Object.entries(mutations))('%s', async (kind, mutate) => {
    const random = generator(kind.length * 1000 + name.length)
    const original = await sample(metadata, [...enclosed])
    for (let i = 0; i < mutantsPerKind; i++) {
      const mutant = mutate(original, random)
      const file = watched(mutant, name)
      const companions = name === 'model.safetensors' ? ['config.json', 'tokenizer.json'] : []
      const pile = [file, ...companions.map((companion) => memorySource(config, companion))]
      const allocated = watchAllocations()
      try {
        const model = await openModel(pile)
        for (const entry of model.tensors.values()) expect((await entry.read()).length).toBe(entry.bytes)
        expect([...model.files.keys()].every((side) => /^[\w.-]+$/.test(side))).toBe(true)
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
        expect((error as Error).message.length).toBeLessThan(600)
      }
      vi.unstubAllGlobals()
      if (mutant.length > 0) expect(allocated).not.toHaveLength(0)
      expect(Math.max(0, ...allocated)).toBeLessThanOrEqual(Math.max(mutant.length, config.length))
      expect(file.requested).toBeLessThanOrEqual(mutant.length + 64)
      await assess(pile)
    }
  })
})

/** A packed file of one linear of signs, with everything that one may have. */
async function signFile(): Promise<Uint8Array> {
  const { linear } = signSample({
    ...{ out: 20, columns: 33, groups: 3, blockColumns: 8, perRow: true, centered: true, sparse: 'some', bits: 5 },
    ...{ zeros: true, salient: 'some', seed: 3 },
  })
  return collect(writeBitloom(await tinyCheckpoint(), [linear], tinyReport([linear])).chunks)
}

const description: typeof mutations = {
  ...mutations,
  'a number of the description': (bytes, { below, pick }) =>
    editHeader(bytes, (header) => {
      const metadata = header.__metadata__ as Record<string, string>
      const places = [...metadata['bitloom.linears']!.matchAll(/(?<=:)(\d+|true|false|null)/g)]
      const { index, 0: text } = pick(places)
      const other = pick([String(pick(numbers)), String(below(60)), 'null', 'true', 'false', '{}'])
      const json = metadata['bitloom.linears']!
      metadata['bitloom.linears'] = json.slice(0, index) + other + json.slice(index + text.length)
    }),
  'flipped data': (bytes, { below }) => {
    const flipped = bytes.slice()
    const start = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true))
    for (let i = 0; i <= below(3); i++) flipped[start + below(bytes.length - start)]! ^= 1 << below(8)
    return flipped
  },
}

describe('a mutated packed file of signs gives finite weights or is refused', () => {
  it.each(Object.entries(description))('%s', async (kind, mutate) => {
    const random = generator(kind.length)
    const original = await signFile()
    for (let i = 0; i < mutantsPerKind; i++) {
      const mutant = mutate(original, random)
      const file = watched(mutant, 'signs.safetensors')
      const allocated = watchAllocations()
      try {
        const model = await readBitloom(await openModel([file]))
        for (const name of model.names) {
          const linear = await model.linear(name)
          expect(Math.max(0, ...allocated)).toBeLessThanOrEqual(mutant.length)
          expect(dequantize(linear).every(Number.isFinite)).toBe(true)
        }
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
        expect((error as Error).message.length).toBeLessThan(600)
      }
      vi.unstubAllGlobals()
      expect(file.requested).toBeLessThanOrEqual(mutant.length + 64)
    }
  })
})

describe('the original', () => {
  it('of signs opens', async () => {
    const model = await readBitloom(await openModel([memorySource(await signFile(), 'signs.safetensors')]))
    expect(dequantize(await model.linear('signs'))).toHaveLength(20 * 33)
  })

  it('opens', async () => {
    const file = memorySource(
      await sample({ format: 'bitloom' }, ['bitloom.file/config.json', 'bitloom.file/tokenizer.json']),
      'a.safetensors',
    )
    const model = await openModel([file])
    expect([...model.tensors.keys()]).toEqual(['scalar', 'model.norm.weight', 'empty', 'model.embed_tokens.weight'])
    expect(() => specFromConfig(model.config)).toThrow(FormatError)
  })
})
