import type { Share, ZeroShotReport } from '../src/measurement-records'
import { aligned } from './aligned'

const percent = (share: Share | null): string => {
  if (!share) return ''
  const value = (100 * share.value).toFixed(2)
  return share.error === null ? value : `${value} ± ${(100 * share.error).toFixed(2)}`
}

/** Tasks for people, a line each: accuracies and their standard errors in percent. */
export function taskTable(reports: readonly ZeroShotReport[]): string {
  const words = reports.some(({ perplexity }) => perplexity !== null)
  const head = ['task', 'items', 'acc %', 'acc_norm %', ...(words ? ['perplexity'] : []), 'seconds']
  const lines = reports.map(({ task, items, accuracy, normalized, perplexity, seconds }) => [
    ...[task, String(items), percent(accuracy), percent(normalized)],
    ...(words ? [perplexity === null ? '' : perplexity.toFixed(2)] : []),
    seconds.toFixed(1),
  ])
  return aligned([head, ...lines]).join('\n')
}
