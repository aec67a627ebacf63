import { FormatError } from '../../errors'
import type { ExpertNames } from './architectures'
import { type GgufTensor, quote } from './header'

/** As the reader of configs allows. */
const MOST_EXPERTS = 1024

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
    name: `model.layers.${layer}.${names.within}.${expert}.${names[role as 'gate' | 'up' | 'down']}.weight`,
    tensor: { ...tensor, shape, bytes, offset: tensor.offset + expert * bytes },
  }))
}
