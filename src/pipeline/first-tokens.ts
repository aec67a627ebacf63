import type { Tokenizer } from '../models/tokenizer'

/** Tokens beyond the wanted ones on which two prefixes must agree: a cut changes a few tokens before it, not dozens. */
const SPARE = 64
/** Characters between the ends of the two prefixes. */
const APART = 2048
/** Characters whose tokens tell how many characters the wanted ones will take. */
const SAMPLE = 4096

/**
 * At least the first `count` tokens of a text, or all where it has fewer: what `encode` gives for the whole text begins
 * with them. A book takes seconds to encode, a few windows of it do not, so only a prefix is encoded: twice, ending at
 * different spaces. Where both agree on the wanted tokens and some more, what follows has no say in them; where they
 * do not, the whole text is encoded.
 */
export function firstTokens(tokenizer: Tokenizer, text: string, count: number, bos = false): readonly number[] {
  const encode = (end: number) => tokenizer.encode(text.slice(0, text.lastIndexOf(' ', end)), { bos })
  const wanted = count + SPARE
  const charactersEach = SAMPLE / Math.max(1, encode(SAMPLE).length)
  for (let end = Math.ceil(1.2 * charactersEach * wanted); 2 * end + APART < text.length; end *= 2) {
    const shorter = encode(end)
    if (shorter.length < wanted) continue
    const longer = encode(end + APART)
    if (shorter.slice(0, wanted).every((id, at) => id === longer[at])) return shorter.slice(0, count)
    break
  }
  return tokenizer.encode(text, { bos })
}
