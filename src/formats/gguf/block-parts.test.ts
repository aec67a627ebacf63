import { describe, expect, it } from 'vitest'
import { randomFrom } from '../../random'
import { blockOf, blockParts, levelOf } from './block-parts'
import { codebookBlock, codebookPart } from './codebook-parts'
import { type CodebookName, codebookOf } from './codebooks'
import { decodable, dequantizeBlocks } from './dequantize'
import { type GgmlTypeName, ggmlTypes } from './types'

/** Twelve blocks of noise, and their weights. */
function noise(type: GgmlTypeName) {
  const random = randomFrom(7)
  const bytes = Uint8Array.from({ length: 12 * ggmlTypes[type].bytes }, () => Math.floor(random() * 256))
  return { bytes, weights: dequantizeBlocks(bytes, ggmlTypes[type]) }
}

const codebooks = decodable.filter((type) => codebookBlock(type))

describe('the parts of a block give its weights to the bit', () => {
  it.each(decodable.filter((type) => !codebooks.includes(type)))('%s', (type) => {
    const { bytes, weights } = noise(type)
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

  it.each(codebooks)('%s', (type) => {
    const { bytes, weights } = noise(type)
    const [level, scale] = [codebookPart(bytes, type, 'level'), codebookPart(bytes, type, 'scale')]
    const ofWeight = ({ values, span }: typeof level, i: number) => values[Math.floor(i / span)]!
    expect(weights.map((_, i) => ofWeight(scale, i) * level.values[i]!)).toEqual(weights)
    expect(scale.span).toBe(codebookBlock(type)!.weights)

    const { parts, book } = codebookBlock(type)!
    const { levels } = codebookOf(type === 'IQ1_M' ? 'IQ1_S' : (type as CodebookName))
    const [entry, supers] = [codebookPart(bytes, type, 'entry'), codebookPart(bytes, type, 'super')]
    expect([entry.span, supers.span]).toEqual([book.weights, 256])
    expect(Math.max(...entry.values)).toBeLessThan(book.entries)
    const beside = codebookPart(bytes, type, parts.includes('sign') ? 'sign' : 'shift')
    level.values.forEach((value, i) => {
      const chosen = levels[book.weights * ofWeight(entry, i) + (i % book.weights)]!
      const other = ofWeight(beside, i)
      expect(value).toBe(parts.includes('sign') ? other * chosen : chosen + other)
      // scales are odd multiples of a quarter, a half or an eighth of their float16
      const factor = (8 * ofWeight(scale, i)) / ofWeight(supers, i)
      if (Number.isFinite(ofWeight(supers, i)) && ofWeight(supers, i) !== 0) expect(Number.isInteger(factor)).toBe(true)
    })
  })
})

it('floats have no blocks', () => {
  expect(blockOf('F16')).toBeNull()
  expect(blockOf('Q4_K')).toEqual({ weights: 32, super: 256, minima: true })
  expect(blockOf('IQ2_S')).toBeNull()
  expect(codebookBlock('Q4_K')).toBeNull()
  expect(codebookBlock('IQ1_M')).toEqual({
    ...{ weights: 16, parts: ['level', 'entry', 'shift', 'scale', 'super'] },
    book: { weights: 8, entries: 2048 },
  })
})
