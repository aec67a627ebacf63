/** What a linear of a block is for. */
export type DenseRole = ('q' | 'k' | 'v' | 'qkv') | 'o' | ('gate' | 'up' | 'gate_up') | 'down'

/** 'experts.7.gate' and so on; these three stand for those of all experts, which types cannot count. */
export type ExpertRole = 'experts.#.gate' | 'experts.#.up' | 'experts.#.down'

export const expertRole = (expert: number, part: 'gate' | 'up' | 'down'): ExpertRole =>
  `experts.${expert}.${part}` as ExpertRole

/** The stages of a block, in order. */
export const stagesOf = ({ linears }: { readonly linears: readonly { readonly stage: number }[] }): number[] =>
  [...new Set(linears.map(({ stage }) => stage))].sort((a, b) => a - b)
