/** What the tables of many runs have in common: documents, ranked rows, cells. */

/**
 * A document about the runs of one comparison, those that failed at its end.
 *
 * @param {{title: string, bench: string, name: string, calibration: string, group: string}} about
 *   `bench`: the script; `name`: of the files beside the document; `calibration`: on what; `group`: what the rows that
 *   compete for the lowest mean have in common
 */
export function documentText(comparison, { title, bench, name, calibration, group }, sections) {
  const { model, device, protocol, texts, unquantized, runs } = comparison
  const original = texts.map((text) => `${text.name} ${number(unquantized.perplexity[text.name].perplexity)}`)
  const failed = runs.filter(({ failure }) => failure)
  return [
    `# ${model.name}: ${title}`,
    `Made by \`node bench/${bench}.mjs\` on ${device.name}. Perplexity under \`${protocol}\`, of the stored bytes; unquantized: ${original.join(', ')}. Calibration: ${calibration}, the first windows for seed 0, drawn for every other. Mean ± sample standard deviation over the seeds; the lowest mean of a ${group} in bold. Every run is in [${name}.json](${name}.json).`,
    ...sections,
    ...(failed.length ? ['## Failed', failed.map(failedLine).join('\n')] : []),
    '',
  ].join('\n\n')
}

const failedLine = ({ label, recipe, failure }) =>
  `- ${label}, ${recipe.options.bits} bits, seed ${recipe.seed}: ${failure}`

/**
 * Rows by group, with bits, perplexities, error, seconds and number of their runs, the lowest mean of a group in bold.
 *
 * @param names heads of the first two columns: of the group, of the row
 * @param {{group: string | number, rows: {label: string, runs: object[]}[]}[]} groups
 * @returns null where no row has runs
 */
export function rankedTable(texts, names, groups) {
  const lines = groups.flatMap(({ group, rows }) => {
    const found = rows.filter(({ runs }) => runs.length > 0)
    const best = texts.map(({ name }) => Math.min(...found.map(({ runs }) => spread(runs, perplexity(name)).mean)))
    return found.map(({ label, runs }) =>
      cells([
        ...[group, label, fixed(runs, ({ bits: { code } }) => code, 3), fixed(runs, ({ bits: { total } }) => total, 3)],
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
  if (lines.length === 0) return null
  const head = [...names, 'code bits', 'stored bits', ...texts.map(({ name }) => name)]
  return table([...head, 'output error', 'seconds', 'seeds'], lines)
}

/** The finished run of a recipe in a list of none or one. */
export function runsOf(comparison, asked) {
  const same = (got, wanted) => Object.entries(wanted).every(([key, value]) => got[key] === value)
  const run = comparison.runs.find(
    (candidate) =>
      !candidate.failure &&
      candidate.recipe.seed === asked.seed &&
      candidate.recipe.method === asked.method &&
      same(candidate.recipe.options, asked.options) &&
      same(candidate.recipe.calibration, asked.calibration),
  )
  return run ? [run] : []
}

export const perplexity = (name) => (run) => run.perplexity[name].perplexity

/** Mean and sample standard deviation, the latter null for one run. */
export function spread(runs, value) {
  const values = runs.map(value)
  const mean = values.reduce((sum, one) => sum + one, 0) / values.length
  if (values.length < 2) return { mean, deviation: null }
  return { mean, deviation: Math.sqrt(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (values.length - 1)) }
}

const fixed = (runs, value, digits) => {
  const { mean } = spread(runs, value)
  return Number.isFinite(mean) ? mean.toFixed(digits) : ''
}

export const number = (value) => (value >= 1000 ? value.toFixed(0) : value >= 100 ? value.toFixed(1) : value.toFixed(2))

export const cells = (values) => `| ${values.join(' | ')} |`

export const table = (head, lines) => [cells(head), cells(head.map(alignment)), ...lines].join('\n')

/** Names to the left, numbers to the right. */
const alignment = (name) => (['', 'allocation', 'grid', 'rounding'].includes(name) ? '---' : '---:')
