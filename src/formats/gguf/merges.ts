import { FormatError } from '../../errors'
import type { Vocabulary } from './vocabulary'

/** Longer than any published; the cuts of one take time with the square of its length. */
const LONGEST = 256

/**
 * SentencePiece joins, again and again, the two neighbours that make the token of the highest score. BPE does the same by a
 * list of merges: every pair of tokens that makes a token, those of high scores first.
 */
export function sentencePieceMerges({ tokens, whole }: Vocabulary, scores: readonly number[]): [string, string][] {
  const apart = new Set(whole.map(({ id }) => id))
  const known = new Set(tokens)
  // whole tokens are found before: no text that is merged holds one
  const made = tokens.flatMap((token, id) => (apart.has(id) ? [] : [{ token, score: scores[id]! }]))
  made.sort((a, b) => b.score - a.score)
  const merges: [string, string][] = []
  for (const { token } of made) {
    if (token.length > LONGEST)
      throw new FormatError(
        `tokenizer.ggml.tokens: expected at most ${LONGEST} characters a token, got ${token.length} — the file is damaged; fetch it again`,
      )
    for (let cut = 1; cut < token.length; cut++) {
      const [left, right] = [token.slice(0, cut), token.slice(cut)]
      if (known.has(left) && known.has(right)) merges.push([left, right])
    }
  }
  return merges
}
