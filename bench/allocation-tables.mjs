/** The runs of bench/allocation.mjs as Markdown tables and as the figure of its sweeps. */
import { logChart } from './log-chart.mjs'
import { cells, documentText, number, perplexity, rankedTable, runsOf, table } from './tables.mjs'

/** Everything as one document; `name` is that of the files beside it. */
export function tablesText(shown, name) {
  const { comparison, tables } = shown
  const { samples, length } = shown.recipe({}, 0, 0).calibration
  const about = {
    ...{ title: 'bits woven over columns', bench: 'allocation', name, group: 'target' },
    calibration: `${samples} × ${length} tokens of ${comparison.calibration?.name}`,
  }
  return documentText(comparison, about, [
    ...Object.entries(tables).flatMap(([letter, table]) => ranked(shown, letter, table)),
    ...sweepTables(shown, name),
  ])
}

/** Perplexity, chosen widths and the like of the sweeps over α and λ. */
export function sweepsFigure(shown) {
  const { comparison, sweeps } = shown
  const panels = [
    ['alpha', 'α'],
    ['damping', 'λ / mean diag H'],
  ].map(([key, symbol]) => {
    const found = sweeps[key].map((value) => [value, sweepRun(shown, key, value)]).filter(([, run]) => run)
    const points = (value) => found.map(([at, run]) => [at, value(run)])
    return [
      {
        ...{ title: `Perplexity over ${symbol}`, x: symbol, y: 'perplexity', log: true },
        lines: comparison.texts.map(({ name }) => ({ name, points: points((run) => run.perplexity[name].perplexity) })),
      },
      {
        ...{ title: `Mean bits over ${symbol}`, x: symbol, y: 'bits', log: false },
        lines: [
          { name: 'chosen by the network', points: points((run) => run.chosenBits) },
          { name: 'stored codes', points: points((run) => run.bits.code) },
        ],
      },
    ]
  })
  return logChart(`${comparison.model.name} at ${sweeps.target} bits`, panels.flat())
}

function ranked(shown, letter, { title, rows, targets = shown.targets }) {
  const groups = targets.map((bits) => ({
    group: bits,
    rows: rows.map(({ label, options }) => ({
      label,
      runs: shown.seeds.flatMap((seed) => runOf(shown, options, bits, seed)),
    })),
  }))
  const text = rankedTable(shown.comparison.texts, ['target', 'allocation'], groups)
  return text === null ? [] : [`## ${letter}. ${title}`, text]
}

function sweepTables(shown, name) {
  const { comparison, sweeps } = shown
  const { texts } = comparison
  const values = (run) => texts.map((text) => number(perplexity(text.name)(run)))
  const chosen = ({ chosenBits }) => chosenBits?.toFixed(3) ?? ''
  const swept = ['alpha', 'damping'].flatMap((key) =>
    sweeps[key].flatMap((value) => {
      const run = sweepRun(shown, key, value)
      return run
        ? [cells([key === 'alpha' ? 'α' : 'λ', value, chosen(run), run.bits.code.toFixed(3), ...values(run)])]
        : []
    }),
  )
  const held = sweeps.held.rows.flatMap(({ label, options }) =>
    sweeps.held.targets.flatMap((bits) =>
      runOf(shown, options, bits, 0).map((run) => {
        const { code, total } = run.bits
        return cells([
          label,
          bits,
          code.toFixed(4),
          (code - bits).toFixed(4),
          total.toFixed(3),
          chosen(run),
          ...values(run),
        ])
      }),
    ),
  )
  const names = texts.map((text) => text.name)
  return [
    ...(swept.length
      ? [
          `## Sweeps at ${sweeps.target} bits`,
          `![Perplexity and mean bits over α and λ](${name}.svg)`,
          table(['', 'value', 'bits chosen', 'code bits', ...names], swept),
        ]
      : []),
    ...(held.length
      ? [
          '## Held target',
          table(['allocation', 'asked', 'got', 'difference', 'stored bits', 'bits chosen', ...names], held),
        ]
      : []),
    ...(swept.length || held.length
      ? ['One seed. Bits chosen: what the networks chose by themselves, before the exact budget.']
      : []),
  ]
}

const runOf = ({ comparison, recipe }, options, bits, seed) => runsOf(comparison, recipe(options, bits, seed))

const sweepRun = (shown, key, value) =>
  runOf(shown, { ...shown.sweeps.options, [key]: value }, shown.sweeps.target, 0)[0]
