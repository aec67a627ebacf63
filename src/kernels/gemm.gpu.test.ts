import { describe, expect, it } from 'vitest'
import { expectClose, noise, raisedGpu, testGpu } from '../../test/device'
import { Recorder } from '../gpu/recorder'
import { matmulReference } from '../reference/matmul'
import { gemm, matmul, TILES, type Triangle, tile } from './gemm'
import type { Tile } from './gemm-shape'

// k float32 products of values in [-1, 1] rounded once each: errors stay far below k·2⁻²³.
const tolerance = (k: number) => ({ atol: k * 2 ** -22, rtol: 1e-5 })

/** Where a tile fits: the large one takes more workgroup memory than is guaranteed. */
const gpuFor = (tile: Tile) => (tile.bytes > 16384 ? raisedGpu() : testGpu())

const VARIANTS = [
  [false, false],
  [false, true],
  [true, false],
] as const

/** What is written out of the large tile takes a processor half a minute to compile: here it is a loop. */
const TESTED = { ...TILES, large: tile(128, 128, 16, 2, 2) }

describe.each(Object.entries(TESTED))('gemm tile %s', (_, tile) => {
  it.each([
    { m: 1, n: 1, k: 1 },
    { m: 3, n: 130, k: 17 },
    { m: 65, n: 63, k: 33 },
    { m: 129, n: 127, k: 9 },
    { m: 64, n: 64, k: 64 },
  ])('equals the float64 product of $m×$k and $k×$n, plain and transposed', async ({ m, n, k }) => {
    const gpu = await gpuFor(tile)
    const a = noise(m * k, 1)
    const b = noise(k * n, 2)
    for (const [transA, transB] of VARIANTS) {
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

/** op(A) [n,n] with one triangle of numbers, zeros near the diagonal and NaN wherever tiles of `rows` must not look. */
function triangular(n: number, triangle: Triangle, rows: number, transA: boolean) {
  const values = noise(n * n, 11)
  const zeroed = values.slice()
  for (let i = 0; i < n; i++)
    for (let l = 0; l < n; l++) {
      if (triangle === 'upper' ? l >= i : l <= i) continue
      const first = Math.floor(i / rows) * rows
      const far = triangle === 'upper' ? l < first : l >= first + rows
      const at = transA ? l * n + i : i * n + l
      values[at] = far ? Number.NaN : 0
      zeroed[at] = 0
    }
  return { stored: values, oracle: zeroed }
}

const FORMS: [Triangle, boolean][] = [
  ['upper', false],
  ['lower', true],
  ['lower', false],
  ['upper', true],
]

describe.each(Object.entries(TESTED))('a triangular operand in tile %s', (_, tile) => {
  it.each([1, 63, 64, 65, 129, 300])('gives the product of %i rows without looking at what is zero', async (n) => {
    const gpu = await gpuFor(tile)
    const columns = 9
    const b = noise(n * columns, 2)
    for (const [triangle, transA] of tile === TESTED.large ? FORMS.slice(0, 1) : FORMS) {
      const { stored, oracle } = triangular(n, triangle, tile.rows, transA)
      const tensors = { a: gpu.upload(stored), b: gpu.upload(b), c: gpu.alloc([n, columns]) }
      const rec = gpu.record()
      rec.run(gemm({ transA, transB: false, region: 'full', triangle, aInC: false, bInC: false, tile }), tensors, {
          m: n, n: columns, k: n, lda: n, ldb: columns, ldc: columns, aOffset: 0, bOffset: 0, cOffset: 0,
          batch: 1, aBatch: 0, bBatch: 0, cBatch: 0, alpha: 1, beta: 0,
        }) // biome-ignore format: one shape, one glance
      await gpu.submit(rec)
      const expected = matmulReference(oracle, b, { m: n, n: columns, k: n, transA })
      expectClose(await gpu.readF32(tensors.c), expected, tolerance(n))
      gpu.free(tensors.a, tensors.b, tensors.c)
    }
  })
})

describe('matmul', () => {
  it('multiplies a triangle inside a larger matrix, in several dispatches, onto what is there', async () => {
    const gpu = await testGpu()
    const [n, columns, lda, ldc] = [150, 7, 160, 11]
    const b = noise(n * columns, 2)
    const before = noise(3 + n * ldc, 3)
    for (const [triangle, transA] of FORMS) {
      const { stored, oracle } = triangular(n, triangle, TILES.software.rows, transA)
      const a = new Float32Array(5 + n * lda)
      for (let i = 0; i < n; i++) a.set(stored.subarray(i * n, (i + 1) * n), 5 + i * lda)
      const c = gpu.upload(before)
      // the bound of a dispatch allows 40 rows: two tiles of the software variant
      const rec = new Recorder({ ...gpu.traits, flopsPerDispatch: 2 * columns * n * 40, software: true })
      matmul(rec, {
        ...{ a: gpu.upload(a), b: gpu.upload(b), c, m: n, n: columns, k: n, transA, triangle, lda, ldc },
        ...{ aOffset: 5, cOffset: 3, alpha: -2, accumulate: true },
      })
      expect(rec.commands.length).toBe(5)
      await gpu.submit(rec)
      const product = matmulReference(oracle, b, { m: n, n: columns, k: n, transA })
      const expected = Float64Array.from(before)
      for (let i = 0; i < n; i++)
        for (let j = 0; j < columns; j++) expected[3 + i * ldc + j]! -= 2 * product[i * columns + j]!
      expectClose(await gpu.readF32(c), expected, tolerance(n))
    }
  })

  it('takes only square operands for triangular', async () => {
    const gpu = await testGpu()
    const [a, b, c] = [gpu.alloc([6]), gpu.alloc([3]), gpu.alloc([2])]
    expect(() => matmul(gpu.record(), { a, b, c, m: 2, n: 1, k: 3, triangle: 'upper' })).toThrow(/2 rows and 3 columns/)
    gpu.free(a, b, c)
  })

  it.each([
    [1, 1, 1],
    [1, 130, 300],
    [3, 33, 129],
    [4, 5, 128],
  ])('multiplies %i rows as vectors, %i columns of %i, on a device that is no processor', async (m, n, k) => {
    const gpu = await testGpu()
    const [a, b, before] = [noise(m * k, 1), noise(n * k, 2), noise(m * n, 3)]
    const tensors = { a: gpu.upload(a), b: gpu.upload(b), c: gpu.upload(before) }
    const rec = new Recorder({ ...gpu.traits, software: false })
    matmul(rec, { ...tensors, m, n, k, transB: true, alpha: 0.5, accumulate: true })
    await gpu.submit(rec)
    const product = matmulReference(a, b, { m, n, k, transA: false, transB: true })
    const expected = product.map((value, i) => 0.5 * value + before[i]!)
    expectClose(await gpu.readF32(tensors.c), expected, tolerance(k))
    gpu.free(tensors.a, tensors.b, tensors.c)
  })

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

  it.each(['direct', 'tiled'] as const)(
    '%s, cuts a row of tiles that is too much for one, and gives the same bits',
    async (kind) => {
      const gpu = await testGpu()
      const [m, n, k] = [70, 150, 40]
      const [a, b] = [gpu.upload(noise(m * k, 1)), gpu.upload(noise(n * k, 2))]
      const product = async (flopsPerDispatch: number) => {
        const c = gpu.upload(new Float32Array(m * n).fill(1e30), [m, n])
        const rec = new Recorder({ ...gpu.traits, flopsPerDispatch, software: kind === 'direct' })
        matmul(rec, { a, b, c, m, n, k, transB: true })
        const dispatches = rec.commands.length
        await gpu.submit(rec)
        return { dispatches, values: await gpu.readF32(c) }
      }
      const whole = await product(1e12)
      const cut = await product(2 * 16 * k * 70)
      expect(whole.dispatches).toBe(1)
      expect(cut.dispatches).toBeGreaterThan(Math.ceil(m / 64))
      expect(cut.values).toEqual(whole.values)
    },
  )
})
