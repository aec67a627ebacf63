import { invariant } from '../errors'
import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { attention } from '../kernels/attention'
import { scoreKind } from '../kernels/attention-shape'
import { cachedAttention } from '../kernels/cached-attention'
import type { Operand } from '../kernels/project'
import { rope } from '../kernels/rope'
import type { Batch, BlockOptions } from './block'
import { linear, norm, taken } from './block-parts'
import { headParts } from './fused'
import { type KvCacheLayer, keepFloats, keepHalves } from './kv-cache'
import { layerView } from './layer-view'
import type { RopeTables } from './rope-tables'
import type { ModelSpec } from './spec'
import type { BlockWeights } from './weights'

interface Attended {
  readonly spec: ModelSpec
  readonly tables: RopeTables
  readonly weights: BlockWeights<Operand>
}

/** What attention hands to its last linear, [tokens, heads·headDim], of the normed input x. */
export function attend(
  gpu: Gpu,
  rec: Recorder,
  attended: Attended,
  x: Tensor,
  { windows, length }: Batch,
  { cache, start = 0 }: BlockOptions,
): Tensor {
  const { spec, tables, weights } = attended
  const { heads, kvHeads, headDim } = spec
  const rows = windows * length
  invariant(!cache || windows === 1, () => `${windows} windows share one cache`)

  // a cache of floats takes keys and values where they are made, unless something is done to them on the way
  const direct = cache?.beyond === null && !spec.fusedHeads && !weights.kNorm ? cache : undefined
  const row = direct ? start : 0
  const { q, k, v } = queriesKeysValues(gpu, rec, attended, x, direct && { cache: direct, row })

  const { turn, scores } = layerView(spec, tables, weights.layer ?? 0, start + length)
  if (turn) {
    const { cosines, sines, turned } = turn
    const shape = { rows, length, start, headDim, turned }
    rec.run(rope, { cosines, sines, x: q }, { row: 0, heads, ...shape })
    rec.run(rope, { cosines, sines, x: k }, { row, heads: kvHeads, ...shape })
  }
  if (cache && !direct) (cache.beyond ? keepHalves : keepFloats)(rec, cache, { k, v }, start)

  const a = gpu.alloc([rows, heads * headDim], 'f32', 'attention')
  if (cache && start > 0) {
    const shape = { tq: length, tk: start + length, heads, kvHeads, headDim, ...scores }
    cachedAttention(gpu, rec, { q, k: cache.k, v: cache.v, y: a }, shape)
  } else {
    const shape = { windows, tq: length, tk: length, capacity: length, heads, kvHeads, ...scores }
    rec.run(attention(headDim, length, rec.traits.software, scoreKind(scores)), { q, k, v, y: a }, shape)
  }
  gpu.free(q)
  if (!direct) gpu.free(k, v)
  return a
}

/** q, k and v of x before they turn, normed head by head where the block does that. */
function queriesKeysValues(
  gpu: Gpu,
  rec: Recorder,
  { spec, weights }: Attended,
  x: Tensor,
  direct: { cache: KvCacheLayer; row: number } | undefined,
): { q: Tensor; k: Tensor; v: Tensor } {
  const { linears } = weights
  if (spec.fusedHeads) {
    const whole = linear(gpu, rec, linears.qkv, x)
    const parts = headParts(spec)
    const [q, k, v] = [parts.q, parts.k, parts.v].map((part) => taken(gpu, rec, whole, part))
    gpu.free(whole)
    return { q: q!, k: k!, v: v! }
  }
  const into = (tensor: Tensor | undefined) => (direct && tensor ? { into: tensor, row: direct.row } : undefined)
  const q = linear(gpu, rec, linears.q, x)
  const k = linear(gpu, rec, linears.k, x, into(direct?.cache.k))
  const v = linear(gpu, rec, linears.v, x, into(direct?.cache.v))
  const normed = (of: Tensor, key: 'qNorm' | 'kNorm') => {
    if (!weights[key]) return of
    const y = norm(gpu, rec, spec, of, weights, key)
    gpu.free(of)
    return y
  }
  return { q: normed(q, 'qNorm'), k: normed(k, 'kNorm'), v }
}
