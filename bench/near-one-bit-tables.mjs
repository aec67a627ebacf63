/** The runs of bench/near-one-bit.mjs as Markdown tables and as the figure of perplexity over stored bits. */
import { logChart } from './log-chart.mjs'
import { cells, documentText, number, perplexity, runsOf, spread, table } from './tables.mjs'

/** Everything as one document; `name` is that of the files beside it. */
export function tablesText(shown, name) {
  const { comparison, flags, tables } = shown
  const about = {
    ...{ title: 'near one bit', bench: 'near-one-bit', name, group: 'column' },
    calibration: `${flags.samples} × ${flags.length} tokens of ${comparison.calibration?.name}`,
  }
  const sections = tables.flatMap(({ letter, title, rows }) => {
    const found = withRuns(comparison, rows)
    return found.length ? [`## ${letter}. ${title}`, bitsTable(comparison.texts, found)] : []
  })
  return documentText(comparison, about, [
    'Bits are those of the stored bytes, in their parts; *published* is what the method’s paper counts. *Amplitudes*: mean over the matrices.',
    ...sections,
    `![Perplexity over stored bits](${name}.svg)`,
  ])
}

const withRuns = (comparison, rows) =>
  rows
    .map(({ label, line, recipes }) => ({ label, line, runs: recipes.flatMap((recipe) => runsOf(comparison, recipe)) }))
    .filter(({ runs }) => runs.length > 0)

function bitsTable(texts, rows) {
  const mean = (runs, value, digits) => {
    const { mean: found } = spread(runs, value)
    return Number.isFinite(found) ? found.toFixed(digits) : ''
  }
  const best = texts.map(({ name }) => Math.min(...rows.map(({ runs }) => spread(runs, perplexity(name)).mean)))
  const lines = rows.map(({ label, runs }) =>
    cells([
      label,
      ...['code', 'scale', 'index', 'total'].map((part) => mean(runs, ({ bits }) => bits[part], 3)),
      mean(runs, ({ published }) => (published ? published.weight + published.scale : Number.NaN), 3),
      mean(runs, ({ groups }) => groups ?? Number.NaN, 1),
      ...texts.map(({ name }, at) => {
        const { mean: value, deviation } = spread(runs, perplexity(name))
        const shown = rows.length > 1 && value === best[at] ? `**${number(value)}**` : number(value)
        return deviation === null ? shown : `${shown} ± ${number(deviation)}`
      }),
      mean(runs, ({ seconds }) => seconds.total, 1),
      runs.length,
    ]),
  )
  const bits = ['code', 'scale', 'index', 'total', 'published', 'amplitudes']
  return table(['rounding', ...bits, ...texts.map(({ name }) => name), 'seconds', 'seeds'], lines)
}

/** Perplexity over all stored bits, a line a method, a panel a text. */
export function bitsFigure({ comparison, tables }) {
  const rows = tables.flatMap(({ rows: some }) => withRuns(comparison, some)).filter(({ line }) => line !== null)
  const lines = [...new Set(rows.map(({ line }) => line))]
  if (lines.length === 0) return null
  const total = (runs) => spread(runs, ({ bits }) => bits.total).mean
  const panels = comparison.texts.map(({ name }) => ({
    ...{ title: `Perplexity on ${name}`, x: 'all stored bits a weight', y: 'perplexity', log: true },
    ticks: [1, 1.5, 2, 3, 4],
    lines: lines.map((line) => ({
      name: line,
      points: rows
        .filter((one) => one.line === line)
        .map(({ runs }) => [total(runs), spread(runs, perplexity(name)).mean])
        .sort(([a], [b]) => a - b),
    })),
  }))
  return logChart(`${comparison.model.name}: perplexity over stored bits`, panels)
}
