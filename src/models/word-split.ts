/** SentencePiece's mark for a space. */
const space = '▁'

type Json = Record<string, unknown>

/**
 * SentencePiece-style BPE has no pre-tokenizer: it merges a whole text as one word, which costs seconds for each
 * 100,000 characters. Merges are local, so where no merge can make a token with a space after another character, the
 * text may be cut before every such space and the tokens stay the same; words then come from the library's cache
 * (2 million characters: 30 s → 5 s measured on 2 cores). Returns the description with that cut, or as it was where it is not proven.
 */
export function cutAtWords(description: Json): Json {
  const model = description.model as Json
  const wholeTexts = model.type === 'BPE' && !description.pre_tokenizer && Array.isArray(model.merges)
  // Both would look at the ends or the whole of what they are given.
  const plainMerges = !model.ignore_merges && !model.end_of_word_suffix && !model.continuing_subword_suffix
  if (!wholeTexts || !plainMerges || !(model.merges as unknown[]).every(staysInWord)) return description
  const pattern = { Regex: `${space}*[^${space}]+|${space}+` }
  return { ...description, pre_tokenizer: { type: 'Split', pattern, behavior: 'Isolated', invert: false } }
}

function staysInWord(merge: unknown): boolean {
  const [left, right] = Array.isArray(merge) ? merge : String(merge).split(' ', 2)
  return !new RegExp(`[^${space}]${space}`).test(`${left}${right}`)
}
