import source from '../../shaders/cached_attention.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import scores from '../../shaders/lib/scores.wgsl?raw'
import merge from '../../shaders/merge_attention.wgsl?raw'
import type { Gpu } from '../gpu/device'
import { type DeviceTraits, grid1d, type Kernel, splitRows, wgsl } from '../gpu/kernel'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { type ScoreKind, type Scores, scoreConstants, scoreKind, scoreParams, scoreValues } from './attention-shape'
import { bySharing, type Sharing } from './sharing'

export interface CachedAttentionShape extends Scores {
  /** Queries: those of the last tokens among the keys, so that query t sees keys 0 … t + (tk − tq). */
  readonly tq: number
  /** Keys in the cache, at least as many. */
  readonly tk: number
  readonly heads: number
  readonly kvHeads: number
  readonly headDim: number
}

interface PartsShape extends CachedAttentionShape {
  readonly parts: number
  /** Keys a part. */
  readonly keys: number
}

/** Workgroups (invocations, where those are alone) that keep a large GPU (a processor) at work. */
const ENOUGH = { together: 512, alone: 128 }
/** Keys a part at the least: one more part is one more to merge. */
const LEAST_KEYS = { together: 64, alone: 32 }

/** Heads that read the same keys and share their loads: two, as registers go. A processor has few. */
const sharedHeads = ({ heads, kvHeads }: CachedAttentionShape, software: boolean): number =>
  !software && (heads / kvHeads) % 2 === 0 ? 2 : 1

/** The keys cut into parts, so that even one query of few heads has enough of them to be worked on at once. */
export function partsOf(shape: CachedAttentionShape, software: boolean): { parts: number; keys: number } {
  const kind = software ? 'alone' : 'together'
  const rows = (shape.tq * shape.heads) / sharedHeads(shape, software)
  const most = Math.min(Math.floor(ENOUGH[kind] / rows), Math.ceil(shape.tk / LEAST_KEYS[kind]))
  const step = LEAST_KEYS[kind]
  const keys = Math.ceil(shape.tk / Math.max(1, most) / step) * step
  return { parts: Math.ceil(shape.tk / keys), keys }
}

const floatsOf = (width: number, halves: boolean): string => {
  if (!halves) return 'alias Stored = Chunk;\nfn floats(stored: Stored) -> Chunk { return stored; }'
  return width === 4
    ? 'alias Stored = vec2u;\nfn floats(stored: Stored) -> Chunk { return vec4f(unpack2x16float(stored.x), unpack2x16float(stored.y)); }'
    : 'alias Stored = u32;\nfn floats(stored: Stored) -> Chunk { return unpack2x16float(stored); }'
}

type Bindings = 'q' | 'k' | 'v' | 'y' | 'logs'

function make(
  headDim: number,
  shared: number,
  halves: boolean,
  kind: ScoreKind,
  sharing: Sharing,
): Kernel<Bindings, PartsShape> {
  const width = headDim % 4 === 0 ? 4 : 2
  const chunks = headDim / width
  const lanes = sharing.constants.LANES
  const across = Math.min(chunks, lanes)
  const alone = lanes === 1
  const laid = source
    .replaceAll('#memory', alone ? 'private' : 'workgroup')
    .replaceAll('#meet', alone ? '' : 'workgroupBarrier();')
    // written out, a head takes lavapipe many seconds to compile
    .replaceAll('#chunks', alone ? 'params.chunks' : 'CHUNKS')
    .replaceAll('#lane_chunks', alone ? 'params.chunks' : 'LANE_CHUNKS')
  const flops = ({ tq, keys, tk }: PartsShape) => shared * (4 * headDim + 8) * Math.min(keys, tk - (tq - 1) / 2)
  return {
    label: `cached attention ${headDim}×${shared}${halves ? ' f16' : ''}${kind}${sharing.suffix}`,
    wgsl: wgsl([`alias Chunk = vec${width}f;`, floatsOf(width, halves), sharing.source, scores, laid], {
      ...scoreConstants(kind),
      ...sharing.constants,
      RADIX: Math.sqrt(lanes),
      SHARED: shared,
      CHUNKS: chunks,
      ACROSS: across,
      GROUPS: Math.floor(lanes / across),
      LANE_CHUNKS: Math.ceil(chunks / lanes),
    }),
    bindings: { q: 'read', k: 'read', v: 'read', y: 'read_write', logs: 'read_write' },
    params: {
      item: 'u32', items: 'u32', tq: 'u32', tk: 'u32', heads: 'u32', kvHeads: 'u32', parts: 'u32', keys: 'u32', chunks: 'u32',
      ...scoreParams,
    }, // biome-ignore format: one struct, one glance
    passes: ({ headDim: _, ...shape }, device) => {
      const items = (shape.tq * shape.heads * shape.parts) / shared
      return splitRows(items, sharing.items, flops({ ...shape, headDim }), device).map(({ row, rows }) => ({
        groups: [Math.ceil(rows / sharing.items)],
        params: { ...shape, item: row, items: row + rows, chunks, ...scoreValues(shape, headDim) },
      }))
    },
    cost: (shape) => ({
      flops: ((shape.tq * shape.heads * shape.parts) / shared) * flops(shape),
      bytes: headDim * (8 * shape.tq * shape.heads * shape.parts + (halves ? 4 : 8) * shape.kvHeads * shape.tk),
    }),
  }
}

