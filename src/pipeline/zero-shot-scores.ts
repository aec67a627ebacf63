import type { Share, ZeroShotReport } from '../measurement-records'
import { shareOf } from './statistics'
import type { ZeroShotTask } from './zero-shot-task'

/** What the model says of one continuation. */
export interface ContinuationScore {
  /** Σ log p of its tokens, in nats. */
  readonly logLikelihood: number
  /** Every token of it is the likeliest one. */
  readonly greedy: boolean
}

type Scores = Omit<ZeroShotReport, 'stored' | 'seconds'>

/** A task's numbers out of the scores of every item's continuations, in the order of its pairs. */
export function scoreTask(
  { name, kind, items }: ZeroShotTask,
  scores: readonly (readonly ContinuationScore[])[],
): Scores {
  const gold = items.map((item) => item.gold)
  const logLikelihoods = scores.map((item) => item.map(({ logLikelihood }) => logLikelihood))
  const shared = { task: name, kind, items: items.length, gold, logLikelihoods }
  if (kind === 'lastWord') {
    const predictions = scores.map(([only]) => (only!.greedy ? 0 : -1))
    const mean = logLikelihoods.reduce((sum, [only]) => sum + only!, 0) / items.length
    return {
      ...{ ...shared, predictions, accuracy: accuracy(predictions, gold), perplexity: Math.exp(-mean) },
      ...{ normalized: null, normalizedPredictions: null },
    }
  }
  const predictions = logLikelihoods.map(largest)
  // contexts share one continuation: its length changes nothing
  const normalizedPredictions =
    kind === 'contexts'
      ? null
      : logLikelihoods.map((values, i) => largest(values.map((value, c) => value / items[i]!.bytes[c]!)))
  return {
    ...{ ...shared, predictions, normalizedPredictions, accuracy: accuracy(predictions, gold), perplexity: null },
    normalized: normalizedPredictions && accuracy(normalizedPredictions, gold),
  }
}

/** Index of the largest, the first of equals, as NumPy's argmax. */
const largest = (values: readonly number[]): number => values.indexOf(Math.max(...values))

const accuracy = (predictions: readonly number[], gold: readonly number[]): Share =>
  shareOf(predictions.filter((prediction, i) => prediction === gold[i]).length, gold.length)
