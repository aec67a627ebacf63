import type { Gpu } from '../src/gpu/device'
import { matmul } from '../src/kernels/gemm'
import { inverseFactor, recordCholesky } from '../src/linalg/factor'
import { Hessian } from '../src/linalg/hessian'
import { allocGrid, freeGrid } from '../src/methods/affine'
import { recordGptq } from '../src/methods/gptq/gptq'
import { randomFrom } from '../src/random'
import { codeWorks } from './codes'
import { signWorks } from './signs'

/** One line of the bench: medians over runs, next to what the work costs at least. */
export interface Measurement {
  readonly work: string
  readonly n: number
  readonly ms: number
  readonly gflops: number
  /** Bytes that must move, over the time. */
  readonly gbPerSecond: number
  readonly runs: number
}

export interface Work {
  readonly name: string
  flops(n: number): number
  bytes(n: number): number
  /** Elements of the largest tensor, n × max(n, 2048) unless given; sizes where it cannot be bound are left out. */
  largest?(n: number): number
  /** The largest size worth the time it takes. */
  readonly most?: number
  /** Sets up once; the returned function does the work once and resolves when it has been submitted. */
  prepare(gpu: Gpu, n: number): Promise<{ run(): Promise<void>; free(): void }>
}

/** Tokens that a Hessian update takes in. */
const TOKENS = 2048

const noise = (length: number, seed: number): Float32Array<ArrayBuffer> => {
  const random = randomFrom(seed)
  return Float32Array.from({ length }, () => 2 * random() - 1)
}

const product: Work = {
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
    return { run, free: () => gpu.free(x, h.matrix) }
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
      recordCholesky(rec, n, { a, l, x, failed })
      return gpu.submit(rec)
    }
    return { run, free: () => gpu.free(h, order, a, l, x, failed) }
  },
}

const factor: Work = {
  name: 'factor of H⁻¹, n×n',
  flops: (n) => (2 * n ** 3) / 3,
  bytes: (n) => 8 * n * n,
  async prepare(gpu, n) {
    const { h, order } = await positiveDefinite(gpu, n)
    const run = async () => gpu.free((await inverseFactor(gpu, h, order, n, 0.01)).upper)
    return { run, free: () => gpu.free(h, order) }
  },
}

const gptqLayer: Work = {
  name: 'GPTQ of an n×n layer, 4 bits, groups of 128',
  flops: (n) => (5 * n ** 3) / 3,
  bytes: (n) => 16 * n * n,
  async prepare(gpu, n) {
    const { h, order } = await positiveDefinite(gpu, n)
    const weight = gpu.upload(noise(n * n, 4), [n, n])
    const diagonal = gpu.upload(new Float32Array(n).fill(1))
    const options = { bits: 4, groupSize: 128, symmetric: false, actOrder: false } as const
    const grid = allocGrid(gpu, n, n, options)
    const run = async () => {
      const { upper } = await inverseFactor(gpu, h, order, n, 0.01)
      const rec = gpu.record()
      recordGptq(gpu, rec, weight, { upper, order, diagonal }, grid, options)
      await gpu.submit(rec)
      gpu.free(upper)
    }
    return {
      run,
      free: () => {
        gpu.free(h, order, weight, diagonal)
        freeGrid(gpu, grid)
      },
    }
  },
}

export const works: readonly Work[] = [
  product,
  hessianOf(TOKENS),
  // a small layer's whole calibration in one go
  { ...hessianOf(65536), most: 512 },
  triangular,
  gram,
  cholesky,
  factor,
  gptqLayer,
  ...codeWorks,
  ...signWorks,
]

/** A GPU that idled runs at a fraction of its clock for a while. */
const WARM_UP_MS = 500

/** Runs `work` until the device has been busy for a while; once where a single run takes longer. */
export async function warmUp(gpu: Gpu, work: () => Promise<unknown>): Promise<void> {
  const started = performance.now()
  do {
    await work()
    await gpu.settle()
  } while (performance.now() - started < WARM_UP_MS)
}

/** Measures every work whose name contains `named` at every size; sizes that do not fit the device are left out. */
export async function* measure(
  gpu: Gpu,
  sizes: readonly number[],
  runs: number,
  named = '',
): AsyncGenerator<Measurement> {
  for (const work of works.filter(({ name }) => name.includes(named)))
    for (const n of sizes) {
      const largest = work.largest?.(n) ?? n * Math.max(n, TOKENS)
      if (n > (work.most ?? n) || 4 * largest > gpu.info.maxBindingBytes) continue
      const { run, free } = await work.prepare(gpu, n)
      await warmUp(gpu, run)
      const times: number[] = []
      for (let i = 0; i < runs; i++) {
        const started = performance.now()
        await run()
        await gpu.settle()
        times.push(performance.now() - started)
      }
      free()
      gpu.pool.trim()
      const ms = times.sort((a, b) => a - b)[Math.floor(runs / 2)]!
      yield { work: work.name, n, ms, gflops: work.flops(n) / ms / 1e6, gbPerSecond: work.bytes(n) / ms / 1e6, runs }
    }
}
