import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { openForLlamaCpp } from '../../../test/architectures'
import { ggufFile, i32s, text, textBytes, texts, u32, u32Bytes, u64Bytes, type Written } from '../../../test/gguf'
import { ggufOf } from '../../../test/gguf-model'
import { tinyCheckpoint, tinyConfig } from '../../../test/tiny-checkpoint'
import { collect } from '../../../test/tiny-model'
import { FormatError } from '../../errors'
import { specFromFiles } from '../../models/spec'
import { openTokenizer } from '../../models/tokenizer'
import { ggufFile as exportGguf } from '../../pipeline/gguf'
import { type ByteSource, memorySource } from '../bytes'
import { openModel } from '../open'

const { rope_scaling: _, ...config } = { ...tinyConfig, num_hidden_layers: 1, vocab_size: 12 }

/** A whole small model of each kind of tokenizer, some of it in codes. */
async function sample(kind: 'gpt2' | 'llama'): Promise<Written> {
  const { metadata, tensors } = await ggufOf(tinyCheckpoint(config).source)
  const words = ['<s>', '</s>', 'a', 'b', 'c', 'ab', 'abc', '▁', 'Ġ', 'Ġa', '▁a', 'ca']
  const tokenizer: Written['metadata'] = [
    ['tokenizer.ggml.model', text(kind)],
    ['tokenizer.ggml.tokens', texts(words)],
    ['tokenizer.ggml.token_type', i32s([3, 3, ...new Array(10).fill(1)])],
    kind === 'gpt2'
      ? ['tokenizer.ggml.merges', texts(['a b', 'ab c', 'Ġ a', 'c a'])]
      : ['tokenizer.ggml.scores', i32s(words.map((_, id) => -id))],
    ['tokenizer.ggml.pre', text('qwen2')],
  ]
  const coded = { name: 'blk.0.ffn_down.bias', type: 'Q8_0', shape: [64], data: new Uint8Array(68) } as const
  return {
    metadata: [...metadata, ...tokenizer],
    tensors: [...tensors.filter(({ name }) => name !== coded.name), coded],
  }
}
const originals = Promise.all([sample('gpt2').then(ggufFile), sample('llama').then(ggufFile)])
/** What each architecture does otherwise: turned linears, rows in another order, two sets of angles, windows by layer, experts. */
const architectures = Promise.all(['gpt2', 'gpt-neox', 'phi3-long', 'gemma3', 'qwen3-moe'].map(exported))

async function exported(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const model = await openForLlamaCpp(name)
  return collect((await exportGguf(model, { linears: [], report: null, rest: 'F16' })).chunks)
}

/** Watches a file: no read may leave it. */
function watched(bytes: Uint8Array): ByteSource & { requested: number } {
  const source = memorySource(bytes, 'a.gguf')
  const read = (offset: number, length: number) => {
    expect(offset >= 0 && length >= 0 && offset + length <= bytes.length).toBe(true)
    spy.requested += length
    return source.read(offset, length)
  }
  const spy = { ...source, read, requested: 0 }
  return spy
}

/** Notes the size of every buffer and list that is asked for by its length from here on. */
function watchAllocations(): number[] {
  const sizes: number[] = []
  for (const name of ['ArrayBuffer', 'Uint8Array', 'Float32Array', 'Array'] as const) {
    const construct = (target: new (...given: unknown[]) => object, given: unknown[]) => {
      if (typeof given[0] === 'number' && given.length === 1) sizes.push(given[0])
      return new target(...given)
    }
    vi.stubGlobal(name, new Proxy(globalThis[name] as never, { construct }))
  }
  return sizes
}
afterEach(() => {
  vi.unstubAllGlobals()
})

const wild = fc.oneof(
  fc.nat(64).map(BigInt),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.constantFrom(2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n),
)
const place = fc.noBias(fc.nat(2 ** 31 - 1)).map((step) => step / 2 ** 31)
const at = (bytes: Uint8Array, where: number, room: number) => Math.floor(where * Math.max(1, bytes.length - room))

const joined = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts))

