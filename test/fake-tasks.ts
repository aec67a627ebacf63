import type { TaskKind, ZeroShotReport } from '../src/measurement-records'

export const kindOf = (file: string): TaskKind =>
  file.startsWith('lambada') ? 'lastWord' : file.startsWith('winogrande') ? 'contexts' : 'choices'

/** The original is right on two items of three, and where it is not, the quantized model; it loses every fourth. */
export function fakeScores(
  task: string,
  kind: TaskKind,
  which: 'original' | 'quantized',
  items: number,
  stored: boolean,
): ZeroShotReport {
  const right = (i: number) => (which === 'original' ? i % 3 !== 0 : i % 4 !== 0)
  const gold = Array.from({ length: items }, () => 0)
  const predictions = gold.map((_, i) => (right(i) ? 0 : 1))
  const value = predictions.filter((choice) => choice === 0).length / items
  const accuracy = { value, error: Math.sqrt((value * (1 - value)) / (items - 1)) }
  const normal = kind === 'choices'
  return {
    ...{ task, kind, items, accuracy, gold, predictions, logLikelihoods: [], seconds: 2.5 },
    normalized: normal ? accuracy : null,
    normalizedPredictions: normal ? predictions : null,
    perplexity: kind === 'lastWord' ? (which === 'original' ? 31.25 : 35.5) : null,
    stored: which === 'quantized' && stored,
  }
}
