import type { Gpu } from '../src/gpu/device'
import { gemm, tile } from '../src/kernels/gemm'
import { warmUp } from './suite'

/** Tiles worth comparing on a new device: m × n × k, register quads. */
const CANDIDATES = [
  tile(128, 128, 16, 2, 2, 16),
  tile(128, 128, 16, 2, 2),
  tile(128, 128, 8, 2, 2, 8),
  tile(128, 64, 16, 2, 1),
  tile(128, 64, 16, 2, 1, 16),
  tile(64, 128, 16, 1, 2),
  tile(64, 64, 16, 1, 1),
  tile(64, 64, 16, 1, 1, 16),
]

const FORMS = [
  { transA: false, transB: true },
  { transA: true, transB: false },
  { transA: false, transB: false },
]

/** GFLOP/s of every candidate for the three products the engine needs, n×n×n; best of `runs`. */
export async function* measureTiles(gpu: Gpu, n: number, runs: number) {
  const [a, b, c] = [gpu.alloc([n, n]), gpu.alloc([n, n]), gpu.alloc([n, n])]
  for (const { transA, transB } of FORMS)
    for (const candidate of CANDIDATES) {
      const kernel = gemm({ transA, transB, region: 'full', aInC: false, bInC: false, tile: candidate })
      const shape = { m: n, n, k: n, lda: n, ldb: n, ldc: n, aOffset: 0, bOffset: 0, cOffset: 0 }
      const run = async () => {
        const rec = gpu.record()
        rec.run(kernel, { a, b, c }, { ...shape, batch: 1, aBatch: 0, bBatch: 0, cBatch: 0, alpha: 1, beta: 0 })
        const passes = rec.commands.length
        const started = performance.now()
        await gpu.submit(rec)
        await gpu.settle()
        return { ms: performance.now() - started, passes }
      }
      await warmUp(gpu, run)
      let best = await run()
      for (let i = 1; i < runs; i++) {
        const again = await run()
        if (again.ms < best.ms) best = again
      }
      yield { kernel: kernel.label, n, ...best, gflops: (2 * n ** 3) / best.ms / 1e6 }
    }
  gpu.free(a, b, c)
}
