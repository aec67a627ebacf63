import { FormatError } from '../../errors'
import { splitsByName } from './splits'

interface Step {
  readonly type?: unknown
  readonly use_regex?: unknown
  readonly add_prefix_space?: unknown
  readonly individual_digits?: unknown
  readonly pretokenizers?: readonly Step[]
  readonly pattern?: { readonly Regex?: unknown }
}

/** How checkpoints and llama.cpp spell the same. */
const spelt = ["(?i:'s|'t|'re|'ve|'m|'ll|'d)", "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"] as const
const [words] = splitsByName['gpt-2']!.expressions

/**
 * llama.cpp's name for the way a byte-level tokenizer cuts a text, from the pre-tokenizer of tokenizer.json. FormatError where
 * it has none.
 */
export function preTokenizerName(part: unknown, ignoreMerges = false): string {
  const expressions = expressionsOf((part ?? {}) as Step)
  const names = Object.keys(splitsByName).filter((name) => {
    const known = splitsByName[name]!.expressions
    return known.length === expressions.length && known.every((expression, i) => expression === expressions[i])
  })
  const exact = names.find((name) => (splitsByName[name]!.ignoreMerges ?? false) === ignoreMerges)
  const name = exact ?? names[0]
  if (name !== undefined) return name
  throw new FormatError(
    `tokenizer.json: expected a pre-tokenizer that llama.cpp has, like gpt-2's, llama-bpe's or qwen2's, got '${expressions.join(' then ').slice(0, 100)}' — llama.cpp would cut texts elsewhere; save the packed file or the fp16 folder`,
  )
}

/** What cuts in turn: expressions, or the names of steps that are none. */
function expressionsOf(top: Step): string[] {
  return (top.pretokenizers ?? [top]).flatMap((step, i, steps) => {
    if (step.type === 'Digits' && step.individual_digits === true) return ['\\p{N}']
    if (step.type === 'Split' && typeof step.pattern?.Regex === 'string') return [step.pattern.Regex.replace(...spelt)]
    const bytes = step.type === 'ByteLevel' && step.add_prefix_space !== true && i === steps.length - 1
    if (!bytes) return [String(step.type)]
    return step.use_regex === false ? [] : [words!]
  })
}
