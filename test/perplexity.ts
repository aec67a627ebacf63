import type { PerplexityReport } from '../src/measurement-records'

/** A report of this perplexity. */
export const perplexityReport = (perplexity: number, changes: Partial<PerplexityReport> = {}): PerplexityReport => ({
  ...{ protocol: 'windows:64', text: 't', perplexity, nll: Math.log(perplexity), stored: false, seconds: 1 },
  ...{ interval: { low: perplexity - 2, high: perplexity + 2 }, tokens: 504, windows: 8 },
  positions: [{ from: 1, to: 63, nll: Math.log(perplexity) }],
  ...changes,
})
