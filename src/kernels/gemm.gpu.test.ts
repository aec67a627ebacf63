import { describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { matmulReference } from '../reference/matmul'
import { gemm, matmul, TILES } from './gemm'

// k float32 products of values in [-1, 1] rounded once each: errors stay far below k·2⁻²³.
const tolerance = (k: number) => ({ atol: k * 2 ** -22, rtol: 1e-5 })

/** The large tile differs from the medium one in numbers only, and compiles for seconds on a software adapter. */
const variantsOf = (tile: unknown): [boolean, boolean][] =>
  tile === TILES.large
    ? [[false, true]]
    : [
        [false, false],
        [false, true],
        [true, false],
      ]

describe.each(Object.entries(TILES))('gemm tile %s', (_, tile) => {
  it.each([
    { m: 1, n: 1, k: 1 },
    { m: 3, n: 130, k: 17 },
    { m: 65, n: 63, k: 33 },
    { m: 129, n: 127, k: 9 },
    { m: 64, n: 64, k: 64 },
  ])('equals the float64 product of $m×$k and $k×$n, plain and transposed', async ({ m, n, k }) => {
    const gpu = await testGpu()
    const a = noise(m * k, 1)
    const b = noise(k * n, 2)
    for (const [transA, transB] of variantsOf(tile)) {
      const tensors = { a: gpu.upload(a), b: gpu.upload(b), c: gpu.alloc([m, n]) }
      const rec = gpu.record()
      rec.run(gemm({ transA, transB, region: 'full', aInC: false, bInC: false, tile }), tensors, {
          m, n, k, lda: transA ? m : k, ldb: transB ? k : n, ldc: n, aOffset: 0, bOffset: 0, cOffset: 0,
          batch: 1, aBatch: 0, bBatch: 0, cBatch: 0, alpha: 1, beta: 0,
        }) // biome-ignore format: one shape, one glance
      await gpu.submit(rec)
      expectClose(await gpu.readF32(tensors.c), matmulReference(a, b, { m, n, k, transA, transB }), tolerance(k))
      gpu.free(tensors.a, tensors.b, tensors.c)
    }
  })
})

describe('matmul', () => {
  it('accumulates, scales, and touches only its window of C', async () => {
    const gpu = await testGpu()
    const [m, n, k] = [5, 7, 6]
    const a = noise(m * k, 3)
    const b = noise(n * k, 4)
    const before = noise(10 * 20, 5)
    const c = gpu.upload(before)
    const rec = gpu.record()
    matmul(rec, {
      a: gpu.upload(a),
      b: gpu.upload(b),
      c,
      m,
      n,
      k,
      transB: true,
      ldc: 20,
      cOffset: 43,
      alpha: -2,
      accumulate: true,
    })
    await gpu.submit(rec)
    const product = matmulReference(a, b, { m, n, k, transB: true })
    const expected = Float64Array.from(before)
    for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) expected[43 + i * 20 + j]! -= 2 * product[i * n + j]!
    expectClose(await gpu.readF32(c), expected, tolerance(k))
  })

  it('reads operands from the buffer it writes, in batches', async () => {
    const gpu = await testGpu()
    const n = 6
    // three stacked matrices in one buffer: third = first · second, twice
    const data = noise(2 * 3 * n * n, 6)
    const c = gpu.upload(data)
    const rec = gpu.record()
    const stride = 3 * n * n
    matmul(rec, {
      a: c, b: c, c, m: n, n, k: n, batch: 2,
      bOffset: n * n, cOffset: 2 * n * n, aBatch: stride, bBatch: stride, cBatch: stride,
    }) // biome-ignore format: offsets line up
    await gpu.submit(rec)
    const result = await gpu.readF32(c)
    for (const s of [0, stride]) {
      const expected = matmulReference(data.subarray(s), data.subarray(s + n * n), { m: n, n, k: n })
      expectClose(result.subarray(s + 2 * n * n, s + stride), expected, tolerance(n))
    }
  })

  it('computes at least the wanted triangle, and leaves far tiles alone', async () => {
    const gpu = await testGpu()
    const [n, k] = [200, 12]
    const x = noise(k * n, 7)
    for (const region of ['lower', 'upper'] as const) {
      const a = gpu.upload(x)
      const b = gpu.upload(x)
      const c = gpu.upload(new Float32Array(n * n))
      const rec = gpu.record()
      matmul(rec, { a, b, c, m: n, n, k, transA: true, region })
      await gpu.submit(rec)
      const result = await gpu.readF32(c)
      const expected = matmulReference(x, x, { m: n, n, k, transA: true })
      for (let i = 0; i < n; i++)
        for (let j = 0; j <= i; j++) {
          const at = region === 'lower' ? i * n + j : j * n + i
          expect(Math.abs(result[at]! - expected[at]!)).toBeLessThan(k * 2 ** -22)
        }
      expect(result[region === 'lower' ? n - 1 : (n - 1) * n]).toBe(0)
    }
  })

  it('splits work beyond the time budget into dispatches with the same result', async () => {
    const gpu = await testGpu()
    const shape = {
      m: 300,
      n: 40,
      k: 50,
      lda: 50,
      ldb: 40,
      ldc: 40,
      aOffset: 0,
      bOffset: 0,
      cOffset: 0,
      batch: 1,
      aBatch: 0,
      bBatch: 0,
      cBatch: 0,
      alpha: 1,
      beta: 0,
    }
    const kernel = gemm({ transA: false, transB: false, region: 'full', aInC: false, bInC: false, tile: TILES.medium })
    const passes = kernel.passes(shape, { ...gpu.traits, flopsPerDispatch: 2 * 40 * 50 * 100 })
    expect(passes.map((p) => p.params?.row)).toEqual([0, 64, 128, 192, 256])
  })
})
