import { describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import type { Gpu } from '../gpu/device'
import { Recorder } from '../gpu/recorder'
import { matmulReference } from '../reference/matmul'
import { type MatmulOptions, matmul } from './gemm'

// k float32 products of values in [-1, 1] rounded once each: errors stay far below k·2⁻²³.
const tolerance = (k: number) => ({ atol: k * 2 ** -22, rtol: 1e-5 })

/** What a device that is no software adapter would be given: a product and a sum, and no memory kept. */
async function runSplit(gpu: Gpu, options: MatmulOptions): Promise<Float32Array<ArrayBuffer>> {
  const rec = new Recorder({ ...gpu.traits, software: false, flopsPerDispatch: 1e12 })
  const live = gpu.pool.liveBytes
  matmul(rec, { ...options, gpu })
  expect(rec.commands.length).toBe(2)
  expect(gpu.pool.liveBytes).toBe(live)
  await gpu.submit(rec)
  return gpu.readF32(options.c)
}

describe('a product split over k', () => {
  it('is added to a window of C and nothing else, and has the same bits every time', async () => {
    const gpu = await testGpu()
    const [m, n, k, ldc] = [65, 9, 1111, 12]
    const [x, y] = [noise(k * m, 1), noise(k * n, 2)]
    const before = noise(7 + m * ldc, 3)
    const [a, b] = [gpu.upload(x), gpu.upload(y)]
    const options = { a, b, m, n, k, transA: true, ldc, cOffset: 7, alpha: -2, accumulate: true }
    const first = await runSplit(gpu, { ...options, c: gpu.upload(before) })
    const product = matmulReference(x, y, { m, n, k, transA: true })
    const expected = Float64Array.from(before)
    for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) expected[7 + i * ldc + j]! -= 2 * product[i * n + j]!
    expectClose(first, expected, tolerance(k))
    expect(await runSplit(gpu, { ...options, c: gpu.upload(before) })).toEqual(first)
  })

  it('serves a single row, and batches that live in the buffer it writes', async () => {
    const gpu = await testGpu()
    const [n, k] = [5, 1024]
    // twice: a row [1,k], a matrix [k,n], the result [1,n]
    const stride = k + k * n + n
    const data = noise(2 * stride, 6)
    const c = gpu.upload(data)
    const result = await runSplit(gpu, {
      ...{ a: c, b: c, c, m: 1, n, k, batch: 2, aBatch: stride, bBatch: stride, cBatch: stride },
      ...{ bOffset: k, cOffset: k + k * n },
    })
    for (const s of [0, stride]) {
      const expected = matmulReference(data.subarray(s), data.subarray(s + k), { m: 1, n, k })
      expectClose(result.subarray(s + stride - n, s + stride), expected, tolerance(k))
      expect(result.subarray(s, s + stride - n)).toEqual(data.subarray(s, s + stride - n))
    }
  })

  it('adds up the wanted triangle, and leaves far tiles alone', async () => {
    const gpu = await testGpu()
    const [n, k] = [200, 1030]
    const x = noise(k * n, 7)
    const a = gpu.upload(x)
    const expected = matmulReference(x, x, { m: n, n, k, transA: true })
    const c = gpu.upload(new Float32Array(n * n).fill(3))
    const result = await runSplit(gpu, { a, b: a, c, m: n, n, k, transA: true, region: 'upper' })
    for (let i = 0; i < n; i++)
      expectClose(result.subarray(i * n + i, (i + 1) * n), expected.subarray(i * n + i, (i + 1) * n), tolerance(k))
    for (let i = 64; i < n; i++) expect(result[i * n]).toBe(3)
  })

  it('of a triangle meets parts of nothing but zeros, which it does not look at', async () => {
    const gpu = await testGpu()
    const [n, columns] = [1100, 5]
    const values = noise(n * n, 8)
    const y = noise(n * columns, 9)
    const rows = 64
    for (let i = 0; i < n; i++)
      for (let l = 0; l < i; l++) values[i * n + l] = l < Math.floor(i / rows) * rows ? Number.NaN : 0
    const upper = values.map((value, at) => (at % n < Math.floor(at / n) ? 0 : value))
    const [b, c] = [gpu.upload(y), gpu.alloc([n, columns])]
    const options = { b, c, m: n, n: columns, k: n }
    expectClose(
      await runSplit(gpu, { ...options, a: gpu.upload(values), triangle: 'upper' }),
      matmulReference(upper, y, options),
      tolerance(n),
    )
    // its transpose: far from the diagonal of column blocks the same elements must stay unseen
    const far = (at: number) => Math.floor(at / n) >= (Math.floor((at % n) / rows) + 1) * rows
    const stored = upper.map((value, at) => (far(at) ? Number.NaN : value))
    expectClose(
      await runSplit(gpu, { ...options, a: gpu.upload(stored), triangle: 'lower', transA: true }),
      matmulReference(upper, y, { ...options, transA: true }),
      tolerance(n),
    )
  })

  it('stays whole on a software adapter', async () => {
    const gpu = await testGpu()
    const [a, b, c] = [gpu.alloc([1, 2048]), gpu.alloc([2048, 1]), gpu.alloc([1])]
    const rec = new Recorder({ ...gpu.traits, software: true })
    matmul(rec, { a, b, c, m: 1, n: 1, k: 2048, gpu })
    expect(rec.commands.length).toBe(1)
    gpu.free(a, b, c)
  })
})
