type Pairs = readonly (readonly [checkpoint: string, gguf: string])[]

/** How an architecture's modules are called in a Hugging Face checkpoint and in a GGUF file, without '.weight' and '.bias'. */
interface Names {
  /** What precedes the number of a block in a checkpoint; 'blk' in a GGUF file. */
  readonly blocks: string
  readonly outside: Pairs
  /** Inside a block. Of one name the last counts. */
  readonly inside: Pairs
}

const llama: Names = {
  blocks: 'model.layers',
  outside: [
    ['model.embed_tokens', 'token_embd'],
    ['model.norm', 'output_norm'],
    ['lm_head', 'output'],
  ],
  inside: [
    ['input_layernorm', 'attn_norm'],
    ['self_attn.q_proj', 'attn_q'],
    ['self_attn.k_proj', 'attn_k'],
    ['self_attn.v_proj', 'attn_v'],
    ['self_attn.o_proj', 'attn_output'],
    ['self_attn.q_norm', 'attn_q_norm'],
    ['self_attn.k_norm', 'attn_k_norm'],
    ['post_attention_layernorm', 'ffn_norm'],
    ['mlp.gate_proj', 'ffn_gate'],
    ['mlp.up_proj', 'ffn_up'],
    ['mlp.down_proj', 'ffn_down'],
  ],
}
const llamaWith = (...pairs: Pairs): Names => ({ ...llama, inside: [...llama.inside, ...pairs] })

const gemma = llamaWith(
  ['post_attention_layernorm', 'post_attention_norm'],
  ['pre_feedforward_layernorm', 'ffn_norm'],
  ['post_feedforward_layernorm', 'post_ffw_norm'],
)

/** Those that are not called as LLaMA's are. */
const ofArchitecture: Readonly<Record<string, Names>> = {
  mixtral: llamaWith(['block_sparse_moe.gate', 'ffn_gate_inp']),
  qwen3moe: llamaWith(['mlp.gate', 'ffn_gate_inp']),
  gemma2: gemma,
  gemma3: gemma,
  phi3: llamaWith(['self_attn.qkv_proj', 'attn_qkv'], ['mlp.gate_up_proj', 'ffn_up']),
  gpt2: {
    blocks: 'transformer.h',
    outside: [
      ['transformer.wte', 'token_embd'],
      ['transformer.wpe', 'position_embd'],
      ['transformer.ln_f', 'output_norm'],
      ['lm_head', 'output'],
    ],
    inside: [
      ['ln_1', 'attn_norm'],
      ['attn.c_attn', 'attn_qkv'],
      ['attn.c_proj', 'attn_output'],
      ['ln_2', 'ffn_norm'],
      ['mlp.c_fc', 'ffn_up'],
      ['mlp.c_proj', 'ffn_down'],
    ],
  },
  gptneox: {
    blocks: 'gpt_neox.layers',
    outside: [
      ['gpt_neox.embed_in', 'token_embd'],
      ['gpt_neox.final_layer_norm', 'output_norm'],
      ['embed_out', 'output'],
    ],
    inside: [
      ['input_layernorm', 'attn_norm'],
      ['attention.query_key_value', 'attn_qkv'],
      ['attention.dense', 'attn_output'],
      ['post_attention_layernorm', 'ffn_norm'],
      ['mlp.dense_h_to_4h', 'ffn_up'],
      ['mlp.dense_4h_to_h', 'ffn_down'],
    ],
  },
}

const namesOf = (architecture: string): Names =>
  Object.hasOwn(ofArchitecture, architecture) ? ofArchitecture[architecture]! : llama

/** What precedes the number of a block in a checkpoint. */
export const blocksOf = (architecture: string): string => namesOf(architecture).blocks

/**
 * 'model.layers.3.self_attn.q_proj.weight' → 'blk.3.attn_q.weight', also where the checkpoint leaves out how the whole is called;
 * null for a tensor that GGUF has no name for.
 */
export function ggufName(name: string, architecture = 'llama'): string | null {
  const { blocks, outside, inside } = namesOf(architecture)
  const full = fullName(name, blocks)
  const tables = { outside: new Map(outside), inside: new Map(inside) }
  return translate(full, blocks, 'blk', tables) ?? translate(name, blocks, 'blk', tables)
}

/** 'blk.3.attn_q.weight' → 'model.layers.3.self_attn.q_proj.weight'; null for a tensor that checkpoints have no name for. */
export function checkpointName(name: string, architecture = 'llama'): string | null {
  const { blocks, outside, inside } = namesOf(architecture)
  return translate(name, 'blk', blocks, { outside: reversed(outside), inside: reversed(inside) })
}

/** 'h.0.ln_1.weight' → 'transformer.h.0.ln_1.weight'. */
export function fullName(name: string, blocks: string): string {
  const whole = blocks.slice(0, blocks.indexOf('.') + 1)
  return name.startsWith(whole) ? name : whole + name
}

type Table = ReadonlyMap<string, string>

const reversed = (pairs: Pairs): Table => new Map(pairs.map(([checkpoint, gguf]) => [gguf, checkpoint]))

function translate(name: string, from: string, to: string, tables: { outside: Table; inside: Table }): string | null {
  const [, whole, kind] = /^(.+)\.(weight|bias)$/.exec(name) ?? []
  if (whole === undefined) return null
  const [, layer, module] = whole.startsWith(`${from}.`)
    ? (/^(\d+)\.(.+)$/.exec(whole.slice(from.length + 1)) ?? [])
    : []
  const other = layer === undefined ? tables.outside.get(whole) : tables.inside.get(module!)
  if (other === undefined) return null
  return layer === undefined ? `${other}.${kind}` : `${to}.${layer}.${other}.${kind}`
}
