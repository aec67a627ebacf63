import { expertRole } from '../roles'
import { readRope } from '../rope'
import type { LinearSpec, ModelSpec, ParameterSpec } from '../spec'
import { type DecoderOptions, headsOf, tokensOf } from './options'

/** One architecture: its name in config.json and how a spec is made of that file. */
export interface Architecture {
  readonly name: string
  readonly modelType: string
  spec(config: Record<string, unknown>): ModelSpec
}

/** Which linears of a LLaMA block add a bias. */
export interface Biases {
  readonly qkv?: boolean
  readonly o?: boolean
  readonly mlp?: boolean
}

/** The spec of a model that is LLaMA's but for what `changes` says; sizes are checked. */
export function llamaLike(
  { name }: Pick<Architecture, 'name'>,
  config: Record<string, unknown>,
  options: DecoderOptions,
  biases: Biases = {},
  changes: Partial<ModelSpec> = {},
): ModelSpec {
  const sizes = {
    ...{ vocab: options.vocab_size, hidden: options.hidden_size, ffn: options.intermediate_size },
    ...{ layers: options.num_hidden_layers, ...headsOf(options) },
  }
  return {
    architecture: name,
    ...sizes,
    norm: { kind: 'rms', eps: options.rms_norm_eps, offset: 0 },
    rope: changes.rope === undefined ? readRope(config, sizes.headDim) : null,
    localRope: null,
    windows: Array.from({ length: sizes.layers }, () => null),
    scores: { scale: 1 / Math.sqrt(sizes.headDim), softcap: null },
    activation: 'silu',
    fusedHeads: null,
    parallel: false,
    experts: null,
    embeddingScale: 1,
    logitSoftcap: null,
    tiedHead: options.tie_word_embeddings,
    context: options.max_position_embeddings,
    ...tokensOf(options),
    names: {
      ...{ blocks: 'model.layers', embedding: 'model.embed_tokens.weight', positions: null },
      ...{ norm: 'model.norm.weight', head: 'lm_head.weight' },
    },
    linears: [...attentionLinears(sizes, biases), ...gatedLinears(sizes, biases.mlp)],
    parameters: [
      norm('attnNorm', 'input_layernorm', sizes.hidden),
      norm('mlpNorm', 'post_attention_layernorm', sizes.hidden),
    ],
    ...changes,
  }
}

type Sizes = Pick<ModelSpec, 'hidden' | 'ffn' | 'heads' | 'kvHeads' | 'headDim'>

export function attentionLinears(
  { hidden, heads, kvHeads, headDim }: Omit<Sizes, 'ffn'>,
  { qkv = false, o = false }: Biases,
): LinearSpec[] {
  const read = { stage: 0, in: hidden, bias: qkv }
  return [
    { role: 'q', module: 'self_attn.q_proj', out: heads * headDim, ...read },
    { role: 'k', module: 'self_attn.k_proj', out: kvHeads * headDim, ...read },
    { role: 'v', module: 'self_attn.v_proj', out: kvHeads * headDim, ...read },
    { role: 'o', stage: 1, module: 'self_attn.o_proj', out: hidden, in: heads * headDim, bias: o },
  ]
}

function gatedLinears({ hidden, ffn }: Pick<Sizes, 'hidden' | 'ffn'>, bias = false): LinearSpec[] {
  return [
    { role: 'gate', stage: 2, module: 'mlp.gate_proj', out: ffn, in: hidden, bias },
    { role: 'up', stage: 2, module: 'mlp.up_proj', out: ffn, in: hidden, bias },
    { role: 'down', stage: 3, module: 'mlp.down_proj', out: hidden, in: ffn, bias },
  ]
}

/** The three linears of every expert, `modules` their names behind 'experts.e'. */
export function expertLinears(
  { hidden, ffn }: Pick<Sizes, 'hidden' | 'ffn'>,
  count: number,
  within: string,
  [gate, up, down]: readonly [gate: string, up: string, down: string],
): LinearSpec[] {
  return Array.from({ length: count }, (_, e): LinearSpec[] => {
    const linear = (role: 'gate' | 'up' | 'down', name: string) => ({
      role: expertRole(e, role),
      module: `${within}.experts.${e}.${name}`,
      bias: false,
    })
    return [
      { ...linear('gate', gate), stage: 2 + 2 * e, out: ffn, in: hidden },
      { ...linear('up', up), stage: 2 + 2 * e, out: ffn, in: hidden },
      { ...linear('down', down), stage: 3 + 2 * e, out: hidden, in: ffn },
    ]
  }).flat()
}

export const norm = (key: ParameterSpec['key'], module: string, width: number): ParameterSpec => ({
  ...{ key, name: `${module}.weight`, shape: [width] },
})

/** Norms of the heads of q and k. */
export const headNorms = (headDim: number): ParameterSpec[] => [
  norm('qNorm', 'self_attn.q_norm', headDim),
  norm('kNorm', 'self_attn.k_norm', headDim),
]
