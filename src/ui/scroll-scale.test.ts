import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { laidOut, placeOf, type ScrollPlace, scrolled, TALLEST } from './scroll-scale'

const view = 264
const long = { whole: 3_000_000 * 24, view }
const start: ScrollPlace = { list: 0, bar: 0, leaping: false, at: 0 }
const most = { list: long.whole - view, bar: TALLEST - view }

it('leaves a list alone that can be laid out', () => {
  const short = { whole: 7200, view }
  expect(laidOut(short.whole)).toBe(7200)
  expect(scrolled(start, 5000, short, 9)).toEqual({ list: 5000, bar: 5000, leaping: false, at: 9 })
  expect(placeOf(300, short, 0)).toMatchObject({ list: 300, bar: 300 })
})

it('is never taller than a browser can lay out, and reaches both ends with the scrollbar', () => {
  expect(laidOut(long.whole)).toBe(TALLEST)
  expect(scrolled(start, most.bar, long, 1)).toMatchObject({ list: most.list, bar: most.bar })
  expect(scrolled(start, most.bar / 2, long, 1).list).toBeCloseTo(most.list / 2, 6)
  expect(scrolled(placeOf(most.list, long, 0), 0, long, 1)).toMatchObject({ list: 0, bar: 0 })
})

it('moves a wheel and a key by as many pixels as in any other list', () => {
  const middle = placeOf(30_000_000, long, 0)
  const next = scrolled(middle, middle.bar + 100, long, 1)
  expect(next.list).toBeCloseTo(30_000_100, 6)
  expect(scrolled(next, next.bar - 40, long, 2).list).toBeCloseTo(30_000_060, 6)
})

it('takes a leap that a browser draws out into short steps for one', () => {
  let place = start
  for (const [bar, at] of [
    [4_000_000, 0],
    [7_000_000, 16],
    [most.bar - 200, 32],
    [most.bar - 20, 48],
    [most.bar, 64],
  ] as const)
    place = scrolled(place, bar, long, at)
  expect(place.list).toBe(most.list)
})

it('walks to both ends step by step, the scrollbar moved along', () => {
  let place = placeOf(5000, long, 0)
  let steps = 0
  for (; place.list > 0 && steps < 99; steps++)
    place = scrolled(place, Math.max(0, place.bar - 100), long, 1000 * steps)
  expect(place).toMatchObject({ list: 0, bar: 0 })
  expect(steps).toBe(50)
  place = placeOf(most.list - 5000, long, 0)
  for (steps = 0; place.list < most.list && steps < 99; steps++)
    place = scrolled(place, Math.min(most.bar, place.bar + 100), long, 1000 * steps)
  expect(place).toMatchObject({ list: most.list, bar: most.bar })
  expect(steps).toBe(50)
})

it('stays inside, whatever comes', () => {
  const bars = fc.array(fc.tuple(fc.integer({ min: -500, max: TALLEST + 500 }), fc.nat({ max: 500 })))
  fc.assert(
    fc.property(bars, fc.integer({ min: 0, max: 5_000_000 }), (moves, rows) => {
      const extent = { whole: 26 + rows * 24, view }
      let [place, time] = [start, 0]
      for (const [bar, pause] of moves) {
        place = scrolled(
          place,
          Math.min(Math.max(0, laidOut(extent.whole) - view), Math.max(0, bar)),
          extent,
          (time += pause),
        )
        expect(place.list).toBeGreaterThanOrEqual(0)
        expect(place.list).toBeLessThanOrEqual(Math.max(0, extent.whole - view) + 1e-6)
        expect(place.bar).toBeLessThanOrEqual(laidOut(extent.whole))
      }
    }),
  )
})
