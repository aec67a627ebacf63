import type { TensorFacts, TensorKind } from '../file-records'
import { partNames } from './linear-check'

/** What names of checkpoints, GGUF files and adapters have in common; the first that occurs counts. */
const KINDS: readonly (readonly [TensorKind, RegExp])[] = [
  ['norm', /(^|[._])(layer_?|rms_?)?norm|(^|[._])ln_|(^|\.)ln\d|(^|\.)norm\d/],
  ['experts', /experts|_exps\.|shexp|block_sparse_moe|ffn_gate_inp|mlp\.gate\./],
  ['attention', /attn|attention|[qkvo]_proj|(^|\.)(query|key|value)\b|qkv|(^|\.)wq|(^|\.)w[kvo]\b/],
  ['feed-forward', /mlp|ffn|feed_forward|(gate|up|down)_proj|(^|\.)(fc|w)[123]\b|dense_h|intermediate/],
  ['head', /lm_head|embed_out|(^|\.)(output|score|classifier)\.|^output$/],
  ['embedding', /embd|embed|(^|\.)(wte|wpe|shared)\b/],
]

/** What a tensor is for, by how checkpoints and GGUF files call them. */
export const kindOf = (name: string): TensorKind =>
  KINDS.find(([, pattern]) => pattern.test(name.toLowerCase()))?.[0] ?? 'other'

/** Longest name that is looked at for the number of a block. */
const LONGEST = 400

/** What ends the names of a module's tensors, in all formats that are read. */
const PARTS = new Set([
  ...['weight', 'bias', 'qweight', 'qzeros', 'scales', 'g_idx', 'absmax', 'quant_map', 'lora_A', 'lora_B', 'default'],
  ...['weight_packed', 'weight_scale', 'weight_zero_point', 'weight_shape', 'weight_g_idx', 'base_layer'],
  ...partNames.flatMap((part) => part.split('.')),
])

/** 'model.layers.3.mlp.experts.7.up_proj.weight' is 'mlp.experts.*.up_proj' of block 3; null outside of blocks. */
export function placeOf(name: string): TensorFacts['place'] {
  if (name.length > LONGEST) return null
  const parts = name.split('.')
  const at = parts.findIndex((part) => /^\d{1,5}$/.test(part))
  const inside = parts.slice(at + 1)
  if (at < 1 || inside.length === 0) return null
  while (inside.length > 1 && PARTS.has(inside.at(-1)!)) inside.pop()
  if (PARTS.has(inside[0]!)) return null
  const role = inside.map((part) => (/^\d+$/.test(part) ? '*' : part)).join('.')
  return { stack: parts.slice(0, at).join('.'), layer: Number(parts[at]), role }
}
