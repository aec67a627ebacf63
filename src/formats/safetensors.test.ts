import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FormatError } from '../errors'
import { memorySource } from './bytes'
import { type Dtype, dtypeBytes } from './dtypes'
import { readSafetensors } from './safetensors'
import { safetensorsChunks, safetensorsSize, type TensorToWrite } from './safetensors-writer'

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = []
  for await (const chunk of chunks) parts.push(new Uint8Array(chunk))
  return new Uint8Array(await new Blob(parts).arrayBuffer())
}

const read = (bytes: Uint8Array) => readSafetensors(memorySource(bytes, 'x.safetensors'))

/** A file with this header text, its length told truly, and `data` zeros behind it. */
function fileOf(header: string | object, data = 0): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + json.length + data)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true)
  bytes.set(json, 8)
  return bytes
}
const tensor = (begin: number, end: number, changes: object = {}) => ({
  dtype: 'U8',
  shape: [end - begin],
  data_offsets: [begin, end],
  ...changes,
})

interface Described {
  dtype: Dtype
  shape: number[]
  seed: number
}

describe('writing and reading', () => {
  const description = fc.record({
    dtype: fc.constantFrom(...(Object.keys(dtypeBytes) as Dtype[])),
    shape: fc.array(fc.nat(4), { maxLength: 3 }),
    seed: fc.nat(255),
  })
  // 'constructor', '__proto__' and the like are what fast-check tries for keys of its own accord.
  const model = fc.dictionary(fc.string({ minLength: 1, maxLength: 20 }), description, { maxKeys: 8 })
  const metadata = fc.dictionary(fc.string(), fc.string(), { maxKeys: 4 })

  it('gives back what was written, in place at aligned offsets', async () => {
    const roundTrip = async (described: Record<string, Described>, notes: Record<string, string>) => {
      const wanted = Object.entries(described)
        .filter(([name]) => name !== '__metadata__')
        .map(([name, { dtype, shape, seed }]) => {
          const bytes = shape.reduce((product, dim) => product * dim, dtypeBytes[dtype])
          return { name, dtype, shape, content: Uint8Array.from({ length: bytes }, (_, i) => seed + i) }
        })
      const entries = wanted.map((entry) => ({ ...entry, data: async () => entry.content }))
      const bytes = await collect(safetensorsChunks(entries, notes))
      expect(safetensorsSize(entries, notes)).toBe(bytes.length)
      const headerEnd = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true))
      expect(headerEnd % 8).toBe(0)

      const file = await read(bytes)
      expect(file.metadata).toEqual(notes)
      expect(new Set(file.tensors.keys())).toEqual(new Set(wanted.map(({ name }) => name)))
      let offset = 0
      for (const { name, dtype, bytes: size } of file.tensors.values()) {
        expect(offset % dtypeBytes[dtype], name).toBe(0)
        offset += size
      }
      for (const { name, dtype, shape, content } of wanted) {
        const entry = file.tensors.get(name)!
        expect(entry).toMatchObject({ name, dtype, shape, bytes: content.length })
        expect(await entry.read()).toEqual(content)
      }
    }
    await fc.assert(fc.asyncProperty(model, metadata, roundTrip), { numRuns: 200 })
  })

  it('streams a tensor in parts and reads rows', async () => {
    async function* parts() {
      yield Uint8Array.of(1, 2, 3)
      yield Uint8Array.of(4, 5, 6)
    }
    const file = await read(await collect(safetensorsChunks([{ name: 'a', dtype: 'U8', shape: [3, 2], data: parts }])))
    const entry = file.tensors.get('a')!
    expect([...(await entry.read({ start: 1, end: 3 }))]).toEqual([3, 4, 5, 6])
    expect([...(await entry.read({ start: 2, end: 2 }))]).toEqual([])
    await expect(entry.read({ start: 2, end: 4 })).rejects.toThrow(/bug in Bitloom/)
  })

  it('writes what the reference implementation writes', async () => {
    const entries: TensorToWrite[] = [
      { name: 'b', dtype: 'F16', shape: [1], data: async () => Uint8Array.of(1, 2) },
      { name: 'a', dtype: 'F16', shape: [], data: async () => Uint8Array.of(3, 4) },
      { name: 'z', dtype: 'F32', shape: [1, 1], data: async () => Uint8Array.of(5, 6, 7, 8) },
    ]
    const bytes = await collect(safetensorsChunks(entries, { format: 'pt' }))
    const json =
      '{"__metadata__":{"format":"pt"},"z":{"dtype":"F32","shape":[1,1],"data_offsets":[0,4]},"a":{"dtype":"F16","shape":[],"data_offsets":[4,6]},"b":{"dtype":"F16","shape":[1],"data_offsets":[6,8]}}'
    const padded = json.padEnd(Math.ceil(json.length / 8) * 8)
    expect(new TextDecoder().decode(bytes.subarray(8, 8 + padded.length))).toBe(padded)
    expect([...bytes.subarray(8 + padded.length)]).toEqual([5, 6, 7, 8, 3, 4, 1, 2])
  })

  it('refuses to write a tensor that is not as long as its shape says', async () => {
    const entry: TensorToWrite = { name: 'a', dtype: 'F32', shape: [2], data: async () => new Uint8Array(7) }
    await expect(collect(safetensorsChunks([entry]))).rejects.toThrow(/7 bytes, its shape says 8/)
  })
})

