import { elements, type Tensor } from '../../gpu/tensor'
import {
  allocationGradient,
  gainSlices,
  LOSS_VALUES,
  allocationLoss as lossKernel,
  mixture,
  mixtureGains,
} from '../../kernels/allocation'
import { recordTimesPanels } from '../../linalg/panel-products'
import type { Panels } from '../../linalg/panels'
import type { Tape, Variable } from '../tape'

/** What bits cost. */
export interface BudgetTerm {
  /** Bits of each choice [choices]. */
  readonly widths: Tensor
  /** Weight of (mean bits − target)². */
  readonly alpha: number
  readonly target: number
}

/** What the columns of a layer may become, and what that costs. */
export interface AllocationProblem extends BudgetTerm {
  /** E [choices, rows, columns] = W − Qₖ(W), of all rows or of a projection of them. */
  readonly errors: Tensor
  /** H [columns, columns], full and symmetric. */
  readonly hessian: Panels
  /** What tr(D H Dᵀ) is divided by: tr(W H Wᵀ). */
  readonly norm: number
}

/**
 * MG-PTQ's loss (methods E6–E8) of a choice p [columns, choices]: D = Σₖ pₖ∘Eₖ, L = tr(D H Dᵀ)/norm + α·(mean bits −
 * target)². The value is [LOSS_VALUES]: L, tr(D H Dᵀ)/norm, mean bits, and for the record mean bits of the argmax of
 * `logits`, mean entropy of their softmax in bits, `temperature`; only L has a gradient.
 */
export function allocationLoss(
  tape: Tape,
  p: Variable,
  logits: Tensor,
  { errors, hessian, widths, norm, alpha, target }: AllocationProblem,
  temperature: number,
): Variable {
  const { gpu, rec } = tape
  const [choices, rows, columns] = errors.shape as [number, number, number]
  const slices = gainSlices(rows)
  const mixed = gpu.alloc([rows, columns], 'f32', 'mixed error')
  const pulled = gpu.alloc([rows, columns], 'f32', 'mixed error times hessian')
  const gains = tape.keep(gpu.alloc([slices, choices, columns], 'f32', 'gains'))
  rec.run(mixture, { p: p.value, e: errors, d: mixed }, { rows, columns, choices })
  recordTimesPanels(rec, { gpu, a: mixed, panels: hessian, c: pulled })
  rec.run(mixtureGains, { e: errors, g: pulled, gains }, { rows, columns, choices })
  gpu.free(mixed, pulled)

  return gainsLoss(tape, p, logits, { widths, alpha, target, norm, value: gains, slope: gains }, temperature)
}

/** An error Σⱼₖ p[j, k]·value[j, k]/norm whose derivative is 2·slope[j, k]/norm; both [slices, choices, columns]. */
export interface Gains extends BudgetTerm {
  readonly value: Tensor
  readonly slope: Tensor
  readonly norm: number
}

/** The loss of a choice whose error is given by its gains, which the tape keeps until it has run backward; see `allocationLoss`. */
export function gainsLoss(
  tape: Tape,
  p: Variable,
  logits: Tensor,
  { widths, value, slope, norm, alpha, target }: Gains,
  temperature: number,
): Variable {
  const { gpu, rec } = tape
  const [columns = 0, choices = 0] = p.value.shape
  const slices = elements(value.shape) / (columns * choices)
  const loss = gpu.alloc([LOSS_VALUES], 'f32', 'loss')
  const shape = { columns, choices, slices, scale: 1 / norm, alpha, goal: target, temperature }
  rec.run(lossKernel, { widths, gains: value, p: p.value, logits, loss }, { ...shape, accumulate: false })
  return tape.node(loss, [p], (g) =>
    tape.into(p, (d, accumulate) =>
      rec.run(allocationGradient, { widths, gains: slope, loss, g, d }, { ...shape, accumulate }),
    ),
  )
}
