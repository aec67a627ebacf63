import type { Tokenizer } from '../models/tokenizer'

/** Texts kept: what one is calibrated on, what one is measured on, and one more to compare. */
const TEXTS = 3
/** Shorter ones are encoded sooner than looked up. */
const WORTH_KEEPING = 10_000

/** A tokenizer that knows the last long texts it saw: a book takes seconds, and every run and measurement asks for it again. */
export function remembering(tokenizer: Tokenizer, texts = TEXTS): Tokenizer {
  const seen = new Map<string, number[]>()
  return {
    ...tokenizer,
    encode(text, options) {
      if (text.length < WORTH_KEEPING) return tokenizer.encode(text, options)
      const key = `${options?.bos === true} ${text}`
      const ids = seen.get(key) ?? tokenizer.encode(text, options)
      seen.delete(key)
      seen.set(key, ids)
      if (seen.size > texts) seen.delete(seen.keys().next().value!)
      return ids.slice()
    },
  }
}
