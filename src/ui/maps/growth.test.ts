import { describe, expect, it } from 'vitest'
import { fakeRow } from '../../../test/fake-benchmark'
import { growthAt, growthText, layoutGrowth, spread, walkGrowth } from './growth'

const rows = ['matmul', 'copy'].flatMap((work) => [512, 128, 256].map((n) => fakeRow(work, n, 3)))
const layout = layoutGrowth([...rows, fakeRow('short', 128, 3)], 1000)

describe('growth chart', () => {
  it('draws a power of n as a straight line inside its box, with room for names where it is wide', () => {
    for (const width of [320, 1000, 3800]) {
      const { box, lines, named, height } = layoutGrowth(rows, width)
      const spots = lines[0]!.spots
      expect(spots[0]!.x).toBeGreaterThan(box.x)
      expect(spots[2]!.x).toBeLessThan(box.x + box.width)
      expect(spots[1]!.x - spots[0]!.x).toBeCloseTo(spots[2]!.x - spots[1]!.x, 6)
      expect(spots[0]!.y - spots[1]!.y).toBeCloseTo(spots[1]!.y - spots[2]!.y, 6)
      expect(spots[0]!.y).toBeLessThan(height)
      expect([named, width - box.x - box.width > 250]).toEqual([width > 760, width > 760])
    }
  })

  it('takes one size alone', () => {
    const { box, sizes } = layoutGrowth([fakeRow('matmul', 64, 1)], 400)
    expect(sizes).toEqual([{ n: 64, x: box.x + box.width / 2 }])
  })

  it('finds the measurement under the pointer', () => {
    const { x, y } = layout.lines[1]!.spots[2]!
    expect(growthAt(layout, x + 3, y - 3)).toEqual({ line: 1, point: 2 })
    expect(growthAt(layout, x, y + 40)).toBeNull()
  })

  it('walks works and sizes, and stays where there are none', () => {
    expect(walkGrowth(layout, null, 'ArrowDown')).toEqual({ line: 0, point: 0 })
    expect(walkGrowth(layout, { line: 1, point: 2 }, 'ArrowDown')).toEqual({ line: 2, point: 0 })
    expect(walkGrowth(layout, { line: 0, point: 2 }, 'ArrowRight')).toEqual({ line: 0, point: 2 })
    expect(walkGrowth(layout, { line: 0, point: 0 }, 'x')).toBeNull()
  })

  it('says a measurement in words, with the power of n', () => {
    expect(growthText(layout, null)).toMatch(/^3 works at 3 sizes/)
    expect(growthText(layout, { line: 0, point: 2 })).toBe(
      'matmul, n = 512: 2.68 ms, 100 GFLOP/s, 1.17 GB/s; from n = 256 time grows as n^3.0',
    )
    expect(growthText(layout, { line: 1, point: 0 })).toBe('copy, n = 128: 0.0524 ms, 10.0 GB/s')
  })

  it('pushes names apart and keeps them above the bottom', () => {
    expect(spread([10, 12, 50], 13, 300)).toEqual([10, 23, 50])
    expect(spread([280, 290, 295], 13, 300)).toEqual([274, 287, 300])
  })
})
