import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fileSource } from '../node-files'
import { dequantizeBlocks } from './dequantize'
import { readGguf } from './header'
import { ggmlTypes } from './types'

const fixture = join(import.meta.dirname, '../../../test/fixtures/ggml-types.gguf')

describe('blocks are decoded to the bit as the gguf package decodes them', async () => {
  const file = await fileSource(fixture)
  const { tensors } = await readGguf(file)
  const bytesOf = async (name: string) => {
    const { offset, bytes } = tensors.find((tensor) => tensor.name === name)!
    return file.read(offset, bytes)
  }
  const names = tensors.map(({ name }) => name).filter((name) => !name.endsWith('.weights') && name !== 'BF16')
  it.each(names)('%s', async (name) => {
    const { type, shape } = tensors.find((tensor) => tensor.name === name)!
    expect(type.name).toBe(name)
    const weights = dequantizeBlocks(await bytesOf(name), type)
    const expected = new Float32Array((await bytesOf(`${name}.weights`)).buffer)
    expect(expected).toHaveLength(shape[0]! * shape[1]!)
    // bits, so that −0 is no 0
    expect(new Uint32Array(weights.buffer)).toEqual(new Uint32Array(expected.buffer))
  })
})

describe('types that the package does not know', () => {
  const half = [0x00, 0x3a] // 0.75
  it('MXFP4 is float4 with a power of two for 32', () => {
    const bytes = Uint8Array.from([127, 0x21, 0xf7, ...new Array(14).fill(0)])
    const weights = dequantizeBlocks(bytes, ggmlTypes.MXFP4)
    expect([weights[0], weights[1], weights[16], weights[17], weights[2]]).toEqual([0.5, 6, 1, -6, 0])
    expect(dequantizeBlocks(Uint8Array.from([0, 1, ...new Array(15).fill(0)]), ggmlTypes.MXFP4)[0]).toBe(2 ** -128)
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