describe('reading what is no safetensors file', () => {
  const lying = (length: bigint) => {
    const bytes = fileOf({ a: tensor(0, 4) }, 4)
    new DataView(bytes.buffer).setBigUint64(0, length, true)
    return bytes
  }
  const ascii = (text: string) => new TextEncoder().encode(text.padEnd(100))

  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(0), /an empty file/],
    ['a few bytes', new Uint8Array(5), /a header of 0 bytes/],
    ['a header beyond all bounds', lying(2n ** 63n), /a header of 9223372036854775808 bytes/],
    ['a header longer than the file', lying(5000n), /expected a header of 5000 bytes, got a file of \d+/],
    ['a header that ends too early', lying(10n), /expected a JSON header/],
    ['no JSON', fileOf('{"a":'), /expected a JSON header/],
    ['broken UTF-8', fileOf('{"a\u0000":1}').fill(0xff, 10, 12), /expected a JSON header/],
    ['a PNG', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13), /a PNG image/],
    ['a GGUF file', ascii('GGUF\u0003\0\0\0'), /a GGUF file — name it .gguf/],
    ['a zip or PyTorch file', ascii('PK\u0003\u0004'), /PyTorch checkpoint/],
    ['a pickle', Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20), /a PyTorch pickle/],
    ['an ONNX model', Uint8Array.of(8, 7, 0x12, 7, 0x70, 0x79, 0x74, 0x6f, 0x72, 0x63, 0x68), /an ONNX model/],
    ['a web page', ascii('\n<!DOCTYPE html><html>'), /a web page/],
    ['a Git LFS pointer', ascii('version https://git-lfs.github.com/spec/v1\noid'), /Git LFS pointer.*git lfs pull/],
    ['JSON', ascii('{"error": "not found"}'), /JSON text, not weights/],
    ['a tensor that is no object', fileOf({ a: 3 }), /tensor "a": expected a description/],
    [
      'a tensor without dtype',
      fileOf({ a: tensor(0, 4, { dtype: undefined }) }, 4),
      /expected a dtype of .*, got "undefined"/,
    ],
    ['a strange dtype', fileOf({ a: tensor(0, 4, { dtype: 'toString' }) }, 4), /got "toString"/],
    ['a negative dimension', fileOf({ a: tensor(0, 4, { shape: [-4] }) }, 4), /expected a shape of whole numbers/],
    ['a fractional dimension', fileOf({ a: tensor(0, 4, { shape: [0.5, 8] }) }, 4), /shape of whole numbers/],
    ['a dimension beyond integers', fileOf({ a: tensor(0, 4, { shape: [2 ** 53] }) }, 4), /shape of whole numbers/],
    [
      'a product beyond integers',
      fileOf({ a: tensor(0, 4, { shape: [2 ** 40, 2 ** 40] }) }, 4),
      /expected 1.2.*e\+24 bytes/,
    ],
    [
      'zero times infinity',
      fileOf({ a: tensor(0, 0, { shape: [...Array(40).fill(2 ** 52), 0] }) }, 4),
      /expected NaN bytes/,
    ],
    [
      'another size than the shape',
      fileOf({ a: tensor(0, 4, { shape: [3] }) }, 4),
      /expected 3 bytes for U8 \[3\], got 4/,
    ],
    ['one offset', fileOf({ a: tensor(0, 4, { data_offsets: [0] }) }, 4), /expected two data_offsets/],
    ['offsets the wrong way round', fileOf({ a: tensor(0, 4, { data_offsets: [4, 0] }) }, 4), /got -4/],
    [
      'a tensor outside the file',
      fileOf({ a: tensor(0, 4) }, 3),
      /expected \d+ bytes, got \d+ — the file is cut short/,
    ],
    [
      'overlapping tensors',
      fileOf({ a: tensor(0, 4), b: tensor(2, 6) }, 6),
      /"b" at offset 4, got 2: tensors may not overlap/,
    ],
    ['a hole', fileOf({ a: tensor(0, 2), b: tensor(4, 6) }, 6), /"b" at offset 2, got 4: tensors may not leave holes/],
    ['bytes behind the last tensor', fileOf({ a: tensor(0, 4) }, 5), /the last bytes belong to no tensor/],
    ['no tensors but bytes', fileOf({}, 5), /belong to no tensor/],
    [
      'a name twice',
      fileOf(`{"a":${JSON.stringify(tensor(0, 4))},"\\u0061":${JSON.stringify(tensor(0, 4))}}`, 4),
      /a name twice/,
    ],
    ['an endless name', fileOf({ ['n'.repeat(2000)]: tensor(0, 4) }, 4), /"n{80}…": expected a name of 1 to 1024/],
    ['a nameless tensor', fileOf({ '': tensor(0, 4) }, 4), /expected a name/],
    ['metadata that is no text', fileOf({ __metadata__: { a: 1 } }), /expected __metadata__ to map names to text/],
    ['metadata that is a list', fileOf({ __metadata__: ['a'] }), /expected __metadata__/],
  ])('refuses %s', async (_, bytes, message) => {
    const error = await read(bytes).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(FormatError)
    expect(error.message).toMatch(/^x\.safetensors: /)
    expect(error.message).toMatch(message)
  })

  it('takes the prototype for a name like any other', async () => {
    const header = `{"__proto__":${JSON.stringify(tensor(0, 4))},"constructor":${JSON.stringify(tensor(4, 8))}}`
    expect([...(await read(fileOf(header, 8))).tensors.keys()]).toEqual(['__proto__', 'constructor'])
  })

  it('reads a file without tensors', async () => {
    expect(await read(fileOf('{}'))).toEqual({ tensors: new Map(), metadata: {} })
  })

  it('survives a header nested beyond reason', async () => {
    await expect(read(fileOf(`{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`))).rejects.toThrow(FormatError)
  })
})
