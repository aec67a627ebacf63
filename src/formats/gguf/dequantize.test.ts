import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Sha256 } from '../../sha256'
import { fileSource } from '../node-files'
import { codebookGaps } from './codebook-gaps'
import { type CodebookName, codebookOf } from './codebooks'
import { decodable, dequantizeBlocks } from './dequantize'
import { readGguf } from './header'
import { type GgmlTypeName, ggmlTypes } from './types'

const fixture = join(import.meta.dirname, '../../../test/fixtures/ggml-types.gguf')

describe('blocks are decoded to the bit as the gguf package decodes them', async () => {
  const file = await fileSource(fixture)
  const { tensors, metadata } = await readGguf(file)
  const bytesOf = async (name: string) => {
    const { offset, bytes } = tensors.find((tensor) => tensor.name === name)!
    return file.read(offset, bytes)
  }
  const names = tensors.map(({ name }) => name).filter((name) => !name.endsWith('.weights') && name !== 'BF16')
  it.each(names)('%s', async (name) => {
    const { type, shape } = tensors.find((tensor) => tensor.name === name)!
    expect(type.name).toBe(name)
    const weights = dequantizeBlocks(await bytesOf(name), ggmlTypes[name as GgmlTypeName])
    const expected = new Float32Array((await bytesOf(`${name}.weights`)).buffer)
    expect(expected).toHaveLength(shape[0]! * shape[1]!)
    // bits, so that −0 is no 0
    expect(new Uint32Array(weights.buffer)).toEqual(new Uint32Array(expected.buffer))
  })

  it.each(Object.keys(codebookGaps) as CodebookName[])('all of the codebook of %s', (name) => {
    const { levels } = codebookOf(name)
    expect(new Sha256().update(new Uint8Array(levels.buffer)).digest()).toBe(metadata.text(`codebook.${name}`))
  })
})

it('every type with blocks is decoded, those with rows together by what they are once sorted', () => {
  const floats = ['F32', 'F16', 'BF16', 'F64', 'I8', 'I16', 'I32', 'I64']
  const together = Object.values(ggmlTypes).flatMap(({ name, rows }) => (rows > 1 ? name : []))
  expect(together).toEqual(['Q4_0_4_4', 'Q4_0_4_8', 'Q4_0_8_8', 'IQ4_NL_4_4'])
  expect([...decodable, ...floats, ...together].sort()).toEqual(Object.keys(ggmlTypes).sort())
})

describe('random blocks of any type', () => {
  const block = fc
    .constantFrom(...decodable)
    .chain((type) =>
      fc.tuple(
        fc.constant(type),
        fc.uint8Array({ minLength: 3 * ggmlTypes[type].bytes, maxLength: 3 * ggmlTypes[type].bytes }),
      ),
    )

  it('give each its weights, whatever surrounds it, and change no byte', () => {
    fc.assert(
      fc.property(block, ([type, bytes]) => {
        const { weights, bytes: size } = ggmlTypes[type]
        const before = bytes.slice()
        const all = dequantizeBlocks(bytes, ggmlTypes[type])
        expect(all).toHaveLength(3 * weights)
        expect(bytes).toEqual(before)
        for (let i = 0; i < 3; i++)
          expect(dequantizeBlocks(bytes.subarray(i * size, (i + 1) * size), ggmlTypes[type])).toEqual(
            all.subarray(i * weights, (i + 1) * weights),
          )
      }),
    )
  })
})

describe('types that the package does not know', () => {
  const half = [0x00, 0x3a] // 0.75
  it('Q8_1 is Q8_0 with the sum of its weights', () => {
    const bytes = Uint8Array.from([...half, 0xff, 0x7b, 1, 0xff, 0x80, 0x7f, ...new Array(28).fill(0)])
    expect([...dequantizeBlocks(bytes, ggmlTypes.Q8_1).subarray(0, 5)]).toEqual([0.75, -0.75, -96, 95.25, 0])
  })

  it('Q8_K has a float32 for 256, and sums', () => {
    const bytes = Uint8Array.from([
      0xcd,
      0xcc,
      0xcc,
      0x3d,
      3,
      0xff,
      0x80,
      ...new Array(253).fill(0),
      ...new Array(32).fill(9),
    ])
    const weights = dequantizeBlocks(bytes, ggmlTypes.Q8_K)
    const tenth = Math.fround(0.1)
    expect([...weights.subarray(0, 4)]).toEqual([Math.fround(3 * tenth), -tenth, -128 * tenth, 0])
  })

  it('Q1_0 is a sign a bit, the lowest first', () => {
    const bytes = Uint8Array.from([...half, 0b00000101, ...new Array(15).fill(0xff)])
    const weights = dequantizeBlocks(bytes, ggmlTypes.Q1_0)
    expect([...weights.subarray(0, 8)]).toEqual([0.75, -0.75, 0.75, -0.75, -0.75, -0.75, -0.75, -0.75])
    expect([...weights.subarray(8)]).toEqual(new Array(120).fill(0.75))
  })

  it('Q2_0 is −1 to 2, four to a byte, the lowest bits first', () => {
    const bytes = Uint8Array.from([...half, 0b11100100, ...new Array(15).fill(0x55)])
    const weights = dequantizeBlocks(bytes, ggmlTypes.Q2_0)
    expect([...weights.subarray(0, 4)]).toEqual([-0.75, 0, 0.75, 1.5])
    expect([...weights.subarray(4)]).toEqual(new Array(60).fill(0))
  })
})
