import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { binBits, binLane, binOf, binRange, binsFor, shareHeights, shownWidths } from './bin'

const windows = fc
  .tuple(fc.nat(500), fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: 400 }))
  .map(([start, columns, pixels]) => binsFor(start, start + columns, pixels))

describe('bins', () => {
  it('cover every column once, and binOf is the inverse of binRange', () => {
    fc.assert(
      fc.property(windows, (bins) => {
        let next = bins.start
        for (let bin = 0; bin < bins.count; bin++) {
          const [first, last] = binRange(bins, bin)
          expect(first).toBe(next)
          expect(last).toBeGreaterThan(first)
          expect(binOf(bins, first)).toBe(bin)
          expect(binOf(bins, last - 1)).toBe(bin)
          next = last
        }
        expect(next).toBe(bins.end)
      }),
      { numRuns: 50 },
    )
  })

  it('never hide a lone outlier among 28672 columns', () => {
    const values = new Float32Array(28672).fill(1)
    values[20001] = 50
    const bins = binsFor(0, values.length, 900)
    const lane = binLane(values, bins)
    const bin = binOf(bins, 20001)
    expect(lane.max[bin]).toBe(50)
    expect(lane.at[bin]).toBe(20001)
    expect(lane.mean[bin]).toBeLessThan(3)
    expect(lane.max.filter((value) => value > 1)).toHaveLength(1)
  })

  it('are one a column when there is room', () => {
    expect(binsFor(0, 172, 900).count).toBe(172)
  })
})

describe('bits of a bin', () => {
  it('are shares of the widths present, most bits first', () => {
    const bits = Float32Array.from([2, 2, 2, 8, 4, 4, 4, 4])
    expect(binBits(bits, binsFor(0, 8, 2))).toEqual([
      [
        { bits: 8, share: 0.25 },
        { bits: 2, share: 0.75 },
      ],
      [{ bits: 4, share: 1 }],
    ])
  })

  it('fill the strip exactly, a rare width visibly', () => {
    expect(
      shareHeights(
        [
          { bits: 8, share: 0.001 },
          { bits: 2, share: 0.999 },
        ],
        26,
      ),
    ).toEqual([3, 23])
    const widths = [8, 6, 5, 4, 3, 2, 1].map((bits) => ({ bits, share: 1 / 7 }))
    expect(shareHeights(widths, 26).reduce((sum, part) => sum + part)).toBe(26)
  })
})

it('widths are shown as they are while they are whole, and by quarters of a bit where they are means', () => {
  const whole = Float32Array.from({ length: 40 }, (_, i) => 1 + (i % 8))
  expect(shownWidths(whole)).toBe(whole)
  const many = Float32Array.from({ length: 40 }, (_, i) => 2 + i / 100)
  expect([...new Set(shownWidths(many))]).toEqual([2, 2.25, 2.5])
})
