/** What the engine must know of a decoder before it looks at a single weight. Sizes in elements. */
export interface ModelSpec {
  architecture: 'LlamaForCausalLM'
  vocab: number
  hidden: number
  ffn: number
  layers: number
  heads: number
  kvHeads: number
  headDim: number
  rmsNormEps: number
  rope: { theta: number; scaling: RopeScaling | null }
  /** The output head is the embedding matrix. */
  tiedHead: boolean
  attentionBias: boolean
  mlpBias: boolean
  /** Longest sequence the model was made for, in tokens. */
  context: number
  bos: number | null
  eos: number[]
  /** The linears of one block, in order q, k, v, o, gate, up, down. */
  linears: readonly LinearSpec[]
}

export type RopeScaling =
  | { type: 'linear'; factor: number }
  | { type: 'llama3'; factor: number; lowFreqFactor: number; highFreqFactor: number; originalContext: number }

/** One linear of a block: W is [out, in]. Linears of the same stage read the same input, so they share one Hessian. */
export interface LinearSpec {
  role: 'q' | 'k' | 'v' | 'o' | 'gate' | 'up' | 'down'
  stage: 0 | 1 | 2 | 3
  /** Name inside the block: 'self_attn.q_proj'. */
  module: string
  out: number
  in: number
  bias: boolean
}

/** 'model.layers.3.self_attn.q_proj': the parameter names less '.weight' and '.bias'. */
export const linearName = (layer: number, linear: LinearSpec): string => `model.layers.${layer}.${linear.module}`
