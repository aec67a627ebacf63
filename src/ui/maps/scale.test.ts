import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { errorScale, linearScale, niceAbove, niceTicks, scaleFor, stepDown } from './scale'

describe('scales', () => {
  it('run from 0 to 1 without going back', () => {
    const values = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(values, (list) => {
        const scale = scaleFor(list)
        const places = [...list].sort((a, b) => a - b).map((value) => scale.at(value))
        for (const [i, place] of places.entries()) {
          expect(place).toBeGreaterThanOrEqual(places[i - 1] ?? 0)
          expect(place).toBeLessThanOrEqual(1)
        }
      }),
    )
  })

  it('are logarithmic only where values spread', () => {
    expect(scaleFor([1, 2, 3]).kind).toBe('linear')
    expect(scaleFor([1, 2, 900]).kind).toBe('log')
    expect(scaleFor([0, 0]).at(0)).toBe(0)
    expect(errorScale([0.0004, 0.009])).toMatchObject({ low: 0.0002, high: 0.01, kind: 'log' })
  })

  it('put their ticks on round numbers inside', () => {
    expect(niceTicks(0, 1)).toEqual([0, 0.5, 1])
    expect(niceTicks(0.5, 9)).toEqual([2, 4, 6, 8])
    expect(niceTicks(3.1, 4.3)).toEqual([3.2, 3.4, 3.6, 3.8, 4, 4.2])
    expect(niceTicks(2, 2)).toEqual([2])
    expect(linearScale(0, 20).ticks).toEqual([0, 5, 10, 15, 20])
    expect(errorScale([0.001, 0.5]).ticks).toEqual([0.001, 0.01, 0.1])
    expect([niceAbove(0.003), niceAbove(5), stepDown(5), stepDown(1)]).toEqual([0.005, 5, 2, 0.5])
  })
})
