import { expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { whole } from '../../test/panels'
import { matmulReference } from '../reference/matmul'
import { Hessian } from './hessian'

const square = (a: Float32Array, b: Float32Array, n: number, tokens: number) =>
  matmulReference(a, b, { m: n, n, k: tokens, transA: true }).map((value) => (2 / tokens) * value)

it.each([1, 37, 70])('of %i columns is the mean over all batches, beside the product with other inputs', async (n) => {
  const gpu = await testGpu()
  const before = gpu.pool.liveBytes
  const [first, tokens] = [19, 50]
  const [x, x0] = [noise(tokens * n, 1), noise(tokens * n, 2)]
  const rec = gpu.record()
  const hessian = Hessian.create(gpu, rec, n, tokens, true)
  await gpu.submit(rec)
  for (const [begin, end] of [
    [0, first],
    [first, tokens],
  ] as const) {
    const [part, part0] = [x, x0].map((all) => gpu.upload(all.slice(begin * n, end * n), [end - begin, n]))
    const step = gpu.record()
    hessian.add(step, part!)
    hessian.addCross(step, part0!, part!)
    await gpu.submit(step)
    gpu.free(part, part0)
  }
  const last = gpu.record()
  hessian.finish(last)
  await gpu.submit(last)
  // sums of 50 products below 1 in float32
  const close = { rtol: 1e-5, atol: 2e-6 }
  expectClose(await gpu.readF32(whole(hessian.panels)), square(x, x, n, tokens), close)
  expectClose(await gpu.readF32(whole(hessian.cross!)), square(x0, x, n, tokens), close)
  expect(hessian.tokens).toBe(tokens)
  hessian.free()
  expect(gpu.pool.liveBytes).toBe(before)
})

it('has no product with other inputs unless asked for', async () => {
  const gpu = await testGpu()
  const rec = gpu.record()
  const hessian = Hessian.create(gpu, rec, 4, 4)
  const x = gpu.upload(noise(16, 1), [4, 4])
  expect(hessian.cross).toBeNull()
  expect(() => hessian.addCross(rec, x, x)).toThrow('nobody asked')
  await gpu.submit(rec)
  hessian.free()
  gpu.free(x)
})
