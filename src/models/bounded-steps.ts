import { type Tokenizer as HuggingFaceTokenizer, SequenceNormalizer } from '@huggingface/tokenizers'
import { z } from 'zod'
import { schemaError } from './description-error'
import { type Allowance, BoundedRegExp } from './regexp/bounded'
import { refused } from './regexp/parse'

/** What a normalizer, pre-tokenizer or decoder may hold of what could go on for ever, or grow without end. */
const step = z.looseObject({
  pattern: z.looseObject({ Regex: z.string().max(20_000).nullish() }).nullish(),
  // published ones put in '▁' or a blank
  content: z.string().max(64).nullish(),
  prepend: z.string().max(64).nullish(),
  replacement: z.string().max(64).nullish(),
  // no length at all is one piece; null would be none, again and again
  length: z.int().min(1).optional(),
})
const PARTS = ['normalizer', 'pre_tokenizer', 'decoder'] as const
const LISTS = ['normalizers', 'pretokenizers', 'decoders']
const MOST_STEPS = 100

/** Whoever looks for a token at every place of a text walks as far as the longest. */
const limits = z.object({
  model: z.looseObject({ max_input_chars_per_word: z.int().max(1000).nullish() }),
  added_tokens: z.array(z.looseObject({ content: z.string().max(1000) })),
})
const LONGEST_PIECE = 1000

/** Steps of a BoundedRegExp: all patterns of a published tokenizer together take up to 13 a character of English. */
const STEPS_PER_CHARACTER = 200
const STEPS_PER_TEXT = 100_000

type Json = Record<string, unknown>

/** FormatError for a tokenizer.json that could keep the library busy, or fill the memory, for ever; to be asked before the library is. */
export function checkBounds(description: Json): void {
  const { success, error } = limits.safeParse(description)
  if (!success) throw schemaError('tokenizer.json', error)
  const { type, vocab } = description.model as Json
  if (
    type === 'Unigram' &&
    (vocab as unknown[]).some((entry) => String((entry as [unknown])?.[0]).length > LONGEST_PIECE)
  )
    throw refused(`a token of more than ${LONGEST_PIECE} characters`)
  for (const part of PARTS) {
    const steps = [description[part]]
    for (const one of steps) {
      if (typeof one !== 'object' || one === null) continue
      if (steps.length > MOST_STEPS) throw refused(`a ${part} of more than ${MOST_STEPS} steps`)
      const checked = step.safeParse(one)
      if (!checked.success) throw schemaError('tokenizer.json', checked.error, [part])
      for (const list of LISTS) {
        const inner = (one as Json)[list]
        if (Array.isArray(inner)) steps.push(...inner.slice(0, MOST_STEPS + 1))
      }
    }
  }
  normalizeAddedTokens(description)
}

/** The library normalizes added tokens while it is made, by its own RegExps: not before it was seen to come to an end. */
function normalizeAddedTokens({ normalizer, added_tokens }: Json): void {
  if (!normalizer) return
  const steps = new SequenceNormalizer({ type: 'Sequence', normalizers: [normalizer as never] })
  const allow = boundSteps(steps)
  for (const { content } of added_tokens as { content: string }[]) {
    allow(content.length)
    steps.normalize(content)
  }
}

/** A part of the library's pipeline, as far as it concerns us. */
interface Part {
  pattern?: unknown
  readonly config?: { readonly pattern?: { readonly Regex?: unknown } }
  normalize?: (text: string) => string
}

/**
 * Gives all regular expressions of a tokenizer, or of a part of it, one allowance, out of which the text that a normalizer makes is
 * paid, too. Returns what fills it for the next text of so many characters.
 */
export function boundSteps(top: object): (characters: number) => void {
  const allowance: Allowance = { left: 0 }
  const visit = (part: Part | null) => {
    if (!part) return
    if (part.pattern instanceof RegExp && part.config?.pattern?.Regex !== undefined)
      part.pattern = new BoundedRegExp(part.pattern, 'gu', allowance)
    const { normalize } = part
    if (normalize)
      part.normalize = (text) => {
        const made = normalize.call(part, text)
        allowance.left -= made.length
        if (allowance.left < 0) throw refused('a normalizer that makes far more text than there was')
        return made
      }
    const inner = part as Record<string, unknown>
    for (const list of [inner.normalizers, inner.tokenizers, inner.decoders])
      if (Array.isArray(list)) for (const one of list) visit(one)
  }
  const { normalizer, pre_tokenizer, decoder } = top as Partial<HuggingFaceTokenizer>
  for (const part of [top, normalizer, pre_tokenizer, decoder]) visit((part ?? null) as Part | null)
  return (characters) => {
    allowance.left = STEPS_PER_TEXT + STEPS_PER_CHARACTER * characters
  }
}
