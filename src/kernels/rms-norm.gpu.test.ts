import { describe, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { rmsNormReference } from '../reference/transformer'
import { rmsNorm } from './rms-norm'

describe.each([
  ['a workgroup a row', false],
  ['an invocation a row', true],
])('rms norm by %s', (_, software) => {
  it.each([
    [1, 1],
    [1, 64],
    [3, 63],
    [130, 65],
    [2, 1000],
  ])('normalises %i rows of %i as in float64', async (rows, hidden) => {
    const gpu = await testGpu()
    const x = noise(rows * hidden, 1)
    x.fill(0, 0, hidden) // a row of zeros is what eps is for
    const w = noise(hidden, 2)
    const y = gpu.alloc([rows, hidden])
    const rec = gpu.record()
    rec.run(rmsNorm(software), { x: gpu.upload(x), w: gpu.upload(w), y }, { rows, hidden, eps: 1e-5 })
    await gpu.submit(rec)
    // inverseSqrt may be off by 2 ulp, the sum of squares by a few more
    expectClose(await gpu.readF32(y), rmsNormReference(x, w, 1e-5), { atol: 1e-7, rtol: 2e-6 })
  })

  it('folds more rows than a grid dimension holds', async () => {
    const gpu = await testGpu()
    const [rows, hidden] = [65_537, 2]
    const x = noise(rows * hidden, 3)
    const w = Float32Array.of(1, -2)
    const y = gpu.alloc([rows, hidden])
    const rec = gpu.record()
    rec.run(rmsNorm(software), { x: gpu.upload(x), w: gpu.upload(w), y }, { rows, hidden, eps: 1e-6 })
    await gpu.submit(rec)
    expectClose(await gpu.readF32(y), rmsNormReference(x, w, 1e-6), { atol: 1e-7, rtol: 2e-6 })
  })
})
