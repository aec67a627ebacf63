import type { Kind } from './architectures'
import { expertPlace } from './experts'
import { ggufName } from './names'
import { pairedRows, type RowOrder, regroupedRows } from './row-order'

/** Where a checkpoint's tensor goes in a GGUF file, and how its values differ there. */
export interface Place {
  readonly name: string
  /** Which of a block's experts it is, where the file stacks them. */
  readonly expert: number | null
  readonly order: RowOrder | null
  /** What is added to every value. */
  readonly offset: number
}

/** Of a tensor that is alike in both. */
export const plainPlace = (name: string): Place => ({ name, expert: null, order: null, offset: 0 })

export interface Heads {
  readonly heads: number
  readonly headDim: number
}

/** Null for a tensor that GGUF has no name for. */
export function placeOf(name: string, kind: Kind, heads: Heads): Place | null {
  const stack = expertPlace(name, kind)
  if (stack) return { ...plainPlace(stack.name), expert: stack.expert }
  const as = ggufName(name, kind.name)
  return as === null ? null : { ...plainPlace(as), ...storedAs(as, kind, heads) }
}

/** How the tensor of this name in a file differs from a checkpoint's. */
export const storedAs = (as: string, kind: Kind, heads: Heads): Pick<Place, 'order' | 'offset'> => ({
  order: orderOf(as, kind, heads),
  offset: as.endsWith('norm.weight') ? (kind.normOffset ?? 0) : 0,
})

function orderOf(as: string, { prefix }: Kind, { heads, headDim }: Heads): RowOrder | null {
  if (prefix === 'llama' && /\.attn_[qk]\./.test(as)) return pairedRows(headDim)
  return prefix === 'gptneox' && as.includes('.attn_qkv.') ? regroupedRows(heads, headDim) : null
}
