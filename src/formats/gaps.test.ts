import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wordsFor } from './bit-string'
import { decodeGaps, encodeGaps, MOST_GAP_BITS, mostGapWords } from './gaps'

const size = 100_000
const positions = fc
  .uniqueArray(fc.oneof(fc.nat(size - 1), fc.nat(60), fc.constantFrom(0, size - 1)), { minLength: 1, maxLength: 80 })
  .map((list) => Uint32Array.from(list.sort((a, b) => a - b)))

/** Words at a width, by counting codes one after another. */
function wordsAt(list: Uint32Array, bits: number): number {
  let codes = 0
  let next = 0
  for (const position of list) {
    let gap = position - next
    for (; gap >= 2 ** bits - 1; gap -= 2 ** bits - 1) codes++
    codes++
    next = position + 1
  }
  return wordsFor(codes, bits)
}

describe('gaps', () => {
  it('come back as positions', () => {
    fc.assert(
      fc.property(positions, (list) => {
        const coded = encodeGaps(list)
        expect(coded.count).toBe(list.length)
        const { positions: found, bits } = decodeGaps(coded, size)
        expect(found).toEqual(list)
        expect(Math.ceil(bits / 32)).toBe(coded.gaps.length)
      }),
    )
  })

  it('take the width that stores least', () => {
    fc.assert(
      fc.property(positions, (list) => {
        const widths = Array.from({ length: MOST_GAP_BITS }, (_, i) => wordsAt(list, i + 1))
        const { gapBits, gaps } = encodeGaps(list)
        expect(gaps).toHaveLength(Math.min(...widths))
        expect(gapBits).toBe(widths.indexOf(gaps.length) + 1)
        expect(gaps.length).toBeLessThanOrEqual(mostGapWords(list.length, size, gapBits))
      }),
    )
  })

  it('of any words stay inside the matrix', () => {
    const words = fc.array(fc.nat(2 ** 32 - 1), { maxLength: 6 })
    const hostile = fc.record({ words, gapBits: fc.integer({ min: 1, max: 16 }), count: fc.nat(300), of: fc.nat(500) })
    fc.assert(
      fc.property(hostile, ({ words: list, gapBits, count, of }) => {
        const { positions: found, bits } = decodeGaps({ count, gapBits, gaps: Uint32Array.from(list) }, of)
        expect(found.every((position, i) => position < of && (i === 0 || position > found[i - 1]!))).toBe(true)
        expect(bits).toBeLessThanOrEqual(list.length * 32)
      }),
    )
  })

  it('are skipped by codes of all ones', () => {
    // every second of 8: gaps 0, 1, 1, 1
    expect(encodeGaps(Uint32Array.of(0, 2, 4, 6))).toEqual({ count: 4, gapBits: 1, gaps: Uint32Array.of(0b0101010) })
    expect(decodeGaps({ count: 1, gapBits: 2, gaps: Uint32Array.of(0b01_11_11) }, 8)).toEqual({
      positions: Uint32Array.of(7),
      bits: 6,
    })
  })
})
