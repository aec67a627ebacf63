import { expect, it } from 'vitest'
import { testGpu } from '../test/device'
import { forecastReconstruction, LLAMA_1B, measureReconstruction } from './reconstruction'

it('times steps on a block and gives its memory back, which the forecast of a run knew', async () => {
  const gpu = await testGpu()
  const before = gpu.pool.liveBytes
  const shape = { hidden: 128, ffn: 384, heads: 4, kvHeads: 2, length: 24, batch: 3 }
  const row = await measureReconstruction(gpu, shape, { runs: 1, rates: { gflops: 1, gbPerSecond: 1 } })
  expect(row.stepsPerSecond).toBeCloseTo(1000 / row.ms, 10)
  expect(Math.abs(row.peakBytes - before - row.forecastBytes) / row.forecastBytes).toBeLessThan(0.05)
  expect(gpu.pool.liveBytes).toBe(before)
})

it('forecasts a block of LLaMA-3.2-1B as an H200 took it: 2.10 GiB', () => {
  const info = { name: 'H200', software: false, features: [], maxBindingBytes: 2 ** 31 - 4, maxBufferBytes: 2 ** 32 }
  expect(forecastReconstruction(LLAMA_1B, info) / 2 ** 30).toBeCloseTo(2.1, 1)
})
