import { jointsOf } from '../fused'
import { type Scheme, schemesOf } from '../schemes'
import type { UniformLayout } from '../uniform'

/** `quantization_config` of a GPTQ checkpoint: what holds for most linears, and rules for the others. */
export function gptqConfig(
  layouts: ReadonlyMap<string, UniformLayout>,
  version: 1 | 2,
  quantizer: string,
): Record<string, unknown> {
  const [most, ...others] = schemesOf(layouts)
  const rules = others.flatMap(({ scheme, names }) => patternsOf(names).map((pattern) => [pattern, fields(scheme)]))
  return {
    quant_method: 'gptq',
    ...(most && fields(most.scheme)),
    lm_head: false,
    checkpoint_format: version === 1 ? 'gptq' : 'gptq_v2',
    pack_dtype: 'int32',
    ...(rules.length > 0 && { dynamic: Object.fromEntries(rules) }),
    meta: { quantizer: [quantizer] },
  }
}

const fields = ({ bits, groupSize, symmetric, ordered }: Scheme) => ({
  ...{ bits, group_size: groupSize, desc_act: ordered, sym: symmetric },
})

/**
 * Regular expressions for exactly these linears, a module a line with all its layers. Where all parts of a joint are among
 * them, the joint is too: vLLM asks for it by its own name.
 */
function patternsOf(names: readonly string[]): string[] {
  const all = [...names, ...jointsOf(names).map(({ name }) => name)]
  const layers = new Map<string, string[]>()
  for (const name of all) {
    const [, before = '', layer = '', module = name] = /^(.*\.)(\d+)(\..+)$/.exec(name) ?? []
    const key = `${escaped(before)}LAYER${escaped(module)}`
    layers.set(key, [...(layers.get(key) ?? []), layer])
  }
  return [...layers].map(([key, numbers]) => `+:^${key.replace('LAYER', choice(numbers))}$`)
}

const choice = (numbers: readonly string[]) => (numbers.length > 1 ? `(?:${numbers.join('|')})` : (numbers[0] ?? ''))

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
