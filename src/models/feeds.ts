import { gateParts, headParts, rowsOf } from './fused'
import type { ModelSpec } from './spec'
import type { Role } from './weights'

/** What produces the input of a stage, so that a factor may move from there to the columns of its linears. */
export type Feed =
  | { readonly norm: 'attnNorm' | 'mlpNorm' }
  /** `rows` of a linear's outputs, one for each column of the stage in order; null for all. */
  | { readonly role: Role; readonly rows: readonly number[] | null }

/**
 * What feeds a stage's linears; null where no factor can pass. Through attention one passes because a head's output is a mean
 * of its values, unless several queries share a head of values; through act(gate) · up because that is linear in up, but not
 * through an activation that nothing gates. A norm that feeds a router or several experts' linears feeds more than a stage.
 */
export function feedOf(spec: ModelSpec, stage: number): Feed | null {
  const { experts, heads, kvHeads, linears } = spec
  const has = (role: Role) => linears.some((linear) => linear.role === role)
  if (stage === 0) return { norm: 'attnNorm' }
  if (stage === 1) {
    if (heads !== kvHeads) return null
    return spec.fusedHeads ? { role: 'qkv', rows: rowsOf(headParts(spec).v) } : { role: 'v', rows: null }
  }
  if (stage % 2 === 0) return experts ? null : { norm: 'mlpNorm' }
  if (experts)
    return {
      role: linears.find((linear) => linear.stage === stage - 1 && linear.role.endsWith('.up'))!.role,
      rows: null,
    }
  if (has('gate_up')) return { role: 'gate_up', rows: rowsOf(gateParts(spec).up) }
  return has('gate') ? { role: 'up', rows: null } : null
}
