import { NumericalError } from '../errors'

/** How the next token is drawn. */
export interface Sampling {
  /** Logits are divided by it; at 0 nothing is drawn and the likeliest token taken. */
  readonly temperature: number
  /** Only so many of the likeliest tokens; all for 0. */
  readonly topK: number
  /** Of those, only the fewest whose probabilities sum to it. */
  readonly topP: number
}

export const GREEDY: Sampling = { temperature: 0, topK: 0, topP: 1 }

/**
 * An index of `logits`, drawn from softmax(logits / temperature) over the `topK` largest and then the nucleus `topP` (Holtzman et
 * al. 2020), renormalised. The temperature is above 0. Among equal logits the first indices are kept. NumericalError on NaN or infinite logits.
 *
 * @param uniform a number in [0, 1)
 */
export function sampleToken(logits: Float32Array, { temperature, topK, topP }: Sampling, uniform: number): number {
  const stranger = logits.findIndex((value) => !Number.isFinite(value))
  if (stranger >= 0)
    throw new NumericalError(
      `next token: expected finite logits, got ${logits[stranger]} for token ${stranger} — check the model, and how it was quantized`,
    )
  const kept = largest(logits, topK > 0 ? Math.min(topK, logits.length) : logits.length)
  if (topP < 1 || topK > 0) kept.sort((a, b) => logits[b]! - logits[a]! || a - b)
  const most = kept.reduce((found, index) => Math.max(found, logits[index]!), -Infinity)
  const parts = Float64Array.from(kept, (index) => Math.exp((logits[index]! - most) / temperature))
  let total = parts.reduce((sum, part) => sum + part, 0)
  let count = kept.length
  if (topP < 1) {
    let sum = 0
    count = 1 + parts.findIndex((part) => (sum += part) >= topP * total)
    total = sum
  }
  let left = uniform * total
  for (let i = 0; i < count - 1; i++) {
    left -= parts[i]!
    if (left < 0) return kept[i]!
  }
  return kept[count - 1]!
}

/** Indices of the `count` largest values, ascending. */
function largest(values: Float32Array, count: number): number[] {
  const all = [...values.keys()]
  if (count === values.length) return all
  const threshold = values.slice().sort()[values.length - count]!
  let ties = count - values.reduce((above, value) => above + Number(value > threshold), 0)
  return all.filter((index) => values[index]! > threshold || (values[index] === threshold && ties-- > 0))
}
