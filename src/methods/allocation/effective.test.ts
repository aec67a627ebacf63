import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FormatError } from '../../errors'
import { codeTarget } from './effective'

describe('codeTarget', () => {
  it('takes a constant overhead off the target', () => {
    expect(codeTarget(2, () => 0.25, [1, 4])).toBeCloseTo(1.75, 3)
    expect(codeTarget(4.25, () => 0.25, [1, 4])).toBe(4)
    expect(codeTarget(1.25, () => 0.25, [1, 4])).toBe(1)
  })

  it('meets any target within 0.005 bits when the overhead moves with the code bits', () => {
    const arb = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: -0.5, max: 2, noNaN: true }))
    fc.assert(
      fc.property(arb, ([share, steepness]) => {
        const overheadOf = (code: number) => 0.3 + steepness * 0.2 * code
        const [least, greatest] = [1 + overheadOf(1), 4 + overheadOf(4)]
        const target = least + share * (greatest - least)
        const code = codeTarget(target, overheadOf, [1, 4])
        expect(Math.abs(code + overheadOf(code) - target)).toBeLessThanOrEqual(0.005)
      }),
    )
  })

  it('stays below a target that the overhead jumps over', () => {
    const code = codeTarget(2.3, (mean) => (mean > 2 ? 0.5 : 0.2), [1, 4])
    expect(code).toBeLessThanOrEqual(2)
    expect(code).toBeCloseTo(2, 3)
  })

  it('refuses what no code bits reach and says what they do', () => {
    for (const target of [1.2, 4.3, Number.NaN]) {
      expect(() => codeTarget(target, () => 0.25, [1, 4])).toThrow(FormatError)
      expect(() => codeTarget(target, () => 0.25, [1, 4])).toThrow('between 1.250 and 4.250')
    }
    expect(() => codeTarget(2, () => Number.NaN, [1, 4])).toThrow(FormatError)
  })
})
