/** The runs of bench/rounding.mjs as Markdown tables and as the figure of its steps. */
import { logChart } from './log-chart.mjs'
import { documentText, perplexity, rankedTable, runsOf, spread } from './tables.mjs'

/** Everything as one document; `name` is that of the files beside it. */
export function tablesText(shown, name) {
  const { comparison, flags, tables } = shown
  const about = {
    ...{ title: 'learned roundings', bench: 'rounding', name, group: 'grid' },
    calibration: `${flags.samples} × ${flags.length} tokens of ${comparison.calibration?.name}, or as many windows as a row names`,
  }
  const sections = tables.flatMap(({ letter, title, rows }) => {
    const groups = [...new Set(rows.map(({ grid }) => grid))].map((group) => ({
      group,
      rows: rows
        .filter(({ grid }) => grid === group)
        .map(({ label, recipes }) => ({ label, runs: recipes.flatMap((recipe) => runsOf(comparison, recipe)) })),
    }))
    const text = rankedTable(comparison.texts, ['grid', 'rounding'], groups)
    return text === null ? [] : [`## ${letter}. ${title}`, text]
  })
  const figure = [
    `![Perplexity over steps](${name}.svg)`,
    'Steps: all rounds of a block. Each line has the means over those seeds that all its points have.',
  ]
  return documentText(comparison, about, [...sections, ...(stepLines(shown).length ? figure : [])])
}

/** Perplexity over the steps that a block takes, a panel a text; null where no such runs are. */
export function stepsFigure(shown) {
  const { comparison } = shown
  const lines = stepLines(shown)
  if (lines.length === 0) return null
  const panels = comparison.texts.map((text) => ({
    ...{ title: `Perplexity on ${text.name}`, x: 'steps', y: 'perplexity', log: true },
    lines: lines.map(({ samples, points }) => ({
      name: `${samples} windows`,
      points: points.map(({ steps, runs }) => [steps, spread(runs, perplexity(text.name)).mean]),
    })),
  }))
  return logChart(`${comparison.model.name}: perplexity over steps`, panels)
}

/** The runs of the table of steps, by calibration windows and by steps, of the seeds that all points of a line have. */
function stepLines({ comparison, tables }) {
  const lines = new Map()
  for (const { recipes } of tables.find(({ letter }) => letter === 'D').rows) {
    const runs = recipes.flatMap((recipe) => runsOf(comparison, recipe))
    if (runs.length === 0) continue
    const { calibration, options } = recipes[0]
    const line = lines.get(calibration.samples) ?? []
    lines.set(calibration.samples, [...line, { steps: options.rounds * options.iterations, runs }])
  }
  return [...lines].flatMap(([samples, points]) => {
    const seeds = points.map(({ runs }) => runs.map(({ recipe }) => recipe.seed))
    const common = seeds.reduce((shared, own) => shared.filter((seed) => own.includes(seed)))
    const kept = points.map(({ steps, runs }) => ({
      steps,
      runs: runs.filter(({ recipe }) => common.includes(recipe.seed)),
    }))
    return common.length ? [{ samples, points: kept }] : []
  })
}
