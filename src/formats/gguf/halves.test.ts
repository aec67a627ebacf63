import fc from 'fast-check'
import { expect, it } from 'vitest'
import { finestUnit } from './halves'

it('finds of values that are multiples the finest unit of so few bits', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 15 }),
      fc.integer({ min: -24, max: -4 }),
      fc.array(fc.integer({ min: -63, max: 63 }), { minLength: 1, maxLength: 16 }),
      (digits, exponent, factors) => {
        const unit = digits * 2 ** exponent
        const values = factors.map((factor) => factor * unit)
        const found = finestUnit(values, 63, 4)!
        const largest = Math.max(...values.map(Math.abs))
        if (largest === 0) {
          expect(found).toBe(0)
          return
        }
        for (const value of values) expect(Number.isInteger(value / found)).toBe(true)
        // at most 63 of them, and no coarser than the unit that there is
        expect(largest / found).toBeLessThanOrEqual(63)
        expect(found).toBeLessThanOrEqual(unit)
        const odd = found / 2 ** Math.floor(Math.log2(found) - 3)
        expect(Number.isInteger(odd)).toBe(true)
      },
    ),
  )
})

it('says where there is none', () => {
  expect(finestUnit([64, 1], 63, 4)).toBeNull()
  expect(finestUnit([2 ** -25], 63, 4)).toBeNull()
  // 17 takes five bits, and no part of it does with four
  expect(finestUnit([17, 34], 2, 4)).toBeNull()
})
