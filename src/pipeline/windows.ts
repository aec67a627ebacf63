import { counted } from '../counted'
import { FormatError } from '../errors'
import type { Tokenizer } from '../models/tokenizer'
import { randomFrom, sampleBelow } from '../random'
import type { CalibrationRecipe } from '../records'
import { firstTokens } from './first-tokens'

/** Windows of equal length, one after another, and which of their tokens are scored. */
export interface Windows {
  /** [count · length]. */
  readonly ids: Uint32Array<ArrayBuffer>
  readonly count: number
  readonly length: number
}

/** A perplexity protocol: how a text becomes windows and which tokens count. Its name is part of every number. */
export interface Protocol {
  readonly name: string
  readonly kind: 'windows' | 'llama.cpp'
  readonly length: number
  /** First scored position of a window; scoring goes on to its end. */
  readonly firstScored: number
}

/**
 * - `windows:L`: tokenised whole without BOS, disjoint windows of L tokens, tail dropped, tokens 1 … L−1 scored.
 * - `llama.cpp:L`: tokenised with BOS where the tokenizer adds one, the first token of each window replaced by BOS,
 *   tokens L/2+1 … L−1 scored (llama-perplexity's rule).
 */
export function parseProtocol(name: string): Protocol {
  const match = /^(windows|llama\.cpp):(\d{1,7})$/.exec(name)
  const length = Number(match?.[2])
  if (!match || length < 4)
    throw new FormatError(
      `protocol: expected 'windows:L' or 'llama.cpp:L' with L ≥ 4, got '${name.slice(0, 60)}' — e.g. windows:512`,
    )
  const kind = match[1] as Protocol['kind']
  return { name, kind, length, firstScored: kind === 'windows' ? 1 : Math.floor(length / 2) + 1 }
}

/** The windows of a text under a protocol, inside its first `maxTokens` tokens. */
export function evaluationWindows(
  tokenizer: Tokenizer,
  text: string,
  { kind, length }: Protocol,
  maxTokens: number | null,
): Windows {
  const bos = kind === 'llama.cpp' && tokenizer.addsBos ? tokenizer.bos : null
  const tokens =
    maxTokens === null
      ? tokenizer.encode(text, { bos: bos !== null })
      : firstTokens(tokenizer, text, maxTokens, bos !== null)
  const usable = Math.min(tokens.length, maxTokens ?? tokens.length)
  const windows = take(tokens, length, Math.floor(usable / length), 'text')
  if (bos !== null) for (let w = 0; w < windows.count; w++) windows.ids[w * length] = bos
  return windows
}

/** The calibration windows: tokenised whole without BOS, disjoint, the first ones or drawn by the seed. */
export function calibrationWindows(
  tokenizer: Tokenizer,
  text: string,
  recipe: CalibrationRecipe,
  seed: number,
): Windows {
  const { samples, length, pick } = recipe
  if (!(Number.isInteger(samples) && samples >= 1 && Number.isInteger(length) && length >= 2))
    throw new FormatError(
      `calibration: expected at least 1 window of at least 2 tokens, got ${samples} × ${length} — correct the recipe`,
    )
  const tokens = pick === 'random' ? tokenizer.encode(text) : firstTokens(tokenizer, text, samples * length)
  const available = Math.floor(tokens.length / length)
  const count = Math.min(samples, available)
  const starts = pick === 'random' ? sampleBelow(available, count, randomFrom(seed)) : undefined
  return take(tokens, length, count, 'calibration text', starts)
}

/** What is to be said where a text holds fewer windows than were asked for. */
export const shortage = (
  { count, length }: { count: number; length: number },
  { samples }: CalibrationRecipe,
): string[] =>
  count < samples
    ? [
        `the calibration text holds ${counted(count, 'window')} of ${counted(length, 'token')}, ${samples} were asked for`,
      ]
    : []

function take(
  tokens: readonly number[],
  length: number,
  count: number,
  what: string,
  starts?: readonly number[],
): Windows {
  if (count === 0)
    throw new FormatError(
      `${what}: expected at least one window of ${length} tokens, got ${tokens.length} tokens — use a longer text or shorter windows`,
    )
  const ids = new Uint32Array(count * length)
  for (let w = 0; w < count; w++) {
    const start = (starts?.[w] ?? w) * length
    for (let t = 0; t < length; t++) ids[w * length + t] = tokens[start + t]!
  }
  return { ids, count, length }
}
