import { describe, expect, it } from 'vitest'
import { testGpu } from '../test/device'
import { gpuWork, median, recipes } from './allocation-cost'
import { growing, measureLinears } from './linear-cost'

describe('the cost of an allocation', () => {
  it('is measured for every recipe, against GPTQ, and gives all memory back', async () => {
    const gpu = await testGpu()
    const before = gpu.pool.liveBytes
    const rates = { gflops: 1, gbPerSecond: 1 }
    const rows = []
    for await (const row of measureLinears(gpu, growing([40]), { runs: 1, tokens: 64, rates })) rows.push(row)
    expect(rows.map(({ recipe }) => recipe)).toEqual(recipes.map(({ name }) => name))
    for (const { ms, ratio, peakBytes } of rows) {
      expect(ratio).toBeCloseTo(ms / rows[0]!.ms, 10)
      expect(peakBytes).toBeGreaterThan(before + 3 * 4 * 40 * 40) // W, H and the cross product at least
    }
    expect(rows.map(({ steps }) => steps > 0)).toEqual([false, false, false, true, true])
    expect(gpu.pool.liveBytes).toBe(before)
  })

  it('takes the slower of arithmetic and memory as the floor of each kernel', () => {
    const span = { label: 'x', ms: 3, longestMs: 2, count: 2 }
    const spans = [
      { ...span, flops: 4e9, bytes: 1e6 },
      { ...span, flops: 1e6, bytes: 6e9 },
    ]
    // 4 GFLOP at 1 TFLOP/s, 6 GB at 2 TB/s
    const work = gpuWork(spans, { gflops: 1000, gbPerSecond: 2000 })
    expect(work).toMatchObject({ ms: 6, dispatches: 4, floorMs: 4 + 3 })
  })

  it('takes the middle of an odd number of runs', () => {
    expect(median([5, 1, 3])).toBe(3)
  })
})
