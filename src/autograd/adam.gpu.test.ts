import { expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { adamReference } from '../reference/allocator'
import { Adam } from './adam'

it.each([1, 63, 1000])('takes five steps on %i parameters', async (count) => {
  const gpu = await testGpu()
  const before = gpu.pool.liveBytes
  const start = noise(count, 1)
  // some parameters get no gradient, some a tiny one
  const gradients = [2, 3, 4, 5, 6].map((seed) =>
    noise(count, seed).map((g, i) => (i % 5 === 0 ? 0 : g * 10 ** -(i % 4))),
  )
  const w = gpu.upload(start)
  const rec = gpu.record()
  const adam = new Adam(gpu, rec, w)
  const tensors = gradients.map((g) => gpu.upload(g))
  for (const g of tensors) adam.step(rec, g, 0.01)
  await gpu.submit(rec)
  // each step moves by about the rate; 1 − β₂ is 5e-5 off in float32, and the moves are rounded at w ≤ 1
  expectClose(await gpu.readF32(w), adamReference(start, gradients, { rate: 0.01 }), { atol: 2e-6 })
  adam.free()
  gpu.free(w, ...tensors)
  expect(gpu.pool.liveBytes).toBe(before)
})

it('takes a gradient that is not finite for none', async () => {
  const gpu = await testGpu()
  const w = gpu.upload(new Float32Array([1, 2, 3, 4]))
  const g = gpu.upload(new Float32Array([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1]))
  const rec = gpu.record()
  const adam = new Adam(gpu, rec, w)
  adam.step(rec, g, 0.5)
  await gpu.submit(rec)
  // a first step moves by the rate; 1 − β₂ is 5e-5 off in float32
  expectClose(await gpu.readF32(w), [1, 2, 3, 3.5], { atol: 2e-5 })
  adam.free()
  gpu.free(w, g)
})

it('takes the rate of each step', async () => {
  const gpu = await testGpu()
  const w = gpu.upload(new Float32Array([1, 1]))
  const g = gpu.upload(new Float32Array([3, -3]))
  const rec = gpu.record()
  const adam = new Adam(gpu, rec, w)
  adam.step(rec, g, 0.5)
  adam.step(rec, g, 0)
  adam.step(rec, g, 0.25)
  await gpu.submit(rec)
  // a constant gradient moves each parameter by exactly the rate, but for rounding of the moments
  expectClose(await gpu.readF32(w), [0.25, 1.75], { atol: 1e-4 })
  adam.free()
  gpu.free(w, g)
})
