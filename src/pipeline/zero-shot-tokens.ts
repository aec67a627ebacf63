import { FormatError } from '../errors'
import type { ModelSpec } from '../models/spec'
import type { Tokenizer } from '../models/tokenizer'
import type { TextPair } from './zero-shot-formats'

/** A sequence whose last tokens are scored. */
export interface ScoredTokens {
  /** What the model reads. */
  readonly input: readonly number[]
  /** The tokens that its last rows predict. */
  readonly targets: readonly number[]
}

/**
 * A continuation behind its context in tokens, as lm-evaluation-harness makes them (`TemplateLM._encode_pair`,
 * `HFLM._loglikelihood_tokens`): white space that ends the context belongs to the continuation, whose tokens are those that both
 * together have beyond the context's own; BOS comes first where the tokenizer adds one and the text does not begin with it; the
 * model's context is filled from the right. FormatError where nothing is left to score, or the continuation alone does not fit.
 */
export function encodePair(
  tokenizer: Tokenizer,
  { context: capacity }: Pick<ModelSpec, 'context'>,
  { context, continuation }: TextPair,
  where: string,
): ScoredTokens {
  const encode = (text: string) => {
    const ids = tokenizer.encode(text)
    return tokenizer.addsBos && ids[0] !== tokenizer.bos ? [tokenizer.bos!, ...ids] : ids
  }
  const whole = encode(context + continuation)
  const scored = whole.length - encode(context.trimEnd()).length
  if (scored < 1 || scored > capacity)
    throw new FormatError(
      `${where}: expected a continuation of 1 to ${capacity} tokens, got ${Math.max(0, scored)} — correct the line or leave it out`,
    )
  const kept = whole.slice(-(capacity + 1))
  return { input: kept.slice(0, -1), targets: kept.slice(-scored) }
}
