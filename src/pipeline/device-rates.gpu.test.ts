import { expect, it } from 'vitest'
import { freshGpu, testGpu } from '../../test/device'
import { ratesOf } from './device-rates'

it('measures a device once and leaves nothing on it', async () => {
  const gpu = await testGpu()
  const before = gpu.pool.liveBytes
  const rates = await ratesOf(gpu)
  for (const rate of [rates.flopsPerSecond, rates.dispatchesPerSecond]) {
    expect(rate).toBeGreaterThan(0)
    expect(rate).toBeLessThan(Number.POSITIVE_INFINITY)
  }
  expect(gpu.pool.liveBytes).toBe(before)
  expect(await ratesOf(gpu)).toBe(rates)
})

it('measures again where the first time failed', async () => {
  const gpu = await freshGpu()
  gpu.destroy()
  const first = ratesOf(gpu)
  await expect(first).rejects.toThrow(/the device to stay/)
  expect(ratesOf(gpu)).not.toBe(first)
})
