import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { isMain, root } from './project.mjs'

/** Gzipped bytes of JavaScript, page and worker together, that the first view of the studio may take. */
export const BUDGET = 250 * 1024

/** Names of the files that a built module imports at once, beside it; not those that it may ask for later. */
export const importsOf = (source) =>
  [
    ...source.matchAll(/(?:^|[;}\n])\s*(?:import|export)\s*(?:[\w$\s{},*]*?\bfrom\s*)?["'`]\.\/([\w.-]+\.js)["'`]/g),
  ].map(([, name]) => name)

/** Every built script of a folder: its name, sizes in bytes, and whether the first view loads it. */
export function scriptsOf(dist) {
  const folder = join(dist, 'assets')
  const names = readdirSync(folder).filter((name) => name.endsWith('.js'))
  const html = readFileSync(join(dist, 'index.html'), 'utf8')
  const first = new Set(names.filter((name) => html.includes(`/${name}"`) || name.startsWith('engine.worker-')))
  const sources = new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
  for (const name of first) for (const imported of importsOf(sources.get(name) ?? '')) first.add(imported)
  return [...sources]
    .map(([name, source]) => ({
      ...{ name, first: first.has(name), raw: Buffer.byteLength(source), gzip: gzipSync(source).length },
    }))
    .sort((a, b) => Number(b.first) - Number(a.first) || b.gzip - a.gzip)
}

const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`

const table = (rows) =>
  rows.map(([name, raw, gzip]) => `${name.padEnd(34)}${raw.padStart(12)}${gzip.padStart(12)}`).join('\n')

/** Gzipped bytes of the first view. */
export const firstView = (scripts) => scripts.filter(({ first }) => first).reduce((sum, { gzip }) => sum + gzip, 0)

if (isMain(import.meta.url)) {
  const scripts = scriptsOf(join(root, 'dist'))
  const rows = (first) =>
    scripts.filter((one) => one.first === first).map(({ name, raw, gzip }) => [name, kilobytes(raw), kilobytes(gzip)])
  console.log(table([['first view: page and worker', 'raw', 'gzip'], ...rows(true)]))
  console.log(`\n${table([['when needed', 'raw', 'gzip'], ...rows(false)])}`)
  const bytes = firstView(scripts)
  console.log(`\nThe first view takes ${kilobytes(bytes)} of at most ${kilobytes(BUDGET)} gzipped.`)
  if (bytes > BUDGET)
    console.error('budget: expected less JavaScript in the first view — import() what is not shown at once')
  process.exit(bytes > BUDGET ? 1 : 0)
}