const kernels = new Map<string, (software: boolean) => Kernel<Bindings, PartsShape>>()

function kernelOf(headDim: number, shared: number, halves: boolean, kind: ScoreKind, { software }: DeviceTraits) {
  const key = `${headDim} ${shared} ${halves}${kind}`
  const kernel = kernels.get(key) ?? bySharing((sharing) => make(headDim, shared, halves, kind, sharing))
  kernels.set(key, kernel)
  return kernel(software)
}

/** y [rows, headDim] = Σ over parts of `found` [rows, parts, headDim], each by exp(logs) of [rows, parts] over the sum of those. */
export const mergeAttention: Kernel<'found' | 'logs' | 'y', { rows: number; parts: number; headDim: number }> = {
  label: 'merge attention',
  wgsl: wgsl([grid, merge], { SIZE: 64 }),
  bindings: { found: 'read', logs: 'read', y: 'read_write' },
  params: { rows: 'u32', parts: 'u32', headDim: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.rows * shape.headDim, 64, device), params: { ...shape } }],
  cost: ({ rows, parts, headDim }) => ({
    flops: 4 * rows * parts * headDim,
    bytes: 4 * rows * headDim * (parts + 1),
  }),
}

export interface CachedAttentionTensors {
  /** f32 [tq, heads·headDim] */
  readonly q: Tensor
  /** [capacity, kvHeads·headDim] in f32, or u32 [capacity, kvHeads·headDim / 2] with halves in pairs. */
  readonly k: Tensor
  readonly v: Tensor
  /** f32 [tq, heads·headDim] */
  readonly y: Tensor
}

/**
 * Records causal grouped-query attention of few queries to a cache, y = softmax(q·kᵀ / √headDim)·v. `headDim` is any even
 * number. Many queries are better off with `attention`, which needs the keys in float32.
 */
export function cachedAttention(
  gpu: Gpu,
  rec: Recorder,
  { q, k, v, y }: CachedAttentionTensors,
  shape: CachedAttentionShape,
): void {
  const { tq, heads, headDim } = shape
  const { parts, keys } = partsOf(shape, rec.traits.software)
  const kernel = kernelOf(
    headDim,
    sharedHeads(shape, rec.traits.software),
    k.type === 'u32',
    scoreKind(shape),
    rec.traits,
  )
  const rows = tq * heads
  const logs = gpu.alloc([rows, parts], 'f32', 'attention sums')
  const found = parts === 1 ? y : gpu.alloc([rows, parts, headDim], 'f32', 'attention of parts')
  rec.run(kernel, { q, k, v, y: found, logs }, { ...shape, parts, keys })
  if (parts > 1) {
    rec.run(mergeAttention, { found, logs, y }, { rows, parts, headDim })
    gpu.free(found)
  }
  gpu.free(logs)
}
