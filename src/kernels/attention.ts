import source from '../../shaders/attention.wgsl?raw'
import scores from '../../shaders/lib/scores.wgsl?raw'
import { type Kernel, splitRows, wgsl } from '../gpu/kernel'
import {
  type AttentionShape,
  attentionCost,
  flopsPerPair,
  type ScoreKind,
  scoreConstants,
  scoreParams,
  scoreValues,
  seenKeys,
} from './attention-shape'
import { remembered } from './remembered'
import { inTiles, tiledAttention } from './tiled-attention'

export type { AttentionShape }

type AttentionKernel = Kernel<'q' | 'k' | 'v' | 'y', AttentionShape>

const SIZE = 64

// The two readings of `#chunks` in the shader.
const writtenOut = source.replaceAll('#chunks', '#for c in CHUNKS').replaceAll('#done', '#end')
const looped = source
  .replaceAll('#chunks', 'for (var c = 0u; c < params.chunks; c++) {')
  .replaceAll('#done', '}')
  .replaceAll(/\$\{c\}/g, 'c')

/** Queries walk the keys each on its own. */
const walkingAttention = remembered(
  (headDim: number, software: boolean, kind: ScoreKind): AttentionKernel => {
    // Written out, a head of 64 takes lavapipe (Mesa 25.0) 10 s to compile and runs no faster than the loop; heads up to
    // 32 run twice as fast there and three times as fast on SwiftShader. Beyond 128 no GPU has the registers.
    const inRegisters = headDim <= (software ? 32 : 128)
    // Several queries an invocation share the loads of keys and values, as far as registers go.
    const queries = headDim <= 16 ? 4 : headDim <= 32 ? 2 : 1
    const width = headDim % 4 === 0 ? 4 : 2
    const chunks = headDim / width
    return {
      label: `attention ${headDim}×${queries}${inRegisters ? '' : ' looped'}${kind}`,
      wgsl: wgsl([`alias Chunk = vec${width}f;`, scores, inRegisters ? writtenOut : looped], {
        ...scoreConstants(kind),
        SIZE,
        QUERIES: queries,
        CHUNKS: chunks,
      }),
      bindings: { q: 'read', k: 'read', v: 'read', y: 'read_write' },
      params: {
      item: 'u32', items: 'u32', tq: 'u32', tk: 'u32', capacity: 'u32', heads: 'u32', kvHeads: 'u32', chunks: 'u32',
      ...scoreParams,
    }, // biome-ignore format: one struct, one glance
      passes: (shape, device) =>
        splitRows(
          shape.windows * shape.heads * Math.ceil(shape.tq / queries),
          SIZE,
          flopsPerPair(headDim) * seenKeys(shape) * queries,
          device,
        ).map(({ row, rows }) => ({
          groups: [Math.ceil(rows / SIZE)],
          params: { ...shape, item: row, items: row + rows, chunks, ...scoreValues(shape, headDim) },
        })),
      cost: attentionCost(headDim),
    }
  },
  (headDim, software, kind) => `${headDim} ${software}${kind}`,
)

/**
 * Causal grouped-query attention, y = softmax(q·kᵀ / √headDim)·v: q, y [windows·tq, heads·headDim],
 * k, v [windows·capacity, kvHeads·headDim]. `headDim` is any even number; `tq` and `software` choose how, `kind` must be that of
 * the shape's scores.
 */
export const attention = (headDim: number, tq: number, software: boolean, kind: ScoreKind = ''): AttentionKernel =>
  inTiles(headDim, tq, software) ? tiledAttention(headDim, kind) : walkingAttention(headDim, software, kind)
