import type { DivergenceReport, PerplexityReport } from '../measurement-records'

/** Which model and which result a line of numbers belongs to; further fields say under what setting they were measured. */
interface LineKey {
  readonly model: string
  /** Which result the right-hand side belongs to, e.g. "GPTQ 4-bit g128". */
  readonly recipe: string
  readonly run: number
}

/** A setting's numbers before and after. */
export type Line<K extends LineKey, R> = K & { readonly before: R | null; readonly after: R | null }

export interface MeasurementKey extends LineKey {
  readonly protocol: string
  readonly text: string
  readonly maxTokens: number | null
}

/** One line of the session's table of perplexities. */
export type Measurement = Line<MeasurementKey, PerplexityReport>

/** One comparison of a result with its original. */
export interface DivergenceLine extends MeasurementKey {
  readonly report: DivergenceReport
}

/** A comparison in place of an earlier one of the same result under the same setting. */
export const recordDivergence = (lines: readonly DivergenceLine[], line: DivergenceLine): DivergenceLine[] => [
  ...lines.filter((other) => other.run !== line.run || keyText(other) !== keyText(line)),
  line,
]

const keyText = ({ report: _, ...key }: DivergenceLine): string => JSON.stringify(key)

/** Every field of the key is the same, but for those of the result. */
function sameSetting<K extends LineKey>(key: K, other: K): boolean {
  const { recipe: _, run: __, ...setting } = key
  return Object.entries(setting).every(([field, value]) => other[field as keyof K] === value)
}

/** Puts a number in its place: a new line, or the open half of an existing one. */
export function recordMeasurement<K extends LineKey, R>(
  lines: readonly Line<K, R>[],
  key: K,
  which: 'before' | 'after',
  report: R,
): Line<K, R>[] {
  const at = lines.findIndex((line) => sameSetting(key, line) && line.run === key.run)
  if (at < 0) return [...lines, { ...key, before: knownBefore(lines, key), after: null, [which]: report }]
  return lines.map((line, index) => (index === at ? { ...line, [which]: report } : line))
}

/** The original's number is the same for every run on it: measured once, reused. */
export const knownBefore = <K extends LineKey, R>(lines: readonly Line<K, R>[], key: K): R | null =>
  lines.find((line) => sameSetting(key, line) && line.before)?.before ?? null

/** after ÷ before; null while one is missing. */
export const ratio = ({ before, after }: Measurement): number | null =>
  before && after ? after.perplexity / before.perplexity : null

/** Under llama.cpp's rule a shorter window has no second half to score. */
const SHORTEST = 4

const PROTOCOL = /^(windows|llama\.cpp):(\d+)$/

/** Why a protocol's name cannot be used; null when it can. */
export function protocolProblem(protocol: string): string | null {
  const match = PROTOCOL.exec(protocol)
  if (!match) return "expected 'windows:L' or 'llama.cpp:L'"
  const length = Number(match[2])
  return length >= SHORTEST && length <= 131072 ? null : `expected a window of ${SHORTEST} to 131072 tokens`
}
