import { describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { whole } from '../../test/panels'
import { NumericalError } from '../errors'
import { Recorder } from '../gpu/recorder'
import { upperFactorOfInverseReference } from '../reference/linalg'
import { matmulReference } from '../reference/matmul'
import { inverseFactor, recordCholesky } from './factor'
import { Hessian } from './hessian'
import { asPanels } from './panels'

/** XᵀX·2/tokens of correlated inputs, as float64. */
function inputs(tokens: number, n: number, seed: number): Float32Array<ArrayBuffer> {
  const x = noise(tokens * n, seed)
  for (let t = 0; t < tokens; t++) for (let j = 1; j < n; j++) x[t * n + j]! += 0.7 * x[t * n + j - 1]!
  return x
}

const hessianReference = (x: Float32Array, tokens: number, n: number) =>
  matmulReference(x, x, { m: n, n, k: tokens, transA: true }).map((v) => (2 / tokens) * v)

describe('Hessian', () => {
  it.each([1, 31, 65, 172])('is 2/n·XᵀX, whole and symmetric, over several batches (%i columns)', async (n) => {
    const gpu = await testGpu()
    const x = inputs(90, n, n)
    const rec = gpu.record()
    const h = Hessian.create(gpu, rec, n, 90)
    h.add(rec, gpu.upload(x.slice(0, 50 * n), [50, n]))
    h.add(rec, gpu.upload(x.slice(50 * n), [40, n]))
    h.finish(rec)
    await gpu.submit(rec)
    const expected = hessianReference(x, 90, n)
    expectClose(await gpu.readF32(whole(h.panels)), expected, { atol: 2e-6, rtol: 2e-6 })
    expectClose(
      await h.diagonal(),
      expected.filter((_, at) => at % (n + 1) === 0),
      { atol: 2e-6, rtol: 2e-6 },
    )
  })
})

describe('Cholesky in registers', () => {
  // failed pivots are told by both versions
  const gpuOf = async () => {
    const gpu = await testGpu()
    return { gpu, rec: new Recorder({ ...gpu.traits, software: false }) }
  }

  it.each([1, 2, 63, 64, 65, 130])('gives what the version for software adapters gives (n = %i)', async (n) => {
    const { gpu, rec } = await gpuOf()
    const h = Float32Array.from(hessianReference(inputs(3 * n + 8, n, 7), 3 * n + 8, n))
    const run = async (recorder: Recorder) => {
      const failed = gpu.upload(new Uint32Array(4))
      const l = gpu.upload(new Float32Array(n * n).fill(1e30), [n, n])
      // panels are multiplied by whole blocks of x, whose upper triangle is zero
      const x = gpu.upload(new Float32Array(n * n), [n, n])
      const tensors = { a: gpu.upload(h, [n, n]), l, x }
      const a = asPanels(tensors.a)
      recordCholesky(recorder, n, { a, l: asPanels(l), x: asPanels(x), failed })
      await gpu.submit(recorder)
      expect(await gpu.readU32(failed)).toEqual(new Uint32Array(4))
      return { l: await gpu.readF32(tensors.l), x: await gpu.readF32(tensors.x) }
    }
    const [found, expected] = [await run(rec), await run(gpu.record())]
    const lower = (values: Float32Array) => values.filter((_, at) => at % n <= Math.floor(at / n))
    // two orders of the same float32 operations on a matrix of condition 1e3
    expectClose(lower(found.l), lower(expected.l), { atol: 1e-4, rtol: 1e-3 })
    // blocks on the diagonal only are inverted here
    const inBlock = (values: Float32Array) =>
      values.filter((_, at) => at % n <= Math.floor(at / n) && at % n >= 64 * Math.floor(at / n / 64))
    expectClose(inBlock(found.x), inBlock(expected.x), { atol: 1e-3, rtol: 1e-3 })
  })

  it.each([
    [0, -1],
    [70, Number.NaN],
    [5, Number.POSITIVE_INFINITY],
  ])('names the first pivot that is none: column %i is %d', async (column, value) => {
    const { gpu, rec } = await gpuOf()
    const n = 80
    const h = Float32Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 2 : 0.001))
    h[column * n + column] = value
    const failed = gpu.upload(new Uint32Array(4))
    const a = asPanels(gpu.upload(h, [n, n]))
    const [l, x] = [asPanels(gpu.alloc([n, n])), asPanels(gpu.alloc([n, n]))]
    recordCholesky(rec, n, { a, l, x, failed })
    await gpu.submit(rec)
    expect((await gpu.readU32(failed))[0]).toBe(column + 1)
  })
})

describe('inverseFactor', () => {
  // below, at and above the block of 64, doubling with and without remainders
  it.each([1, 2, 63, 64, 65, 127, 128, 130, 200, 257])(
    'is the upper Cholesky factor of the inverse (n = %i)',
    async (n) => {
      const gpu = await testGpu()
      const tokens = 3 * n + 8
      const h = hessianReference(inputs(tokens, n, 7), tokens, n)
      const mean = h.filter((_, at) => at % (n + 1) === 0).reduce((sum, v) => sum + v, 0) / n
      const order = Uint32Array.from({ length: n }, (_, i) => (i * 7 + 3) % n)
      const valid = new Set(order).size === n ? order : Uint32Array.from({ length: n }, (_, i) => n - 1 - i)
      const { upper, pivots, damping } = await inverseFactor(
        gpu,
        gpu.upload(Float32Array.from(h), [n, n]),
        gpu.upload(valid),
        0.01,
      )
      expect(damping).toBe(0.01)
      const damped = Float64Array.from(h, (_, at) => {
        const [i, j] = [Math.floor(at / n), at % n]
        return h[valid[i]! * n + valid[j]!]! + (i === j ? 0.01 * mean : 0)
      })
      const expected = upperFactorOfInverseReference(damped, n)
      // condition number of a damped Hessian is below ~10³; float32 loses that many of its 2⁻²⁴
      const u = await gpu.readF32(whole(upper))
      expectClose(u, expected, { atol: 3e-4, rtol: 1e-4 })
      expect(pivots).toEqual(u.filter((_, at) => at % (n + 1) === 0))
      gpu.free(whole(upper))
    },
  )

  it('raises the damping of a singular Hessian and says so; a dead column counts as 1', async () => {
    const gpu = await testGpu()
    const n = 70
    // rank one with a negative eigenvalue that 1 % damping cannot lift
    const h = new Float32Array(n * n).fill(1)
    h[0] = 0.5
    h[5 * n + 5] = 0
    for (let i = 0; i < n; i++) h[5 * n + i] = h[i * n + 5] = 0
    const identity = gpu.upload(Uint32Array.from({ length: n }, (_, i) => i))
    const { upper, damping } = await inverseFactor(gpu, gpu.upload(h, [n, n]), identity, 0.01)
    expect(damping).toBe(1)
    const u = await gpu.readF32(whole(upper))
    expect(u.every(Number.isFinite)).toBe(true)
    const mean = (0.5 + (n - 1)) / n
    expect(u[5 * n + 5]).toBeCloseTo(1 / Math.sqrt(1 + mean), 4)
  })

  it('refuses NaN with a remedy', async () => {
    const gpu = await testGpu()
    const h = gpu.upload(new Float32Array(9).fill(Number.NaN), [3, 3])
    const order = gpu.upload(Uint32Array.of(0, 1, 2))
    const live = gpu.pool.liveBytes
    await expect(inverseFactor(gpu, h, order, 0.01)).rejects.toThrow(NumericalError)
    expect(gpu.pool.liveBytes).toBe(live)
  })
})
