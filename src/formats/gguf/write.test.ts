import { describe, expect, it } from 'vitest'
import { collect } from '../../../test/tiny-model'
import { memorySource } from '../bytes'
import { readGguf } from './header'
import { type GgufMetadata, type GgufValue, type TensorToWrite, writeGguf } from './write'

const metadata: GgufMetadata = new Map<string, GgufValue>([
  ['general.architecture', { type: 'string', value: 'llama' }],
  ['a.text', { type: 'string', value: 'naïve “quotes” 🪡' }],
  ['a.count', { type: 'u32', value: 4294967295 }],
  ['a.signed', { type: 'i32', value: -3 }],
  ['a.byte', { type: 'u8', value: 255 }],
  ['a.real', { type: 'f32', value: 0.1 }],
  ['a.yes', { type: 'bool', value: true }],
  ['a.texts', { type: 'strings', value: ['', 'Ġthe', '▁'] }],
  ['a.reals', { type: 'f32s', value: [0.5, -2] }],
  ['a.integers', { type: 'i32s', value: Int32Array.of(1, -1) }],
  ['a.bytes', { type: 'u8s', value: [] }],
])

const tensor = (name: string, shape: number[], bytes: number[], parts = 1): TensorToWrite => ({
  ...{ name, type: 'F16', shape },
  async *data() {
    const size = Math.ceil(bytes.length / parts)
    for (let at = 0; at < bytes.length; at += size) yield Uint8Array.from(bytes.slice(at, at + size))
  },
})

describe('writeGguf', () => {
  it('is read back as it was said, tensors at multiples of 32', async () => {
    const first = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    const { size, chunks } = writeGguf(metadata, [
      tensor('one', [2, 3], first, 3),
      tensor('two', [2], [13, 14, 15, 16]),
    ])
    const bytes = await collect(chunks)
    expect(bytes).toHaveLength(size)
    const header = await readGguf(memorySource(bytes, 'a.gguf'))
    expect(header.tensors.map(({ name, shape, type }) => [name, shape, type.name])).toEqual([
      ['one', [2, 3], 'F16'],
      ['two', [2], 'F16'],
    ])
    const [one, two] = header.tensors
    expect([one!.offset % 32, two!.offset - one!.offset, size - two!.offset]).toEqual([0, 32, 32])
    expect([...bytes.subarray(one!.offset, one!.offset + 14)]).toEqual([...first, 0, 0])
    expect([...bytes.subarray(two!.offset, two!.offset + 5)]).toEqual([13, 14, 15, 16, 0])
    const { metadata: read } = header
    expect(read.text('a.text')).toBe('naïve “quotes” 🪡')
    expect(['a.count', 'a.signed', 'a.byte', 'a.real'].map(read.number)).toEqual([
      2 ** 32 - 1,
      -3,
      255,
      Math.fround(0.1),
    ])
    expect(read.flag('a.yes')).toBe(true)
    expect(read.texts('a.texts')).toEqual(['', 'Ġthe', '▁'])
    expect(['a.reals', 'a.integers', 'a.bytes'].map(read.numbers)).toEqual([[0.5, -2], [1, -1], []])
  })

  it('takes a tensor that brings too few bytes for our own mistake', async () => {
    const { chunks } = writeGguf(new Map(), [tensor('one', [2, 3], [1, 2])])
    await expect(collect(chunks)).rejects.toThrow('bug in Bitloom: one has 2 bytes, its shape says 12')
  })
})
