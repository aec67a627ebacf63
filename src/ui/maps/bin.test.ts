import { describe, expect, it } from 'vitest'
import { binOf, binsFor } from '../../pipeline/matrix/bins'
import { binBits, binLane, shareHeights, shownWidths } from './bin'

describe('a lane in bins', () => {
  it('never hide a lone outlier among 28672 columns', () => {
    const values = new Float32Array(28672).fill(1)
    values[20001] = 50
    const bins = binsFor({ start: 0, end: values.length }, 900, values.length)
    const lane = binLane(values, bins)
    const bin = binOf(bins, 20001)
    expect(lane.max[bin]).toBe(50)
    expect(lane.at[bin]).toBe(20001)
    expect(lane.mean[bin]).toBeLessThan(3)
    expect(lane.max.filter((value) => value > 1)).toHaveLength(1)
  })
})

describe('bits of a bin', () => {
  it('are shares of the widths present, most bits first', () => {
    const bits = Float32Array.from([2, 2, 2, 8, 4, 4, 4, 4])
    expect(binBits(bits, binsFor({ start: 0, end: 8 }, 2, 8))).toEqual([
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
