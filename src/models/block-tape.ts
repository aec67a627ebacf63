import { residual } from '../autograd/ops/residual'
import type { Tape, Variable } from '../autograd/tape'
import { attention } from '../autograd/transformer/attention'
import { linear } from '../autograd/transformer/linear'
import { rmsNorm } from '../autograd/transformer/rms-norm'
import { rope } from '../autograd/transformer/rope'
import { siluMul } from '../autograd/transformer/silu-mul'
import { invariant } from '../errors'
import type { Tensor } from '../gpu/tensor'
import type { Batch } from './block'
import type { RopeTables } from './rope-tables'
import type { ModelSpec, ParameterKey } from './spec'
import type { BlockWeights, Role } from './weights'

/** The parameters of a block on a tape: leaves where they learn, constants where they are frozen. */
export interface BlockVariables {
  readonly linears: Readonly<Record<Role, LinearVariables>>
  /** [hidden] */
  readonly attnNorm: Variable
  readonly mlpNorm: Variable
}

export interface LinearVariables {
  /** [out, in] */
  readonly weight: Variable
  /** [out] */
  readonly bias: Variable | null
}

export interface BlockTapeOptions {
  /** Called for every linear as it is put on the tape, with its input [tokens, in] and output [tokens, out]. */
  readonly tap?: (role: Role, linear: { readonly input: Variable; readonly output: Variable }) => void
  /**
   * Called while the tape runs backward with dLoss/d(output) [tokens, out] of every linear that has one, last to first;
   * it is alive for commands recorded in the call.
   */
  readonly onOutputGradient?: (role: Role, gradient: Tensor) => void
}

/** What of a model `blockOnTape` does not differentiate, for windows of `length` tokens; null where there is nothing. */
export function backwardGap(spec: ModelSpec, length: number): string | null {
  const { norm, scores, windows, parameters, rope } = spec
  const has = (key: ParameterKey) => parameters.some((parameter) => parameter.key === key)
  const gaps: [boolean, string][] = [
    [spec.experts !== null, 'a choice of experts'],
    [norm.kind !== 'rms' || norm.offset !== 0, 'its norms'],
    [has('attnOutNorm') || has('qNorm'), 'norms of outputs and heads'],
    [spec.fusedHeads !== null, 'linears that give several outputs at once'],
    [spec.activation !== 'silu', 'its activation'],
    [spec.parallel || rope === null || rope.turned !== spec.headDim, 'how its blocks are put together'],
    [scores.softcap !== null || spec.logitSoftcap !== null, 'capped scores'],
    [windows.some((window) => window !== null && window < length), 'queries that see a window shorter than the text'],
  ]
  return gaps.find(([missing]) => missing)?.[1] ?? null
}

/** All parameters of a block as constants of a tape; replace those that learn. */
export function frozenBlock(tape: Tape, { linears, attnNorm, mlpNorm }: BlockWeights): BlockVariables {
  const frozen = Object.entries(linears).map(([role, { weight, bias }]) => [
    role,
    { weight: tape.constant(weight), bias: bias && tape.constant(bias) },
  ])
  return {
    linears: Object.fromEntries(frozen) as BlockVariables['linears'],
    attnNorm: tape.constant(attnNorm),
    mlpNorm: tape.constant(mlpNorm),
  }
}

/**
 * The block of `BlockForward` (whole windows, no cache) on a tape: x [windows·length, hidden] → y of the same shape.
 * `tape.backward([y, dy])` gives the gradients of the leaves among x and the weights, and frees every activation as
 * soon as it has been used.
 */
export function blockOnTape(
  tape: Tape,
  spec: ModelSpec,
  { whole, positions }: RopeTables,
  weights: BlockVariables,
  x: Variable,
  { windows, length }: Batch,
  { tap, onOutputGradient }: BlockTapeOptions = {},
): Variable {
  const { heads, kvHeads, headDim } = spec
  const { eps } = spec.norm
  invariant(length <= positions, () => `position ${length} of ${positions}`)
  const apply = (role: Role, input: Variable): Variable => {
    const { weight, bias } = weights.linears[role]
    const output = linear(tape, input, weight, {
      bias,
      ...(onOutputGradient && { onOutputGradient: (gradient: Tensor) => onOutputGradient(role, gradient) }),
    })
    tap?.(role, { input, output })
    return output
  }
  const turned = (of: Variable, count: number) => rope(tape, of, { ...whole!, length, heads: count, headDim })

  const n1 = rmsNorm(tape, x, weights.attnNorm, eps)
  const q = turned(apply('q', n1), heads)
  const k = turned(apply('k', n1), kvHeads)
  const a = attention(tape, q, k, apply('v', n1), { windows, length, heads, kvHeads, headDim })
  const h = residual(tape, x, apply('o', a))

  const n2 = rmsNorm(tape, h, weights.mlpNorm, eps)
  const m = siluMul(tape, apply('gate', n2), apply('up', n2))
  return residual(tape, h, apply('down', m))
}
