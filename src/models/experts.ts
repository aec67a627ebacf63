import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { matmul } from '../kernels/gemm'
import type { Operand } from '../kernels/project'
import { addShare, route, routedRows } from '../kernels/route'
import type { BlockOptions } from './block'
import { activated } from './block-gate'
import { linear } from './block-parts'
import { expertRole } from './roles'
import type { ModelSpec } from './spec'
import type { BlockWeights } from './weights'

interface Routed {
  readonly spec: ModelSpec
  readonly weights: BlockWeights<Operand>
}

/**
 * Adds to y [tokens, hidden] what the experts make of the normed input x, each by the share that the router gives it. Rows of
 * tokens that are not sent to an expert are zeros on their way through it: they add nothing, not to its Hessian either. So
 * every expert reads as many rows as there are tokens, and nobody has to wait for the host to count them.
 *
 * @returns the input of the stage that the options end with, y unfinished then; else null
 */
export function addExperts(
  gpu: Gpu,
  rec: Recorder,
  { spec, weights }: Routed,
  x: Tensor,
  y: Tensor,
  { upTo, only, tap }: BlockOptions,
): Tensor | null {
  const { count, active, normalized } = spec.experts!
  const [tokens = 0] = x.shape
  const shares = routerShares(gpu, rec, weights.router!, x, { count, active, normalized })
  const wanted = (e: number) => !only || only.includes(2 + 2 * e) || only.includes(3 + 2 * e)
  let input: Tensor | null = null
  for (let e = 0; e < count && !input; e++) {
    if (!wanted(e)) continue
    const of = { rows: tokens, experts: count, expert: e }
    const own = gpu.alloc(x.shape, 'f32', 'routed rows')
    rec.run(routedRows, { x, shares, y: own }, { ...of, columns: spec.hidden })
    tap?.(2 + 2 * e, own)
    if (upTo === 2 + 2 * e) {
      input = own
      break
    }
    const m = activated(gpu, rec, spec, weights, own, e)
    gpu.free(own)
    tap?.(3 + 2 * e, m)
    if (upTo === 3 + 2 * e) {
      input = m
      break
    }
    const given = linear(gpu, rec, weights.linears[expertRole(e, 'down')], m)
    gpu.free(m)
    rec.run(addShare, { x: given, shares, y }, { ...of, columns: spec.hidden })
    gpu.free(given)
  }
  gpu.free(shares)
  return input
}

function routerShares(
  gpu: Gpu,
  rec: Recorder,
  router: Tensor,
  x: Tensor,
  { count: experts, active, normalized }: NonNullable<ModelSpec['experts']>,
): Tensor {
  const [tokens = 0, hidden = 0] = x.shape
  const logits = gpu.alloc([tokens, experts], 'f32', 'router logits')
  const shares = gpu.alloc([tokens, experts], 'f32', 'shares of experts')
  matmul(rec, { a: x, b: router, c: logits, m: tokens, n: experts, k: hidden, transB: true })
  rec.run(route, { logits, shares }, { tokens, experts, picks: active, normalized })
  gpu.free(logits)
  return shares
}
