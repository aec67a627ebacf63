import { FormatError } from '../../errors'
import type { ExpertNames, Kind } from './architectures'
import { type GgufTensor, quote } from './header'
import { blocksOf, fullName } from './names'

/** As the reader of configs allows. */
const MOST_EXPERTS = 1024

const roles = ['gate', 'up', 'down'] as const
const stacked = /^blk\.(\d+)\.ffn_(gate|up|down)_exps\.weight$/

/**
 * GGUF stacks the matrices of a block's experts, [experts, out, in]; a checkpoint has them one by one. Gives each under its name
 * there, or null for a tensor that is no stack.
 */
export function expertTensors(
  tensor: GgufTensor,
  names: ExpertNames | undefined,
): { name: string; tensor: GgufTensor }[] | null {
  const [, layer, role] = stacked.exec(tensor.name) ?? []
  if (!names || layer === undefined) return null
  const [count = 0, ...shape] = tensor.shape
  if (shape.length !== 2 || count > MOST_EXPERTS)
    throw new FormatError(
      `tensor ${quote(tensor.name)}: expected [experts, out, in] of at most ${MOST_EXPERTS} experts, got [${tensor.shape.join(', ')}] — the file is damaged; fetch it again`,
    )
  const bytes = tensor.bytes / count
  return Array.from({ length: count }, (_, expert) => ({
    name: `model.layers.${layer}.${names.within}.${expert}.${names[role as (typeof roles)[number]]}.weight`,
    tensor: { ...tensor, shape, bytes, offset: tensor.offset + expert * bytes },
  }))
}

/** The other way round: 'model.layers.3.mlp.experts.7.up_proj.weight' is expert 7 of 'blk.3.ffn_up_exps.weight'. */
export function expertPlace(
  name: string,
  { experts, name: architecture }: Kind,
): { name: string; expert: number } | null {
  const blocks = blocksOf(architecture)
  const full = fullName(name, blocks)
  if (!experts || !full.startsWith(`${blocks}.`)) return null
  const [layer, ...rest] = full.slice(blocks.length + 1).split('.')
  const [expert, module, part] = rest.slice(-3)
  const role = roles.find((candidate) => experts[candidate] === module)
  const isExpert = role && part === 'weight' && rest.slice(0, -3).join('.') === experts.within
  return isExpert ? { name: `blk.${layer}.ffn_${role}_exps.weight`, expert: Number(expert) } : null
}
