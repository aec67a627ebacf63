import { attention as forward } from '../../kernels/attention'
import {
  type AttentionBackwardShape,
  attentionBackwardKeys,
  attentionBackwardQueries,
  headLayout,
} from '../../kernels/attention-backward'
import { scoreKind } from '../../kernels/attention-shape'
import { inTiles, tiledAttentionBackwardQueries } from '../../kernels/tiled-attention'
import type { Tape, Variable } from '../tape'
import { share } from './share'

export interface AttentionOptions extends AttentionBackwardShape {
  readonly headDim: number
}

/**
 * Causal grouped-query attention of q [windows·length, heads·headDim] to k, v [windows·length, kvHeads·headDim]. The
 * weights are recomputed on the way back: two numbers a query and head are all it stores.
 */
export function attention(
  tape: Tape,
  q: Variable,
  k: Variable,
  v: Variable,
  { windows, length, heads, kvHeads, headDim, ...scores }: AttentionOptions,
): Variable {
  const { gpu, rec } = tape
  const { software } = rec.traits
  const tokens = windows * length
  const operands = { q: q.value, k: k.value, v: v.value }
  const y = gpu.alloc([tokens, heads * headDim], 'f32', 'attention')
  const whole = { windows, tq: length, tk: length, capacity: length, heads, kvHeads, ...scores }
  const kind = scoreKind(scores)
  rec.run(forward(headDim, length, software, kind), { ...operands, y }, whole)

  return tape.node(y, [q, k, v], (dy) => {
    const shape = { windows, length, heads, kvHeads, ...scores }
    const layout = headLayout(headDim, software)
    const stats = gpu.alloc([tokens, heads, 2], 'f32', 'attention statistics')
    const tiled = headDim <= 128 && inTiles(headDim, length, software)
    const queries = tiled ? tiledAttentionBackwardQueries(headDim, kind) : attentionBackwardQueries(layout, kind)
    share(tape, q, (dq) => rec.run(queries, { ...operands, y, dy, dq, stats }, shape))
    if (k.learns || v.learns)
      share(tape, k, (dk) =>
        share(tape, v, (dv) => rec.run(attentionBackwardKeys(layout, kind), { ...operands, dy, stats, dk, dv }, shape)),
      )
    gpu.free(stats)
  })
}
