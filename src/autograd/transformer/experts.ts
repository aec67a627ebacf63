import { elements, type Tensor } from '../../gpu/tensor'
import { add } from '../../kernels/add'
import { addShare, route as forward, type RouteShape } from '../../kernels/route'
import { routeBackward, shareGradient } from '../../kernels/route-backward'
import type { Tape, Variable } from '../tape'
import { share } from './share'

/** Shares [tokens, experts] of the experts that the logits choose; the choice itself has no gradient. */
export function route(tape: Tape, logits: Variable, choice: Pick<RouteShape, 'picks' | 'normalized'>): Variable {
  const { gpu, rec } = tape
  const [tokens = 0, experts = 0] = logits.value.shape
  const shape = { tokens, experts, ...choice }
  const shares = gpu.alloc([tokens, experts], 'f32', 'shares of experts')
  rec.run(forward, { logits: logits.value, shares }, shape)
  return tape.node(shares, [logits], (dshares) =>
    share(tape, logits, (dlogits) => rec.run(routeBackward, { logits: logits.value, shares, dshares, dlogits }, shape)),
  )
}

/** y [tokens, hidden] = x + Σ what each expert gives, `given` in order, times its share [tokens, experts]; gradients to all. */
export function addShares(tape: Tape, x: Variable, given: readonly Variable[], shares: Variable): Variable {
  const { gpu, rec } = tape
  const [rows = 0, columns = 0] = x.value.shape
  const count = elements(x.value.shape)
  const shape = (expert: number) => ({ rows, columns, experts: given.length, expert })
  const y = gpu.alloc(x.value.shape, 'f32', 'experts')
  rec.copy(x.value, y)
  for (const [e, one] of given.entries()) rec.run(addShare, { x: one.value, shares: shares.value, y }, shape(e))

  const scaled = (dy: Tensor, expert: number, dx: Tensor) => {
    rec.clear(dx)
    rec.run(addShare, { x: dy, shares: shares.value, y: dx }, shape(expert))
  }
  return tape.node(y, [x, ...given, shares], (dy) => {
    tape.into(x, (dx, accumulate) => {
      if (accumulate) rec.run(add, { y: dx, x: dy }, { count })
      else rec.copy(dy, dx)
    })
    for (const [e, one] of given.entries()) share(tape, one, (dx) => scaled(dy, e, dx))
    share(tape, shares, (dshares) => {
      for (const [e, one] of given.entries())
        rec.run(shareGradient(rec.traits.software), { x: one.value, dy, dshares }, shape(e))
    })
  })
}
