import type { Gpu } from '../src/gpu/device'
import { attention } from '../src/kernels/attention'
import { matmul } from '../src/kernels/gemm'
import { inverseFactor, recordCholesky } from '../src/linalg/factor'
import { Hessian } from '../src/linalg/hessian'
import { allocGrid, freeGrid } from '../src/methods/affine'
import { recordGptq } from '../src/methods/gptq/gptq'
import { randomFrom } from '../src/random'
import { codeWorks } from './codes'
import { copied } from './copy'
import { signWorks } from './signs'
import { upRows } from './synthetic'

/** One line of the bench: medians over runs, next to what the work costs at least. */
export interface Measurement {
  readonly work: string
  readonly n: number
  readonly ms: number
  /** Time of the kernels alone, by the GPU's clock; null without the timestamp-query feature. */
  readonly gpuMs: number | null
  /** What each of them takes of it, longest first. */
  readonly kernels: readonly { readonly label: string; readonly ms: number; readonly count: number }[]
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
  name: 'Cholesky and triangular inverse, n×n',
  flops: (n) => (2 * n ** 3) / 3,
  bytes: (n) => 8 * n * n,
  async prepare(gpu, n) {
    const { h, order } = await positiveDefinite(gpu, n)
    const run = async () => gpu.free((await inverseFactor(gpu, h, order, n, 0.01)).upper)
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

/** Everything that is measured, in the order of the table. */
export const works: readonly Work[] = [
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
  copied,
  ...codeWorks,
  ...signWorks,
]

/** A GPU that idled runs at a fraction of its clock for a while, and does not hurry for little work. */
const WARM_UP_MS = 500

/** Keeps all of the GPU busy for a while. */
async function spin(gpu: Gpu): Promise<void> {
  if (gpu.info.software) return
  const n = 2048
  const { run, free } = await product.prepare(gpu, n)
  await warmUp(gpu, async () => {
    for (let i = 0; i < 8; i++) await run()
  })
  free()
}

/** Runs `work` until the device has been busy for a while; once where a single run takes longer. */
export async function warmUp(gpu: Gpu, work: () => Promise<unknown>): Promise<void> {
  const started = performance.now()
  do {
    await work()
    await gpu.settle()
  } while (performance.now() - started < WARM_UP_MS)
}

const median = (times: number[]): number => times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!

/** What the kernels of one run take by the GPU's clock, in the run that is the median of all. */
async function gpuTime(
  gpu: Gpu,
  run: () => Promise<void>,
  runs: number,
): Promise<Pick<Measurement, 'gpuMs' | 'kernels'>> {
  if (!gpu.device.features.has('timestamp-query')) return { gpuMs: null, kernels: [] }
  const times: { gpuMs: number; kernels: Measurement['kernels'] }[] = []
  for (let i = 0; i < runs; i++) {
    const { spans } = await gpu.profile(run)
    const kernels = spans.map(({ label, ms, count }) => ({ label, ms, count }))
    times.push({ gpuMs: kernels.reduce((sum, { ms }) => sum + ms, 0), kernels })
  }
  return times.sort((a, b) => a.gpuMs - b.gpuMs)[Math.floor(runs / 2)]!
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
      await spin(gpu)
      await warmUp(gpu, run)
      const times: number[] = []
      for (let i = 0; i < runs; i++) {
        const started = performance.now()
        await run()
        await gpu.settle()
        times.push(performance.now() - started)
      }
      const inside = await gpuTime(gpu, run, runs)
      free()
      gpu.pool.trim()
      const ms = median(times)
      const rates = { gflops: work.flops(n) / ms / 1e6, gbPerSecond: work.bytes(n) / ms / 1e6 }
      yield { work: work.name, n, ms, ...inside, ...rates, runs }
    }
}
