import type { RunHead, RunSetting } from '../../archived-run'
import type { Mean, MetricRow } from '../../state/run-comparison'
import { formatBytes, formatDuration, formatError, formatNumber, formatTenths, words } from '../format'
import { runsWords } from '../words/runs'

/** Names of recipe fields as titles: "groupSize" reads "Group size". */
export const fieldTitle = (key: string): string => words(key).replace(/^./, (letter) => letter.toUpperCase())

export const settingText = ({ text, protocol, maxTokens }: RunSetting): string =>
  runsWords.setting(text, protocol, maxTokens)

/** A measured number in the digits of its kind. */
export function metricText(kind: MetricRow['kind'], value: number): string {
  switch (kind) {
    case 'bits':
    case 'width':
      return formatNumber(value, 3)
    case 'bytes':
      return formatBytes(value)
    case 'seconds':
      return formatDuration(value)
    case 'perplexity':
      return formatNumber(value, 2)
    case 'top':
    case 'accuracy':
      return formatTenths(value)
    default:
      return formatError(value)
  }
}

const sign = (value: number) => (value > 0 ? '+' : value < 0 ? '−' : '')
const signed = (value: number, text: (size: number) => string) => `${sign(value)}${text(Math.abs(value))}`

/** What a number has moved by: in its own unit, or as a part where that says more. */
export function changeText(kind: MetricRow['kind'], change: number, value: number): string {
  if (change === 0) return '±0'
  const base = value - change
  const share = base === 0 ? '' : signed(change / base, formatTenths)
  switch (kind) {
    case 'bits':
    case 'width':
      return signed(change, (size) => formatNumber(size, 3))
    case 'perplexity':
      return signed(change, (size) => formatNumber(size, 2))
    case 'top':
    case 'accuracy':
      return signed(change, (size) => runsWords.points((100 * size).toFixed(1)))
    case 'kl':
      return signed(change, formatError)
    default:
      return share
  }
}

/** Whether it moved for the better; null where it did not move. */
export const improved = ({ better }: Pick<MetricRow, 'better'>, change: number | null): boolean | null =>
  change === null || change === 0 ? null : change < 0 === (better === 'lower')

export function metricTitle({ kind, setting, task }: MetricRow, settings: number): string {
  const title = runsWords.metric[kind]
  if (task !== null) return `${title}: ${task}`
  return setting && settings > 1 ? `${title}: ${settingText(setting)}` : title
}

/** The same over plain numbers, which do not say their unit. */
export const valueTitle = (row: MetricRow, settings: number): string =>
  row.kind === 'bytes' || row.kind === 'seconds' ? runsWords.valueOf[row.kind] : metricTitle(row, settings)

/** "61.00 ± 1.00"; the deviation only of more than one. */
export const meanText = (mean: Mean | null, text: (value: number) => string): string => {
  if (!mean) return ''
  return mean.deviation === null ? text(mean.mean) : `${text(mean.mean)} ± ${text(mean.deviation)}`
}

/** With its year: these may be old. */
export const finishedText = (at: number): string =>
  new Date(at).toLocaleString('en-GB', {
    ...{ day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' },
  } as const)

export const nameOf = ({ number, model }: Pick<RunHead, 'number' | 'model'>, label: string): string =>
  `${runsWords.run(number)}: ${model.name}, ${label}`
