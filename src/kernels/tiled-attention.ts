import source from '../../shaders/tiled_attention.wgsl?raw'
import { type Kernel, splitRows, wgsl } from '../gpu/kernel'
import { type AttentionShape, attentionCost, flopsPerPair } from './attention-shape'
import { remembered } from './remembered'

/** Queries, and keys at a time, of a workgroup. */
const TILE = 64

/** `attention` for heads of up to 256 numbers that four divides, with operands in workgroup memory. */
export const tiledAttention = remembered(
  (headDim: number): Kernel<'q' | 'k' | 'v' | 'y', AttentionShape> => ({
    label: `attention ${headDim} tiled`,
    // quads of a head an invocation: one for 64 numbers, and a power of two, so that tiles of values divide evenly
    wgsl: wgsl([source], {
      SIZE: 128,
      CHUNKS: headDim / 4,
      UNROLL: 4,
      QUADS: headDim <= 64 ? 1 : headDim <= 128 ? 2 : 4,
    }),
    bindings: { q: 'read', k: 'read', v: 'read', y: 'read_write' },
    params: {
      item: 'u32', windows: 'u32', tq: 'u32', tk: 'u32', capacity: 'u32', heads: 'u32', kvHeads: 'u32', scale: 'f32',
    }, // biome-ignore format: one struct, one glance
    passes: (shape, device) => {
      const groups = shape.windows * shape.heads * Math.ceil(shape.tq / TILE)
      // those that see all keys come first
      const most = TILE * shape.tk * flopsPerPair(headDim)
      return splitRows(groups, 1, most, device).map(({ row, rows }) => ({
        groups: [rows],
        params: { ...shape, item: row, scale: 1 / Math.sqrt(headDim) },
      }))
    },
    cost: attentionCost(headDim),
  }),
  String,
)
