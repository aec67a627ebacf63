import scores from '../../shaders/lib/scores.wgsl?raw'
import source from '../../shaders/tiled_attention.wgsl?raw'
import { type DeviceTraits, type Kernel, type Pass, splitRows, wgsl } from '../gpu/kernel'
import type { AttentionBackwardShape } from './attention-backward'
import {
  type AttentionShape,
  attentionCost,
  flopsPerPair,
  type ScoreKind,
  scoreConstants,
  scoreParams,
  scoreValues,
} from './attention-shape'
import { remembered } from './remembered'

/** Queries, and keys at a time, of a workgroup. */
const TILE = 64

/** Whether attention is done by tiles, which few queries would leave mostly empty. */
export const inTiles = (headDim: number, tq: number, software: boolean): boolean =>
  !software && tq >= 16 && headDim % 4 === 0 && headDim > 32 && headDim <= 256

const params = {
  item: 'u32', windows: 'u32', tq: 'u32', tk: 'u32', capacity: 'u32', heads: 'u32', kvHeads: 'u32',
  ...scoreParams,
} as const // biome-ignore format: one struct, one glance

const sourceOf = (headDim: number, gradient: 0 | 1, kind: ScoreKind = '') =>
  wgsl([scores, source], {
    ...scoreConstants(kind),
    ...{ SIZE: 128, CHUNKS: headDim / 4, UNROLL: 4 },
    ...{ FORWARD: 1 - gradient, GRADIENT: gradient, PRODUCTS: 1 + gradient },
    // of a head an invocation: one for 64 numbers, and a power of two, so that tiles of values divide evenly
    QUADS: headDim <= 64 ? 1 : headDim <= 128 ? 2 : 4,
  })

function passesOf(shape: AttentionShape, headDim: number, flopsOfPair: number, device: DeviceTraits): Pass[] {
  const { windows, tq, tk, capacity, heads, kvHeads } = shape
  const values = { windows, tq, tk, capacity, heads, kvHeads, ...scoreValues(shape, headDim) }
  // those that see all keys come first
  return splitRows(windows * heads * Math.ceil(tq / TILE), 1, TILE * tk * flopsOfPair, device).map(({ row, rows }) => ({
    groups: [rows],
    params: { ...values, item: row },
  }))
}

/** `attention` by tiles. */
export const tiledAttention = remembered(
  (headDim: number, kind: ScoreKind): Kernel<'q' | 'k' | 'v' | 'y', AttentionShape> => ({
    label: `attention ${headDim} tiled${kind}`,
    wgsl: sourceOf(headDim, 0, kind),
    bindings: { q: 'read', k: 'read', v: 'read', y: 'read_write' },
    params,
    passes: (shape, device) => passesOf(shape, headDim, flopsPerPair(headDim), device),
    cost: attentionCost(headDim),
  }),
  (headDim, kind) => `${headDim}${kind}`,
)

/** `attentionBackwardQueries` by tiles, for heads of up to 128 numbers: it holds two products, which leaves no registers for larger ones. */
export const tiledAttentionBackwardQueries = remembered(
  (
    headDim: number,
    kind: ScoreKind = '',
  ): Kernel<'q' | 'k' | 'v' | 'y' | 'dy' | 'dq' | 'stats', AttentionBackwardShape> => {
    const flopsOfPair = 6 * headDim + 16
    return {
      label: `attention backward queries ${headDim} tiled${kind}`,
      wgsl: sourceOf(headDim, 1, kind),
      bindings: { q: 'read', k: 'read', v: 'read', y: 'read', dy: 'read', dq: 'read_write', stats: 'read_write' },
      params,
      passes: ({ length, ...shape }, device) =>
        passesOf({ ...shape, tq: length, tk: length, capacity: length }, headDim, flopsOfPair, device),
      cost: ({ windows, length, heads, kvHeads }) => ({
        flops: (windows * heads * length * (length + 1) * flopsOfPair) / 2,
        bytes: 4 * windows * length * headDim * (4 * heads + 2 * kvHeads),
      }),
    }
  },
  (headDim, kind = '') => `${headDim}${kind}`,
)
