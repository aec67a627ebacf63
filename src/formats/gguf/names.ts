/** Modules by their names in a Hugging Face checkpoint and in a GGUF file, without '.weight' and '.bias'. */
const outside: readonly (readonly [string, string])[] = [
  ['model.embed_tokens', 'token_embd'],
  ['model.norm', 'output_norm'],
  ['lm_head', 'output'],
]

/** The same inside a block: after 'model.layers.N.' and after 'blk.N.'. */
const inside: readonly (readonly [string, string])[] = [
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
]

/** Where an architecture has modules of its own, or other names for those that all have. */
const gemma: readonly (readonly [string, string])[] = [
  ['post_attention_layernorm', 'post_attention_norm'],
  ['pre_feedforward_layernorm', 'ffn_norm'],
  ['post_feedforward_layernorm', 'post_ffw_norm'],
]
const ofArchitecture: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  mixtral: [['block_sparse_moe.gate', 'ffn_gate_inp']],
  qwen3moe: [['mlp.gate', 'ffn_gate_inp']],
  gemma2: gemma,
  gemma3: gemma,
  phi3: [
    ['self_attn.qkv_proj', 'attn_qkv'],
    ['mlp.gate_up_proj', 'ffn_up'],
  ],
}

type Names = ReadonlyMap<string, string>
type Tables = Readonly<{ outside: Names; inside: Names }>

const reversed = (pairs: readonly (readonly [string, string])[]): Names =>
  new Map(pairs.map(([checkpoint, gguf]) => [gguf, checkpoint]))

/** What an architecture says comes last, and so counts. */
const insideOf = (architecture: string) => [...inside, ...(ofArchitecture[architecture] ?? [])]
const toGguf = (architecture: string): Tables => ({
  outside: new Map(outside),
  inside: new Map(insideOf(architecture)),
})
const toCheckpoint = (architecture: string): Tables => ({
  outside: reversed(outside),
  inside: reversed(insideOf(architecture)),
})

/** 'model.layers.3.self_attn.q_proj.weight' → 'blk.3.attn_q.weight'; null for a tensor that GGUF has no name for. */
export const ggufName = (name: string, architecture = 'llama'): string | null =>
  translate(name, /^model\.layers\.(\d+)\.(.+)\.(weight|bias)$/, 'blk', toGguf(architecture))

/** 'blk.3.attn_q.weight' → 'model.layers.3.self_attn.q_proj.weight'; null for a tensor that checkpoints have no name for. */
export const checkpointName = (name: string, architecture = 'llama'): string | null =>
  translate(name, /^blk\.(\d+)\.(.+)\.(weight|bias)$/, 'model.layers', toCheckpoint(architecture))

function translate(name: string, block: RegExp, prefix: string, names: Tables) {
  const [, layer, module, part] = block.exec(name) ?? []
  if (layer !== undefined) {
    const other = names.inside.get(module!)
    return other === undefined ? null : `${prefix}.${layer}.${other}.${part}`
  }
  const [, whole, kind] = /^(.+)\.(weight|bias)$/.exec(name) ?? []
  const other = whole === undefined ? undefined : names.outside.get(whole)
  return other === undefined ? null : `${other}.${kind}`
}

/**
 * GGUF files of architecture llama hold the rows of q and k in the order of a rotation of neighbours: of a head of d rows,
 * checkpoint row i and i + d/2 are GGUF rows 2i and 2i + 1. Other architectures keep the checkpoint's order.
 * Both functions take and give a row of the whole matrix.
 */
export function ggufRow(checkpointRow: number, headDim: number): number {
  const inHead = checkpointRow % headDim
  const half = headDim / 2
  return checkpointRow - inHead + (inHead < half ? 2 * inHead : 2 * (inHead - half) + 1)
}

export function checkpointRow(ggufRow: number, headDim: number): number {
  const inHead = ggufRow % headDim
  return ggufRow - inHead + (inHead % 2) * (headDim / 2) + Math.floor(inHead / 2)
}

/** Whether a checkpoint's tensor has its rows in another order in a GGUF file of this architecture; Mixtral is llama with experts. */
export const isPermuted = (architecture: string, name: string): boolean =>
  (architecture === 'llama' || architecture === 'mixtral') && /\.self_attn\.[qk]_proj\.(weight|bias)$/.test(name)
