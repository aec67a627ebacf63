import type { RunHead } from '../../archived-run'
import type { CsvCell } from '../../state/documents'
import type { AblationRow, Comparison, FieldRow, Mean, MetricRow } from '../../state/run-comparison'
import type { TextTable } from '../../state/text-tables'
import { formatBytes, formatDuration, formatError, formatNumber } from '../format'
import { runsWords } from '../words/runs'
import { changeText, fieldTitle, meanText, metricText, metricTitle, valueTitle } from './cells'

/** In how many settings perplexities were measured. */
export const countSettings = ({ metrics }: Comparison): number =>
  metrics.filter(({ kind }) => kind === 'perplexity').length

/** Runs side by side. */
export function comparisonTable(runs: readonly RunHead[], base: RunHead, held: Comparison): TextTable {
  const settings = countSettings(held)
  const fields = ({ key, values }: FieldRow) => [fieldTitle(key), ...values]
  const numbers = (row: MetricRow) => [
    metricTitle(row, settings),
    ...row.values.map((value, i) => {
      const change = row.changes[i] ?? null
      if (value === null) return ''
      const text = metricText(row.kind, value)
      return change === null ? text : `${text} (${changeText(row.kind, change, value)})`
    }),
  ]
  const head = [
    '',
    ...runs.map((run) => `${runsWords.run(run.number)}${run === base ? `, ${runsWords.baseline.toLowerCase()}` : ''}`),
  ]
  const settled = [...held.recipe, ...held.circumstances].map(fields)
  return {
    ...{ head, texts: 1, rows: [...settled, ...held.metrics.map(numbers)] },
    values: [head, ...settled, ...held.metrics.map((row) => [valueTitle(row, settings), ...row.values])],
  }
}

/** What one value changed at a time has done. */
export function ablationTable(rows: readonly AblationRow[]): TextTable {
  const [base] = rows
  const changeOf = ({ key, perplexity }: AblationRow) =>
    key !== null && perplexity && base?.perplexity ? perplexity.mean - base.perplexity.mean : null
  const changed = ({ key }: AblationRow) => (key === null ? runsWords.ablationBase : fieldTitle(key))
  const texts = [
    runsWords.ablationHead,
    ...rows.map((row) => {
      const { value, runs, perplexity, kl, bits, bytes, seconds } = row
      const change = changeOf(row)
      return [
        changed(row),
        value,
        String(runs.length),
        meanText(perplexity, (mean) => formatNumber(mean, 2)),
        change === null ? '' : changeText('perplexity', change, perplexity!.mean),
        meanText(kl, formatError),
        meanText(bits, (mean) => formatNumber(mean, 3)),
        formatBytes(bytes.mean),
        formatDuration(seconds.mean),
      ]
    }),
  ]
  const values = [
    runsWords.ablationValues,
    ...rows.map((row) => {
      const { value, runs, perplexity, kl, bits, bytes, seconds } = row
      return [
        ...[changed(row), value, runs.length, ...numbersOf(perplexity), changeOf(row), ...numbersOf(kl)],
        ...[...numbersOf(bits), bytes.mean, seconds.mean],
      ]
    }),
  ]
  const [head = [], ...told] = measured(texts)
  return { head, rows: told, texts: 2, values: measured(values) }
}

const numbersOf = (mean: Mean | null): [number | null, number | null] => [mean?.mean ?? null, mean?.deviation ?? null]

/** Without the columns of what was measured of none; the first three stay. */
function measured<C extends CsvCell>([head = [], ...rows]: readonly (readonly C[])[]): (readonly C[])[] {
  const told = head.map((_, i) => i < 3 || rows.some((cells) => cells[i] !== null && cells[i] !== ''))
  return [head, ...rows].map((cells) => cells.filter((_, i) => told[i]))
}
