import {
  BPE,
  ByteLevelPreTokenizer,
  type Tokenizer as HuggingFaceTokenizer,
  SequencePreTokenizer,
} from '@huggingface/tokenizers'

/** Words whose tokens are kept, and the longest of them in characters: a few MB. */
const KEPT = 100_000
const LONGEST = 256

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
