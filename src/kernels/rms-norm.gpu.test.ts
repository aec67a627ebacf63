import { describe, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { rmsNormReference } from '../reference/transformer'
import { rmsNorm } from './rms-norm'
import { rmsNormBackward } from './rms-norm-backward'

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

  it.each([
    [1, 1],
    [3, 63],
    [9, 64],
    [130, 65],
    [2, 1000],
  ])('gives the gradient of %i rows of %i, and adds it, as in float64', async (rows, hidden) => {
    const gpu = await testGpu()
    const [x, w, dy, before] = [rows * hidden, hidden, rows * hidden, rows * hidden].map((n, i) => noise(n, 5 + i))
    const expected = gradientReference(x!, w!, dy!)
    const [stored, added] = [gpu.alloc([rows, hidden]), gpu.upload(before!)]
    const rec = gpu.record()
    const read = { x: gpu.upload(x!), w: gpu.upload(w!), dy: gpu.upload(dy!) }
    rec.run(rmsNormBackward(software), { ...read, dx: stored }, { rows, hidden, eps: 1e-5, accumulate: false })
    rec.run(rmsNormBackward(software), { ...read, dx: added }, { rows, hidden, eps: 1e-5, accumulate: true })
    await gpu.submit(rec)
    expectClose(await gpu.readF32(stored), expected, { atol: 1e-5, rtol: 1e-5 })
    const sums = expected.map((value, i) => value + before![i]!)
    expectClose(await gpu.readF32(added), sums, { atol: 1e-5, rtol: 1e-5 })
  })
})

/** dx = r·(w·dy − x·r²·mean(x·w·dy)), r = 1 / sqrt(mean(x²) + 10⁻⁵). */
function gradientReference(x: Float32Array, w: Float32Array, dy: Float32Array): Float64Array {
  const hidden = w.length
  const mean = (row: number, of: (i: number) => number) => {
    let sum = 0
    for (let j = 0; j < hidden; j++) sum += of(row * hidden + j)
    return sum / hidden
  }
  return Float64Array.from(x, (value, i) => {
    const row = Math.floor(i / hidden)
    const r = 1 / Math.sqrt(mean(row, (k) => x[k]! ** 2) + 1e-5)
    return r * (w[i % hidden]! * dy[i]! - value * r * r * mean(row, (k) => x[k]! * w[k % hidden]! * dy[k]!))
  })
}