type Mutation = (bytes: Uint8Array) => Uint8Array
/** Most changes fall on the header: the data behind it may be anything. */
const mutationsOf = (inHead: fc.Arbitrary<number>): Record<string, fc.Arbitrary<Mutation>> => ({
  'flipped bits': fc
    .array(fc.tuple(fc.oneof(place, inHead, inHead), fc.nat(7)), { minLength: 1, maxLength: 4 })
    .map((flips) => (bytes) => {
      const changed = bytes.slice()
      for (const [where, bit] of flips) changed[at(bytes, where, 1)]! ^= 1 << bit
      return changed
    }),
  'other bytes': fc.tuple(inHead, fc.uint8Array({ minLength: 1, maxLength: 9 })).map(([where, values]) => (bytes) => {
    const changed = bytes.slice()
    changed.set(values, at(bytes, where, values.length))
    return changed
  }),
  'other counts': fc
    .tuple(fc.oneof(inHead, fc.constantFrom(0, 8 / 60_000, 16 / 60_000)), wild)
    .map(([where, value]) => (bytes) => {
      const changed = bytes.slice()
      new DataView(changed.buffer).setBigUint64(at(bytes, where, 8), value, true)
      return changed
    }),
  'a cut end': fc.oneof(place, inHead).map((where) => (bytes) => bytes.slice(0, at(bytes, where, 0))),
  'bytes taken out': fc.tuple(inHead, fc.nat(40)).map(([where, count]) => (bytes) => {
    const start = at(bytes, where, count)
    return joined(bytes.subarray(0, start), bytes.subarray(start + count))
  }),
  'bytes put in': fc.tuple(inHead, fc.uint8Array({ minLength: 1, maxLength: 40 })).map(([where, values]) => (bytes) => {
    const start = at(bytes, where, 0)
    return joined(bytes.subarray(0, start), values, bytes.subarray(start))
  }),
  'a part twice': fc.tuple(inHead, fc.nat(200)).map(([where, count]) => (bytes) => {
    const start = at(bytes, where, count)
    return joined(bytes.subarray(0, start + count), bytes.subarray(start))
  }),
})
/** The larger the share of the header, of files that have more to say. */
const headOf = (share: number) => place.map((where) => where * share)

async function survives(mutant: Uint8Array): Promise<void> {
  const file = watched(mutant)
  const allocated = watchAllocations()
  const started = performance.now()
  try {
    const model = await openModel([file])
    expect(Math.max(0, ...allocated)).toBeLessThanOrEqual(mutant.length)
    specFromFiles(model.config, model.files)
    openTokenizer(model.files)
    for (const entry of model.tensors.values()) expect((await entry.read()).length).toBe(entry.bytes)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    expect(error.message.length).toBeLessThan(800)
  } finally {
    vi.unstubAllGlobals()
  }
  expect(performance.now() - started).toBeLessThan(1000)
  // the beginning, the header, every tensor once
  expect(file.requested).toBeLessThanOrEqual(2 * mutant.length + 64)
}

describe.each([
  ['LLaMA', 0.04, originals],
  ['other architectures', 0.2, architectures],
] as const)('a mutated GGUF file of %s opens or is refused', (_, head, unharmed) => {
  it.each(Object.entries(mutationsOf(headOf(head))))(
    'with %s',
    async (_, mutation) => {
      const files = await unharmed
      await fc.assert(
        fc.asyncProperty(mutation, fc.constantFrom(...files), (mutate, bytes) => survives(mutate(bytes))),
        { seed: 1, numRuns: 300 },
      )
    },
    60_000,
  )
})

