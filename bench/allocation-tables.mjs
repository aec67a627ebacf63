/** The runs of bench/allocation.mjs as Markdown tables and as the figure of its sweeps. */
import { logChart } from './log-chart.mjs'

/** Everything as one document; `name` is that of the files beside it. */
export function tablesText(shown, name) {
  const { comparison, tables } = shown
  const { model, device, protocol, texts, unquantized, calibration, runs } = comparison
  const original = texts.map((text) => `${text.name} ${number(unquantized.perplexity[text.name].perplexity)}`)
  const failed = runs.filter(({ failure }) => failure)
  const { samples, length } = shown.recipe({}, 0, 0).calibration
  return [
    `# ${model.name}: bits woven over columns`,
    `Made by \`node bench/allocation.mjs\` on ${device.name}. Perplexity under \`${protocol}\`, of the stored bytes; unquantized: ${original.join(', ')}. Calibration: ${samples} × ${length} tokens of ${calibration?.name}, the first windows for seed 0, drawn for every other. Mean ± sample standard deviation over the seeds; the lowest mean of a target in bold. Every run is in [${name}.json](${name}.json).`,
    ...Object.entries(tables).flatMap(([letter, table]) => ranked(shown, letter, table)),
    ...sweepTables(shown, name),
    ...(failed.length
      ? [
          '## Failed',
          failed
            .map(
              ({ label, recipe, failure }) =>
                `- ${label}, ${recipe.options.bits} bits, seed ${recipe.seed}: ${failure}`,
            )
            .join('\n'),
        ]
      : []),
    '',
  ].join('\n\n')
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
  const { texts } = shown.comparison
  const lines = targets.flatMap((bits) => {
    const found = rows
      .map(({ label, options }) => ({ label, runs: shown.seeds.flatMap((seed) => runOf(shown, options, bits, seed)) }))
      .filter(({ runs }) => runs.length > 0)
    const best = texts.map(({ name }) => Math.min(...found.map(({ runs }) => spread(runs, perplexity(name)).mean)))
    return found.map(({ label, runs }) =>
      cells([
        ...[bits, label, fixed(runs, ({ bits: { code } }) => code, 3), fixed(runs, ({ bits: { total } }) => total, 3)],
        ...texts.map(({ name }, at) => {
          const { mean, deviation } = spread(runs, perplexity(name))
          const value = found.length > 1 && mean === best[at] ? `**${number(mean)}**` : number(mean)
          return deviation === null ? value : `${value} ± ${number(deviation)}`
        }),
        fixed(runs, ({ error }) => error.output ?? Number.NaN, 4),
        fixed(runs, ({ seconds }) => seconds.total, 1),
        runs.length,
      ]),
    )
  })
  if (lines.length === 0) return []
  const head = ['target', 'allocation', 'code bits', 'stored bits', ...texts.map(({ name }) => name)]
  return [`## ${letter}. ${title}`, table([...head, 'output error', 'seconds', 'seeds'], lines)]
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

const perplexity = (name) => (run) => run.perplexity[name].perplexity

const sweepRun = (shown, key, value) =>
  runOf(shown, { ...shown.sweeps.options, [key]: value }, shown.sweeps.target, 0)[0]

/** The finished run of a recipe, or none. */
function runOf({ comparison, recipe }, options, bits, seed) {
  const asked = recipe(options, bits, seed)
  const same = (got, wanted) => Object.entries(wanted).every(([key, value]) => got[key] === value)
  const run = comparison.runs.find(
    (candidate) =>
      !candidate.failure &&
      candidate.recipe.seed === seed &&
      candidate.recipe.method === asked.method &&
      same(candidate.recipe.options, asked.options) &&
      same(candidate.recipe.calibration, asked.calibration),
  )
  return run ? [run] : []
}

/** Mean and sample standard deviation. */
function spread(runs, value) {
  const values = runs.map(value)
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length
  if (values.length < 2) return { mean, deviation: null }
  return { mean, deviation: Math.sqrt(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (values.length - 1)) }
}

const fixed = (runs, value, digits) => spread(runs, value).mean.toFixed(digits)
const number = (value) => (value >= 1000 ? value.toFixed(0) : value >= 100 ? value.toFixed(1) : value.toFixed(2))
const cells = (values) => `| ${values.join(' | ')} |`
const table = (head, lines) => [cells(head), cells(head.map(alignment)), ...lines].join('\n')
/** Names to the left, numbers to the right. */
const alignment = (name) => (name === '' || name === 'allocation' ? '---' : '---:')
