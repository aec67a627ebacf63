import type { Gpu } from '../src/gpu/device'
import { attention } from '../src/kernels/attention'
import { matmul } from '../src/kernels/gemm'
import { inverseFactor, recordCholesky } from '../src/linalg/factor'
import { Hessian } from '../src/linalg/hessian'
import { asPanels, tensorsOf } from '../src/linalg/panels'
import { allocGrid, freeGrid } from '../src/methods/affine'
import { recordGptq } from '../src/methods/gptq/gptq'
import { randomFrom } from '../src/random'
import type { Work } from './suite'
import { upRows } from './synthetic'

/** Tokens that a Hessian update takes in. */
export const TOKENS = 2048

const noise = (length: number, seed: number): Float32Array<ArrayBuffer> => {
  const random = randomFrom(seed)
  return Float32Array.from({ length }, () => 2 * random() - 1)
}

export const product: Work = {
  name: 'matmul A·Bᵀ n×n×n',
  flops: (n) => 2 * n ** 3,
  bytes: (n) => 12 * n * n,
  async prepare(gpu, n) {
    const [a, b, c] = [gpu.upload(noise(n * n, 1)), gpu.upload(noise(n * n, 2)), gpu.alloc([n, n])]
    const run = () => {
      const rec = gpu.record()
      matmul(rec, { a, b, c, m: n, n, k: n, transB: true })
      return gpu.submit(rec)
    }
    return { run, free: () => gpu.free(a, b, c) }
  },
}

const hessianOf = (tokens: number): Work => ({
  name: `Hessian n×n += XᵀX, ${tokens} tokens`,
  flops: (n) => tokens * n * (n + 1),
  bytes: (n) => 4 * (tokens * n + n * n),
  largest: (n) => n * Math.max(n, tokens),
  async prepare(gpu, n) {
    const x = gpu.upload(noise(tokens * n, 1), [tokens, n])
    const rec = gpu.record()
    const h = Hessian.create(gpu, rec, n, tokens)
    await gpu.submit(rec)
    const run = () => {
      const step = gpu.record()
      h.add(step, x)
      return gpu.submit(step)
    }
    return {
      run,
      free: () => {
        gpu.free(x)
        h.free()
      },
    }
  },
})

/** Columns of the features of a graph whose nodes are the columns of a layer. */
const FEATURES = 64

const triangular: Work = {
  name: `U·X, n×n upper triangular, n×${FEATURES}`,
  flops: (n) => FEATURES * n * (n + 1),
  bytes: (n) => 4 * ((n * (n + 1)) / 2 + 2 * FEATURES * n),
  async prepare(gpu, n) {
    const data = noise(n * n, 1)
    for (let i = 0; i < n; i++) data.fill(0, i * n, i * n + i)
    const [a, b, c] = [gpu.upload(data), gpu.upload(noise(n * FEATURES, 2)), gpu.alloc([n, FEATURES])]
    const run = () => {
      const rec = gpu.record()
      matmul(rec, { a, b, c, m: n, n: FEATURES, k: n, triangle: 'upper', gpu })
      return gpu.submit(rec)
    }
    return { run, free: () => gpu.free(a, b, c) }
  },
}

const gram: Work = {
  name: `XᵀY, ${FEATURES}×${FEATURES} from n rows`,
  flops: (n) => 2 * FEATURES * FEATURES * n,
  bytes: (n) => 4 * (2 * FEATURES * n + FEATURES * FEATURES),
  largest: (n) => FEATURES * n,
  async prepare(gpu, n) {
    const [a, b] = [gpu.upload(noise(n * FEATURES, 1)), gpu.upload(noise(n * FEATURES, 2))]
    const c = gpu.alloc([FEATURES, FEATURES])
    const run = () => {
      const rec = gpu.record()
      matmul(rec, { a, b, c, m: FEATURES, n: FEATURES, k: n, transA: true, gpu })
      return gpu.submit(rec)
    }
    return { run, free: () => gpu.free(a, b, c) }
  },
}

/** A well-conditioned symmetric matrix, made on the GPU. */
async function positiveDefinite(gpu: Gpu, n: number) {
  const data = noise(n * n, 3)
  for (let i = 0; i < n; i++) data[i * n + i]! += n
  const h = gpu.upload(data, [n, n])
  const order = gpu.upload(Uint32Array.from({ length: n }, (_, i) => i))
  return { h, order }
}

