import type { DivergenceReport } from '../measurement-records'
import { joined, scored } from './perplexity'
import { mapInterval, mean, meanInterval, meansOfRuns, percentile, shareOf, sum } from './statistics'

/** What both models say of the same tokens, window after window; all in nats. */
export interface Divergences {
  /** KL(original ‖ quantized) of the whole vocabulary. */
  readonly kl: Float32Array
  readonly original: Float32Array
  readonly quantized: Float32Array
  /** 1 where both find the same token likeliest. */
  readonly agree: Uint8Array
}

/** Steps of the histogram: a quarter of a decade each, from hardly a change to another opinion. */
const HISTOGRAM = { from: -7, to: 2, steps: 36 }

/**
 * What the divergences of tokens amount to, with the definitions of llama.cpp's `--kl-divergence` (natural logarithm, whole
 * vocabulary, percentiles between two values in proportion); intervals are over windows, there over tokens.
 *
 * @param parts of batches, in the order of the windows
 * @param firstScored position of the first scored token in its window
 */
export function divergenceReport(
  parts: readonly Divergences[],
  windows: number,
  firstScored: number,
): Omit<DivergenceReport, 'protocol' | 'text' | 'windows' | 'stored' | 'seconds'> {
  // rounding may leave a hair below nothing
  const kl = joined(parts.map((part) => part.kl)).map((value) => Math.max(0, value))
  const [before, after] = [joined(parts.map((p) => p.original)), joined(parts.map((p) => p.quantized))]
  const tokens = kl.length
  const ofWindows = (values: Float32Array | Float64Array) => meansOfRuns(values, tokens / windows)
  const ascending = kl.toSorted()
  const at = (part: number) => percentile(ascending, part)
  const changes = Float64Array.from(after, (loss, i) => Math.exp(-loss) - Math.exp(-before[i]!))
  const steps = Float64Array.from(after, (loss, i) => loss - before[i]!)
  return {
    tokens,
    kl: {
      ...{ mean: mean(kl), interval: meanInterval(ofWindows(kl)) },
      ...{ median: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), p999: at(0.999), max: at(1) },
    },
    topAgreement: shareOf(sum(parts.map(({ agree }) => sum(agree))), tokens),
    probabilityChange: { mean: mean(changes), rms: Math.sqrt(mean(changes.map((change) => change ** 2))) },
    original: scored(before, windows, firstScored),
    quantized: scored(after, windows, firstScored),
    ratio: { value: Math.exp(mean(steps)), interval: mapInterval(meanInterval(ofWindows(steps)), Math.exp) },
    histogram: histogramOf(kl),
  }
}

function histogramOf(values: Float32Array): DivergenceReport['histogram'] {
  const { from, to, steps } = HISTOGRAM
  const counts = Array.from({ length: steps }, () => 0)
  for (const value of values) {
    const step = Math.floor(((Math.log10(value) - from) / (to - from)) * steps)
    counts[Math.min(steps - 1, Math.max(0, step))]!++
  }
  return { from, to, counts }
}
