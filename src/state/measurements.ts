import type { PerplexityReport } from '../records'

/** One line of the session's table: the same text and protocol before and after. */
export interface Measurement {
  readonly model: string
  /** Which result the right-hand side belongs to, e.g. "GPTQ 4-bit g128". */
  readonly recipe: string
  readonly run: number
  readonly protocol: string
  readonly text: string
  readonly maxTokens: number | null
  readonly before: PerplexityReport | null
  readonly after: PerplexityReport | null
}

export type MeasurementKey = Omit<Measurement, 'before' | 'after'>

const sameSetting = (a: MeasurementKey, b: MeasurementKey): boolean =>
  a.model === b.model && a.protocol === b.protocol && a.text === b.text && a.maxTokens === b.maxTokens
const sameLine = (a: MeasurementKey, b: MeasurementKey): boolean => sameSetting(a, b) && a.run === b.run

/** Puts a number in its place: a new line, or the open half of an existing one. */
export function recordMeasurement(
  lines: readonly Measurement[],
  key: MeasurementKey,
  which: 'before' | 'after',
  report: PerplexityReport,
): Measurement[] {
  const at = lines.findIndex((line) => sameLine(line, key))
  if (at < 0) return [...lines, { ...key, before: knownBefore(lines, key), after: null, [which]: report }]
  return lines.map((line, index) => (index === at ? { ...line, [which]: report } : line))
}

/** The original's number is the same for every run on it: measured once, reused. */
export const knownBefore = (lines: readonly Measurement[], key: MeasurementKey): PerplexityReport | null =>
  lines.find((line) => sameSetting(line, key) && line.before)?.before ?? null

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