const cholesky: Work = {
  name: 'Cholesky n×n',
  flops: (n) => n ** 3 / 3,
  bytes: (n) => 8 * n * n,
  async prepare(gpu, n) {
    const { h, order } = await positiveDefinite(gpu, n)
    const [a, l, x] = [gpu.alloc([n, n]), gpu.alloc([n, n]), gpu.alloc([n, n])]
    const failed = gpu.upload(new Uint32Array(4))
    const run = () => {
      const rec = gpu.record()
      rec.copy(h, a)
      recordCholesky(rec, n, { a: asPanels(a), l: asPanels(l), x: asPanels(x), failed })
      return gpu.submit(rec)
    }
    return { run, free: () => gpu.free(h, order, a, l, x, failed) }
  },
}

const factor: Work = {
  name: 'Cholesky and triangular inverse, n×n',
  flops: (n) => (2 * n ** 3) / 3,
  bytes: (n) => 8 * n * n,
  async prepare(gpu, n) {
    const { h, order } = await positiveDefinite(gpu, n)
    const run = async () => gpu.free(...tensorsOf((await inverseFactor(gpu, h, order, 0.01)).upper))
    return { run, free: () => gpu.free(h, order) }
  },
}

const gptqLayer = (shape: string, rowsOf: (n: number) => number): Work => ({
  name: `GPTQ of a layer ${shape}, 4 bits, groups of 128`,
  flops: (n) => (2 * n ** 3) / 3 + rowsOf(n) * n * n,
  bytes: (n) => 8 * n * (n + rowsOf(n)),
  largest: (n) => n * Math.max(n, rowsOf(n)),
  async prepare(gpu, n) {
    const { h, order } = await positiveDefinite(gpu, n)
    const rows = rowsOf(n)
    const weight = gpu.upload(noise(rows * n, 4), [rows, n])
    const diagonal = gpu.upload(new Float32Array(n).fill(1))
    const options = { bits: 4, groupSize: 128, symmetric: false, actOrder: false } as const
    const grid = allocGrid(gpu, rows, n, options)
    const run = async () => {
      const { upper } = await inverseFactor(gpu, h, order, 0.01)
      const rec = gpu.record()
      recordGptq(gpu, rec, weight, { upper, order, diagonal }, grid, options)
      await gpu.submit(rec)
      gpu.free(...tensorsOf(upper))
    }
    return {
      run,
      free: () => {
        gpu.free(h, order, weight, diagonal)
        freeGrid(gpu, grid)
      },
    }
  },
})

/** The heads of LLaMA-2 7B. */
const HEADS = { heads: 32, headDim: 128 }

const attended: Work = {
  name: `attention of ${HEADS.heads} heads × ${HEADS.headDim}, n tokens`,
  flops: (n) => 2 * HEADS.heads * HEADS.headDim * n * (n + 1),
  bytes: (n) => 16 * HEADS.heads * HEADS.headDim * n,
  largest: (n) => HEADS.heads * HEADS.headDim * n,
  async prepare(gpu, n) {
    const { heads, headDim } = HEADS
    const [q, k, v] = [1, 2, 3].map((seed) => gpu.upload(noise(n * heads * headDim, seed), [n, heads * headDim]))
    const y = gpu.alloc([n, heads * headDim])
    const run = () => {
      const rec = gpu.record()
      const shape = { windows: 1, tq: n, tk: n, capacity: n, heads, kvHeads: heads }
      rec.run(attention(headDim, n, gpu.info.software), { q: q!, k: k!, v: v!, y }, shape)
      return gpu.submit(rec)
    }
    return { run, free: () => gpu.free(q, k, v, y) }
  },
}

/** What works on float32 matrices cost. */
export const denseWorks: readonly Work[] = [
  product,
  hessianOf(TOKENS),
  hessianOf(16384),
  // a small layer's whole calibration in one go
  { ...hessianOf(65536), most: 512 },
  triangular,
  gram,
  cholesky,
  factor,
  gptqLayer('n×n', (n) => n),
  gptqLayer('2.69n×n', upRows),
  attended,
]
