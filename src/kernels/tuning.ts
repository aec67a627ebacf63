import type { Gpu } from '../gpu/device'
import type { Tensor } from '../gpu/tensor'
import { randomFrom } from '../random'
import { version } from '../version'
import { gemm, LARGE_TILES } from './gemm'
import type { Tile } from './gemm-shape'

/** Where what was found is kept from one visit to the next. */
export interface TuningStore {
  get(key: string): Promise<string | null>
  set(key: string, value: string): Promise<void>
}

/** A product with several of the largest tiles for each multiprocessor of a large GPU, and work for a millisecond there. */
const LARGE = { m: 4096, n: 4096, k: 1024 }
/** No multiple of any tile. */
const ODD = { m: 131, n: 197, k: 73 }
/** All are timed in turn so often, since a GPU comes to its clock only by and by; less often on a slow one. */
const ROUNDS = 8
const BUDGET_MS = 300
/** What the tile that is taken untried may be slower by before another is taken: less is within what times vary by. */
const MARGIN = 1.1
const POISON = 1e30

/**
 * Makes the device's kernels those that are the fastest here, as found before or, in less than a second, now. Software
 * adapters have kernels of their own. Whatever goes wrong with the store, or with a variant, the device works as before.
 */
export async function tune(gpu: Gpu, store: TuningStore, now: () => number = () => performance.now()): Promise<void> {
  if (gpu.info.software) return
  const key = [version, gpu.info.name, gpu.traits.workgroupBytes].join(' ')
  const known = await store.get(key).catch(() => null)
  if (known !== null && LARGE_TILES.some(({ name }) => name === known)) {
    gpu.tuning = { largeTile: known }
    return
  }
  const { name } = await fastest(gpu, LARGE_TILES, { now, size: LARGE })
  gpu.tuning = { largeTile: name }
  await store.set(key, name).catch(() => {})
}

/** What is timed, and by which clock. */
interface Trial {
  readonly size: typeof LARGE
  now(): number
}

/** The fastest of those that give the right product, the first where none is clearly faster. */
export async function fastest(gpu: Gpu, tiles: readonly Tile[], trial: Trial): Promise<Tile> {
  const fitting = tiles.filter(({ bytes }) => bytes <= gpu.traits.workgroupBytes)
  const right: { readonly tile: Tile; ms: number }[] = []
  // a variant that fails leaves the device as it was
  for (const tile of fitting)
    if (await gpu.scope(() => isRight(gpu, tile)).catch(() => false)) right.push({ tile, ms: Number.POSITIVE_INFINITY })
  const { m, n, k } = trial.size
  const tensors = { a: gpu.alloc([m, k]), b: gpu.alloc([n, k]), c: gpu.alloc([m, n]) }
  let spent = 0
  for (let round = 0; round < ROUNDS && spent < BUDGET_MS; round++)
    for (const one of right) {
      const ms = await timeOf(gpu, one.tile, trial, tensors)
      one.ms = Math.min(one.ms, ms)
      spent += ms
    }
  gpu.free(tensors.a, tensors.b, tensors.c)
  const first = right[0] ?? { tile: fitting[0]!, ms: Number.POSITIVE_INFINITY }
  const best = right.reduce((least, one) => (one.ms < least.ms ? one : least), first)
  return best.ms * MARGIN < first.ms ? best.tile : first.tile
}

type Operands = Record<'a' | 'b' | 'c', Tensor>

const record = (gpu: Gpu, tile: Tile, { m, n, k }: typeof LARGE, tensors: Operands) => {
  const rec = gpu.record()
  const kernel = gemm({ transA: false, transB: true, region: 'full', aInC: false, bInC: false, tile })
  const strides = { lda: k, ldb: k, ldc: n, aOffset: 0, bOffset: 0, cOffset: 0 }
  rec.run(kernel, tensors, { m, n, k, ...strides, batch: 1, aBatch: 0, bBatch: 0, cBatch: 0, alpha: 1, beta: 0 })
  return rec
}

/** Whether the product of odd sizes equals that of float64, every element of it written. */
async function isRight(gpu: Gpu, tile: Tile): Promise<boolean> {
  const { m, n, k } = ODD
  const random = randomFrom(1)
  const noise = (length: number) => Float32Array.from({ length }, () => 2 * random() - 1)
  const [a, b] = [noise(m * k), noise(n * k)]
  const tensors = { a: gpu.upload(a), b: gpu.upload(b), c: gpu.upload(new Float32Array(m * n).fill(POISON)) }
  try {
    await gpu.submit(record(gpu, tile, ODD, tensors))
    const c = await gpu.readF32(tensors.c)
    return c.every((value, at) => {
      const [i, j] = [Math.floor(at / n), at % n]
      let sum = 0
      for (let l = 0; l < k; l++) sum += a[i * k + l]! * b[j * k + l]!
      // k products rounded once each
      return Math.abs(value - sum) <= k * 2 ** -22
    })
  } finally {
    gpu.free(tensors.a, tensors.b, tensors.c)
  }
}

async function timeOf(gpu: Gpu, tile: Tile, { size, now }: Trial, tensors: Operands): Promise<number> {
  const started = now()
  await gpu.submit(record(gpu, tile, size, tensors))
  await gpu.settle()
  return now() - started
}
