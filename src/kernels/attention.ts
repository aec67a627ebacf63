import source from '../../shaders/attention.wgsl?raw'
import { type Kernel, splitRows, wgsl } from '../gpu/kernel'

const SIZE = 64

export interface AttentionShape {
  readonly windows: number
  /** Queries a window. */
  readonly tq: number
  /** Keys a window, at least as many: query t sees keys 0 … t + (tk − tq). */
  readonly tk: number
  /** Rows from one window's keys to the next in k and v, at least tk: a cache may hold room for more. */
  readonly capacity: number
  readonly heads: number
  readonly kvHeads: number
}

// The two readings of `#chunks` in the shader.
const writtenOut = source.replaceAll('#chunks', '#for c in CHUNKS').replaceAll('#done', '#end')
const looped = source
  .replaceAll('#chunks', 'for (var c = 0u; c < params.chunks; c++) {')
  .replaceAll('#done', '}')
  .replaceAll(/\$\{c\}/g, 'c')

const kernels = new Map<string, Kernel<'q' | 'k' | 'v' | 'y', AttentionShape>>()

/**
 * Causal grouped-query attention, y = softmax(q·kᵀ / √headDim)·v: q, y [windows·tq, heads·headDim],
 * k, v [windows·capacity, kvHeads·headDim]. `headDim` is any even number.
 */
export function attention(headDim: number, software: boolean): Kernel<'q' | 'k' | 'v' | 'y', AttentionShape> {
  // Written out, a head of 64 takes lavapipe (Mesa 25.0) 10 s to compile and runs no faster than the loop; heads up to
  // 32 run twice as fast there and three times as fast on SwiftShader. Beyond 128 no GPU has the registers.
  const inRegisters = headDim <= (software ? 32 : 128)
  // Several queries an invocation share the loads of keys and values, as far as registers go.
  const queries = headDim <= 16 ? 4 : headDim <= 32 ? 2 : 1
  const label = `attention ${headDim}×${queries}${inRegisters ? '' : ' looped'}`
  let kernel = kernels.get(label)
  if (kernel) return kernel
  const width = headDim % 4 === 0 ? 4 : 2
  const chunks = headDim / width
  const flopsPerQuery = ({ tq, tk }: AttentionShape) => (4 * headDim + 8) * (tk - (tq - 1) / 2)
  kernel = {
    label,
    wgsl: wgsl([`alias Chunk = vec${width}f;`, inRegisters ? writtenOut : looped], {
      SIZE,
      QUERIES: queries,
      CHUNKS: chunks,
    }),
    bindings: { q: 'read', k: 'read', v: 'read', y: 'read_write' },
    params: {
      item: 'u32', items: 'u32', tq: 'u32', tk: 'u32', capacity: 'u32', heads: 'u32', kvHeads: 'u32', chunks: 'u32', scale: 'f32',
    }, // biome-ignore format: one struct, one glance
    passes: (shape, device) =>
      splitRows(
        shape.windows * shape.heads * Math.ceil(shape.tq / queries),
        SIZE,
        flopsPerQuery(shape) * queries,
        device,
      ).map(({ row, rows }) => ({
        groups: [Math.ceil(rows / SIZE)],
        params: { ...shape, item: row, items: row + rows, chunks, scale: 1 / Math.sqrt(headDim) },
      })),
    cost: (shape) => ({
      flops: shape.windows * shape.heads * shape.tq * flopsPerQuery(shape),
      bytes: 8 * shape.windows * headDim * (shape.heads * shape.tq + shape.kvHeads * shape.tk),
    }),
  }
  kernels.set(label, kernel)
  return kernel
}
