import { describe, expect, it } from 'vitest'
import { randomFrom } from '../../random'
import { blockOf, blockParts, levelOf } from './block-parts'
import { decodable, dequantizeBlocks } from './dequantize'
import { ggmlTypes } from './types'

describe('the parts of a block give its weights to the bit', () => {
  it.each(decodable)('%s', (type) => {
    const random = randomFrom(7)
    const bytes = Uint8Array.from({ length: 12 * ggmlTypes[type].bytes }, () => Math.floor(random() * 256))
    const weights = dequantizeBlocks(bytes, ggmlTypes[type])
    const { codes, scales, minima, supers } = blockParts(bytes, type)
    const block = blockOf(type)!
    expect(minima !== null).toBe(block.minima)
    expect(supers?.length ?? null).toBe(block.super && weights.length / block.super)
    const again = Float32Array.from(codes, (code, i) => {
      const sub = Math.floor(i / block.weights)
      const scaled = scales[sub]! * levelOf(type, code)
      return minima ? scaled + minima[sub]! : scaled
    })
    expect(again).toEqual(weights)
  })
})

it('floats have no blocks', () => {
  expect(blockOf('F16')).toBeNull()
  expect(blockOf('Q4_K')).toEqual({ weights: 32, super: 256, minima: true })
})
