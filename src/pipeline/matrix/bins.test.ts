import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { binOf, binRange, binsFor, binsSpan } from './bins'

const anySpan = fc
  .record({ total: fc.integer({ min: 1, max: 30_000 }), pixels: fc.integer({ min: 1, max: 2000 }) })
  .chain(({ total, pixels }) =>
    fc
      .tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0.0001, max: 1, noNaN: true }))
      .map(([at, part]) => {
        const places = Math.max(Math.min(1, total), part * total)
        const start = at * (total - places)
        return { total, pixels, span: { start, end: Math.min(total, start + places) } }
      }),
  )

describe('bins', () => {
  it('follow each other, are never empty and cover the span, about one a pixel', () => {
    fc.assert(
      fc.property(anySpan, ({ total, pixels, span }) => {
        const bins = binsFor(span, pixels, total)
        const { start, end } = binsSpan(bins)

        expect(start).toBeLessThanOrEqual(span.start)
        expect(end).toBeGreaterThanOrEqual(span.end)
        expect(bins.count).toBeLessThanOrEqual(pixels + 2)
        let next = start
        for (let bin = 0; bin < bins.count; bin++) {
          const [from, to] = binRange(bins, bin)
          expect(from).toBe(next)
          expect(to).toBeGreaterThan(from)
          next = to
        }
        expect(next).toBe(end)
      }),
      { numRuns: 150 },
    )
  })

  it('find the bin of every place', () => {
    fc.assert(
      fc.property(anySpan, fc.nat(), ({ total, pixels, span }, seed) => {
        const bins = binsFor(span, pixels, total)
        const { start, end } = binsSpan(bins)
        const place = start + (seed % (end - start))
        const [from, to] = binRange(bins, binOf(bins, place))
        expect(from).toBeLessThanOrEqual(place)
        expect(to).toBeGreaterThan(place)
      }),
    )
  })

  it('stay where they are when the span moves', () => {
    const total = 11_008
    const a = binsFor({ start: 1000, end: 5000 }, 730, total)
    const b = binsFor({ start: 1777.3, end: 5777.3 }, 730, total)
    expect(b.step).toBeCloseTo(a.step, 9)
    const shift = b.first - a.first
    for (let bin = 0; bin < 100; bin++) expect(binRange(b, bin)).toEqual(binRange(a, bin + shift))
  })

  it('are single places where there is room', () => {
    const bins = binsFor({ start: 10.5, end: 20.25 }, 700, 100)
    expect(bins).toEqual({ total: 100, step: 1, first: 10, count: 11 })
  })
})
