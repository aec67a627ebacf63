import {
  BPE,
  ByteLevelPreTokenizer,
  type Tokenizer as HuggingFaceTokenizer,
  SequencePreTokenizer,
} from '@huggingface/tokenizers'

/** Words whose tokens are kept, and the longest of them in characters: a few MB. */
const KEPT = 100_000
const LONGEST = 256
/** Characters of a word that is merged here: beyond, the time that grows with their square would be felt. */
const SHORT = 64

/**
 * Lets a BPE tokenizer remember the tokens of every word: BPE looks at one word at a time, and a text has eight times as
 * many words as different ones. The library's own memory is smaller, and reordered at every look; and it stands behind the
 * spelling of a word as bytes, which takes as long as the rest: here that comes last and is remembered, too.
 */
export function rememberWords(inner: HuggingFaceTokenizer): void {
  const { model } = inner
  if (!(model instanceof BPE)) return
  const spell = spellLater(inner)
  const encode = model.encode.bind(model)
  if (!model.end_of_word_suffix && !model.continuing_subword_suffix) mergeFaster(model)
  const known = new Map<string, readonly string[]>()
  model.encode = (words) => {
    const tokens: string[] = []
    for (const word of words) {
      let own = known.get(word)
      if (!own) {
        own = encode(spell(word))
        if (known.size >= KEPT) known.clear()
        if (word.length < LONGEST) known.set(word, own)
      }
      for (const token of own) tokens.push(token)
    }
    return tokens
  }
}

/** Takes the spelling as bytes out of the pre-tokenizer where it is its last step, and gives it back for single words. */
function spellLater({ pre_tokenizer: whole }: HuggingFaceTokenizer): (word: string) => string[] {
  const last = whole instanceof SequencePreTokenizer ? whole.tokenizers.at(-1) : whole
  if (!(last instanceof ByteLevelPreTokenizer) || last.add_prefix_space) return (word) => [word]
  const { pattern, use_regex } = last
  last.pre_tokenize_text = (text) => (use_regex ? (text.match(pattern) ?? []) : [text])
  const bytes = new ByteLevelPreTokenizer({ ...last.config, use_regex: false })
  return (word) => bytes.pre_tokenize_text(word)
}

/** The library's merges in the library's order, the leftmost of the lowest rank first, without a JSON text for every pair. */
function mergeFaster(model: BPE): void {
  const slow = model.bpe.bind(model)
  // the length tells where the left part ends
  const pair = (left: string, right: string) => `${left.length} ${left}${right}`
  const ranks = new Map(model.merges.map(([left, right], rank) => [pair(left!, right!), rank]))
  model.bpe = (word) => {
    if (word.length > SHORT) return slow(word)
    const parts = Array.from(word)
    const rankAt = (i: number) =>
      i + 1 < parts.length
        ? (ranks.get(pair(parts[i]!, parts[i + 1]!)) ?? Number.POSITIVE_INFINITY)
        : Number.POSITIVE_INFINITY
    const rank = parts.map((_, i) => rankAt(i))
    for (;;) {
      let best = 0
      for (let i = 1; i < rank.length; i++) if (rank[i]! < rank[best]!) best = i
      if (!(rank[best]! < Number.POSITIVE_INFINITY)) return parts
      parts[best]! += parts[best + 1]!
      parts.splice(best + 1, 1)
      rank.splice(best + 1, 1)
      rank[best] = rankAt(best)
      if (best > 0) rank[best - 1] = rankAt(best - 1)
    }
  }
}
