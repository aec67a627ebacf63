/** Many recipes on one model, run by `bitloom compare` in one process or several, and what is kept of them. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/**
 * The command line of a bench with these tables and `own` flags beside those of all; ends the process where it does not
 * fit. Numbers and lists are read: `tables` and `texts` are lists, `seeds` those to run.
 */
export function readFlags(tables, own) {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      model: { type: 'string' },
      tables: { type: 'string', default: tables.join(',') },
      seeds: { type: 'string', default: '3' },
      samples: { type: 'string', default: '128' },
      length: { type: 'string', default: '512' },
      texts: { type: 'string', default: 'wiki.test.raw,tinystories_val.txt' },
      chars: { type: 'string' },
      calibration: { type: 'string', default: 'calib.txt' },
      out: { type: 'string', default: 'docs/results' },
      cli: { type: 'string', default: 'dist-cli/bitloom.mjs' },
      jobs: { type: 'string', default: '1' },
      count: { type: 'boolean', default: false },
      tabulate: { type: 'boolean', default: false },
      ...own,
    },
  })
  const parts = listed('tables', values.tables, tables)
  if (!values.data || !values.model) fail('expected --data DIR --model NAME')
  return {
    ...{ ...values, tables: parts, texts: values.texts.split(',') },
    ...{ samples: Number(values.samples), length: Number(values.length), jobs: Number(values.jobs) },
    seeds: Array.from({ length: Number(values.seeds) }, (_, seed) => seed),
  }
}

/** A flag's list of names, which must be among the known ones. */
export function listed(flag, value, known) {
  const names = value.split(',')
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined)
    fail(`--${flag}: expected ${known.slice(0, -1).join(', ')} or ${known.at(-1)}, got '${unknown}'`)
  return names
}

function fail(message) {
  console.error(message)
  process.exit(2)
}

/** Seed 0 takes the first windows of the text, every other draws its own. */
export const recipeOf = (flags, method, options, seed, samples = flags.samples) => ({
  ...{ version: 1, method, options, seed },
  calibration: { text: flags.calibration, samples, length: flags.length, pick: seed === 0 ? 'first' : 'random' },
})

/** Plans `{label, recipe}` without those that come up again. */
export const distinct = (plans) => [...new Map(plans.map((plan) => [key(plan.recipe), plan])).values()]

const key = (recipe) => JSON.stringify(sorted(recipe))

const sorted = (value) =>
  typeof value === 'object' && value !== null
    ? Object.fromEntries(
        Object.keys(value)
          .sort()
          .map((name) => [name, sorted(value[name])]),
      )
    : value

/**
 * Does what the flags say with the plans of a bench: counts them, runs those that NAME-MODEL.json lacks, and in the end,
 * also when stopped, writes what `shown(comparison, name)` makes of all that is there: `md`, and `svg` where it is not null.
 */
export async function runMany(bench, flags, plan, shown) {
  const name = `${bench}-${flags.model}`
  const path = (suffix) => join(flags.out, `${name}${suffix}`)
  const before = read(path('.json'))?.runs.filter(({ failure }) => !failure) ?? []
  console.error(`${plan.length} runs of ${flags.model}${pace(before, plan.length)}`)
  if (flags.count) return
  mkdirSync(flags.out, { recursive: true })
  const done = new Set(before.map(({ recipe }) => key(recipe)))
  const missing = plan.filter(({ recipe }) => !done.has(key(recipe)))
  if (!flags.tabulate && missing.length > 0) process.exitCode = await compareAll(bench, flags, plan, missing, path)
  const comparison = read(path('.json'))
  if (!comparison) return
  const { md, svg } = shown(comparison, name)
  writeFileSync(path('.md'), md)
  if (svg !== null) writeFileSync(path('.svg'), svg)
}

const read = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null)

/** How long all runs will take, from those that are there. */
function pace(before, count) {
  if (before.length === 0) return ''
  const taken = before.map(({ seconds, perplexity }) =>
    Object.values(perplexity).reduce((sum, score) => sum + score.seconds, seconds.total),
  )
  const mean = taken.reduce((sum, seconds) => sum + seconds, 0) / taken.length
  return `; of those there, one took ${mean.toFixed(1)} s: ${((mean * count) / 60).toFixed(0)} minutes for all`
}

/** What is missing, shared among the jobs; their parts are joined in the end, however it comes. */
async function compareAll(bench, flags, plan, missing, path) {
  const children = []
  // Stopped, the children keep what is done, and that becomes tables; Ctrl+C reaches them without help.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => {
    for (const child of children) child.kill()
  })
  const jobs = Math.min(flags.jobs, missing.length)
  if (jobs <= 1) return compare(bench, flags, missing, path('.json'), children)
  const parts = Array.from({ length: jobs }, (_, job) => path(`.part-${job}.json`))
  const shares = parts.map((_, job) => missing.filter((_, i) => i % jobs === job))
  const codes = await Promise.all(parts.map((part, job) => compare(bench, flags, shares[job], part, children)))
  joinParts(plan, path('.json'), parts)
  return Math.max(...codes.map((code) => code ?? 1))
}

/** One process for these runs, which it keeps in `out`; resolves to its exit code. */
async function compare(bench, flags, plan, out, children) {
  const folder = mkdtempSync(join(tmpdir(), `bitloom-${bench}-`))
  const recipes = join(folder, 'recipes.json')
  writeFileSync(recipes, JSON.stringify(plan))
  const texts = flags.texts.flatMap((name) => ['--text', join(flags.data, 'texts', name)])
  const args = ['compare', join(flags.data, 'models', flags.model), '--recipes', recipes, ...texts]
  args.push('--calibration', join(flags.data, 'texts', flags.calibration), '--protocol', 'windows:512', '--out', out)
  if (flags.chars) args.push('--chars', flags.chars)
  const child = spawn(process.execPath, [flags.cli, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
  children.push(child)
  const code = await new Promise((done) => child.on('close', done))
  rmSync(folder, { recursive: true })
  return code
}

/** Moves the runs of the parts into one document, in the order of the plan. */
function joinParts(plan, whole, parts) {
  const documents = [whole, ...parts].map(read).filter((document) => document !== null)
  const [first] = documents
  if (first) {
    const runs = new Map(documents.flatMap((one) => one.runs).map((run) => [key(run.recipe), run]))
    const order = new Map(plan.map(({ recipe }, i) => [key(recipe), i]))
    // runs of tables that were not asked for now come last
    const place = (recipe) => order.get(recipe) ?? plan.length
    const joined = [...runs].sort(([a], [b]) => place(a) - place(b)).map(([, run]) => run)
    const { runs: _, ...head } = first
    const lines = joined.map((run) => JSON.stringify(run)).join(',\n')
    writeFileSync(whole, `${JSON.stringify(head).slice(0, -1)},"runs":[\n${lines}\n]}\n`)
  }
  for (const part of parts) rmSync(part, { force: true })
}
