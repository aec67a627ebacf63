import copySource from '../shaders/copy.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../src/gpu/kernel'
import type { Work } from './suite'

const SIZE = 256
/** Vectors an invocation moves: enough requests in flight to keep the memory busy. */
const EACH = 4
const MATRICES = 4

const copy: Kernel<'a' | 'b', number> = {
  label: 'copy',
  wgsl: wgsl([copySource], { SIZE, EACH }),
  bindings: { a: 'read', b: 'read_write' },
  params: { count: 'u32' },
  passes: (vectors, device) => [{ groups: grid1d(vectors, SIZE * EACH, device), params: { count: vectors } }],
  cost: (vectors) => ({ flops: 0, bytes: 32 * vectors }),
}

/** How fast memory is: what every work that is bound by it is held against. */
export const copied: Work = {
  name: `copy of ${MATRICES} n×n float32, read and written`,
  flops: () => 0,
  bytes: (n) => 8 * MATRICES * n * n,
  largest: (n) => MATRICES * n * n,
  async prepare(gpu, n) {
    const [a, b] = [gpu.alloc([MATRICES, n, n]), gpu.alloc([MATRICES, n, n])]
    const run = () => {
      const rec = gpu.record()
      rec.run(copy, { a, b }, (MATRICES * n * n) / 4)
      return gpu.submit(rec)
    }
    return { run, free: () => gpu.free(a, b) }
  },
}
