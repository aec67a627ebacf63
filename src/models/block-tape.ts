import { residual } from '../autograd/ops/residual'
import type { Tape, Variable } from '../autograd/tape'
import { attention } from '../autograd/transformer/attention'
import { gelu, geluMul } from '../autograd/transformer/gelu'
import { layerNorm } from '../autograd/transformer/layer-norm'
import { linear } from '../autograd/transformer/linear'
import { rmsNorm } from '../autograd/transformer/rms-norm'
import { rope } from '../autograd/transformer/rope'
import { siluMul } from '../autograd/transformer/silu-mul'
import { takeParts } from '../autograd/transformer/take-parts'
import { invariant } from '../errors'
import type { Tensor } from '../gpu/tensor'
import type { Batch } from './block'
import { gateParts, headParts } from './fused'
import { layerView } from './layer-view'
import type { RopeTables } from './rope-tables'
import type { ModelSpec, ParameterKey } from './spec'
import { type BlockWeights, parameterEntries, type Role } from './weights'

/** The parameters of a block on a tape: leaves where they learn, constants where they are frozen. */
export interface BlockVariables {
  readonly linears: Readonly<Record<Role, LinearVariables>>
  readonly parameters: Readonly<Record<ParameterKey, Variable | undefined>>
  readonly layer: number
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

/** What of a model `blockOnTape` does not differentiate; null where there is nothing. */
export const backwardGap = ({ experts }: ModelSpec): string | null => (experts ? 'the choice of experts' : null)

/** All parameters of a block as constants of a tape; replace those that learn. */
export function frozenBlock(tape: Tape, block: BlockWeights): BlockVariables {
  const linears = Object.entries(block.linears).map(([role, { weight, bias }]) => [
    role,
    { weight: tape.constant(weight), bias: bias && tape.constant(bias) },
  ])
  const parameters = parameterEntries(block).map(([key, tensor]) => [key, tape.constant(tensor)])
  return {
    linears: Object.fromEntries(linears) as BlockVariables['linears'],
    parameters: Object.fromEntries(parameters) as BlockVariables['parameters'],
    layer: block.layer ?? 0,
  }
}

/**
 * The block of `BlockForward` (whole windows, no cache, no experts) on a tape: x [windows·length, hidden] → y of the same
 * shape. `tape.backward([y, dy])` gives the gradients of the leaves among x and the weights, and frees every activation as
 * soon as it has been used.
 */
export function blockOnTape(
  tape: Tape,
  spec: ModelSpec,
  tables: RopeTables,
  weights: BlockVariables,
  x: Variable,
  { windows, length }: Batch,
  { tap, onOutputGradient }: BlockTapeOptions = {},
): Variable {
  const { heads, kvHeads, headDim, activation } = spec
  const { parameters } = weights
  invariant(length <= tables.positions, () => `position ${length} of ${tables.positions}`)
  const apply = (role: Role, input: Variable): Variable => {
    const { weight, bias } = weights.linears[role]
    const output = linear(tape, input, weight, {
      bias,
      ...(onOutputGradient && { onOutputGradient: (gradient: Tensor) => onOutputGradient(role, gradient) }),
    })
    tap?.(role, { input, output })
    return output
  }
  /** Normed where the block has such a norm. */
  const normed = (of: Variable, key: ParameterKey): Variable => {
    const { kind, eps, offset } = spec.norm
    const w = parameters[key]
    if (!w) return of
    if (kind === 'rms') return rmsNorm(tape, of, w, eps, offset)
    return layerNorm(tape, of, w, parameters[key === 'attnNorm' ? 'attnNormBias' : 'mlpNormBias']!, eps)
  }
  const view = layerView(spec, tables, weights.layer, length)
  const turned = (of: Variable, count: number) =>
    view.turn ? rope(tape, of, { ...view.turn, length, heads: count, headDim }) : of

  const n1 = normed(x, 'attnNorm')
  const [q, k, v] = (() => {
    if (!spec.fusedHeads) return (['q', 'k', 'v'] as const).map((role) => apply(role, n1))
    const whole = apply('qkv', n1)
    const parts = headParts(spec)
    return [parts.q, parts.k, parts.v].map((part) => takeParts(tape, whole, part))
  })() as [Variable, Variable, Variable]
  const turnedQ = turned(normed(q, 'qNorm'), heads)
  const turnedK = turned(normed(k, 'kNorm'), kvHeads)
  const a = attention(tape, turnedQ, turnedK, v, { windows, length, heads, kvHeads, headDim, ...view.scores })
  const h = residual(tape, x, normed(apply('o', a), 'attnOutNorm'))

  const n2 = normed(spec.parallel ? x : h, 'mlpNorm')
  const m = (() => {
    if (!('gate' in weights.linears) && !('gate_up' in weights.linears))
      return gelu(tape, apply('up', n2), activation === 'gelu' ? 'gelu' : 'gelu_tanh')
    const parts = gateParts(spec)
    const both = 'gate_up' in weights.linears ? apply('gate_up', n2) : null
    const gate = both ? takeParts(tape, both, parts.gate) : apply('gate', n2)
    const up = both ? takeParts(tape, both, parts.up) : apply('up', n2)
    return activation === 'silu' ? siluMul(tape, gate, up) : geluMul(tape, gate, up, activation)
  })()
  return residual(tape, h, normed(apply('down', m), 'mlpOutNorm'))
}