describe('what the format forbids is said', () => {
  const head = (...parts: Uint8Array[]) =>
    Uint8Array.from([...new TextEncoder().encode('GGUF'), ...parts.flatMap((part) => [...part])])
  const tensor = (name: string, shape: number[], type: number, offset: number) => [
    ...[textBytes(name), u32Bytes(shape.length), ...shape.map(u64Bytes), u32Bytes(type), u64Bytes(offset)],
  ]
  const counts = (tensors: number | bigint, entries: number | bigint) => [
    u32Bytes(3),
    u64Bytes(tensors),
    u64Bytes(entries),
  ]
  const room = new Uint8Array(4096)
  const entry = (key: string, [type, bytes]: readonly [number, Uint8Array]) => [textBytes(key), u32Bytes(type), bytes]

  it.each<[string, Uint8Array, RegExp]>([
    ['an old version', head(u32Bytes(1), room), /version 2 or 3, got 1/],
    ['big-endian numbers', head(Uint8Array.of(0, 0, 0, 3), room), /got big-endian/],
    ['too many tensors', head(...counts(2n ** 40n, 0), room), /expected at most \d+ tensors/],
    ['too many entries', head(...counts(0, 2n ** 63n), room), /whole numbers below/],
    [
      'a long text',
      head(...counts(0, 1), textBytes('k'), u32Bytes(8), u64Bytes(2 ** 40), room),
      /at most \d+ bytes of "k"/,
    ],
    [
      'a long list',
      head(...counts(0, 1), textBytes('k'), u32Bytes(9), u32Bytes(6), u64Bytes(2 ** 31), room),
      /values of "k"/,
    ],
    [
      'a list of lists',
      head(...counts(0, 1), textBytes('k'), u32Bytes(9), u32Bytes(9), u64Bytes(1), room),
      /no array of arrays/,
    ],
    [
      'another type of value',
      head(...counts(0, 1), textBytes('k'), u32Bytes(13), room),
      /type from 0 to 12, got type 13/,
    ],
    [
      'a key twice',
      head(...counts(0, 2), ...entry('k', u32(1)), ...entry('k', u32(1)), room),
      /once each, got "k" twice/,
    ],
    [
      'a text that is none',
      head(...counts(0, 1), textBytes('k'), u32Bytes(8), u64Bytes(1), Uint8Array.of(0xff), room),
      /"k" in UTF-8/,
    ],
    ['an odd alignment', head(...counts(0, 1), ...entry('general.alignment', u32(24)), room), /power of two, got 24/],
    ['no alignment', head(...counts(0, 1), ...entry('general.alignment', u32(0)), room), /power of two, got 0/],
    ['many dimensions', head(...counts(1, 0), ...tensor('a', [1, 1, 1, 1, 1], 0, 0), room), /1 to 4 dimensions, got 5/],
    ['no weights', head(...counts(1, 0), ...tensor('a', [4, 0], 0, 0), room), /to have weights/],
    ['an unknown type beyond', head(...counts(1, 0), ...tensor('a', [4], 137, 4096), room), /got a file of/],
    [
      'an unknown type without room',
      head(...counts(2, 0), ...tensor('a', [4], 137, 32), ...tensor('b', [4], 0, 32), room),
      /expected \d+ bytes for tensor "a"/,
    ],
    [
      'rows of half a block',
      head(...counts(1, 0), ...tensor('a', [48, 2], 8, 0), room),
      /whole blocks of 32 weights of Q8_0, got 48/,
    ],
    ['a tensor between', head(...counts(1, 0), ...tensor('a', [4], 0, 4), room), /at a multiple of 32, got 4/],
    ['a tensor beyond', head(...counts(1, 0), ...tensor('a', [4], 0, 2 ** 40), room), /got a file of/],
    [
      'a large tensor',
      head(...counts(1, 0), ...tensor('a', [2 ** 30, 2 ** 30], 0, 0), room),
      /to have weights|got a file of/,
    ],
    [
      'a tensor twice',
      head(...counts(2, 0), ...tensor('a', [4], 0, 0), ...tensor('a', [4], 0, 32), room),
      /once, got it twice/,
    ],
    [
      'a tensor inside another',
      head(...counts(2, 0), ...tensor('a', [64], 0, 0), ...tensor('b', [4], 0, 32), room),
      /apart, got "b" inside of "a"/,
    ],
  ])('%s', async (_, bytes, expected) => {
    const error = await openModel([memorySource(bytes, 'a.gguf')]).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(FormatError)
    expect(error.message).toMatch(expected)
  })

  it('a file that is cut anywhere', async () => {
    const [whole] = await originals
    for (let length = 0; length < 2000; length += 7)
      await expect(openModel([memorySource(whole.subarray(0, length), 'a.gguf')])).rejects.toBeInstanceOf(FormatError)
  })
})
