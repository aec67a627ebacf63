#!/usr/bin/env node
/**
 * How long the matrix map takes in Chromium: node bench/matrix-map.mjs [--rows 4096] [--columns 11008] [--bits 4] [--mixed]
 * [--pictures FOLDER].
 * A packed file of random codes is opened, its matrix selected: until its first whole picture is on the screen. Then it is
 * zoomed, dragged for two seconds, and the time between frames is taken. --mixed gives every 32nd column 8 bits, so that
 * columns are stored in another order. Needs no GPU. Beside the clock stands the processor time of the page's thread and of its
 * worker's, one after the other: what the clock shows where nothing else runs.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { launch, SOFTWARE, servePage } from './page/chromium.mjs'
import { dragMatrix, openMatrix, openMatrixFile, standOnMatrix, writeMatrix, ZOOMS } from './page/matrix.mjs'
import { median, ms, quantile } from './page/numbers.mjs'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '4096' },
    columns: { type: 'string', default: '11008' },
    bits: { type: 'string', default: '4' },
    mixed: { type: 'boolean', default: false },
    times: { type: 'string', default: '5' },
    pictures: { type: 'string' },
  },
})
const [rows, columns, bits, times] = ['rows', 'columns', 'bits', 'times'].map((name) => Number(values[name]))
/** Openings whose processor time is taken. */
const TRACED = 5
const folder = mkdtempSync(join(tmpdir(), 'bitloom-matrix-map-'))
const file = join(folder, 'matrix.bitloom.safetensors')
await writeMatrix(file, { rows, columns, bits, mixed: values.mixed })

const { address, close } = await servePage()
const browser = await launch(SOFTWARE)
const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } })
await page.goto(address)
await openMatrixFile(page, file)
const picture = (name) =>
  values.pictures && page.locator('figure.matrix').screenshot({ path: join(values.pictures, name) })

/** What a work gives, and the milliseconds of processor time that it took of the page's thread and of its workers'. */
async function traced(work) {
  await browser.startTracing(page, { categories: ['toplevel'] })
  const clock = await work()
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString())
  const threads = (name) =>
    new Set(
      traceEvents
        .filter((event) => event.name === 'thread_name' && event.args.name === name)
        .map(({ pid, tid }) => `${pid}/${tid}`),
    )
  const spent = (name) => {
    const own = threads(name)
    return traceEvents
      .filter(({ name: task, pid, tid }) => task.endsWith('RunTask') && own.has(`${pid}/${tid}`))
      .reduce((sum, { tdur = 0 }) => sum + tdur / 1000, 0)
  }
  return { clock, page: spent('CrRendererMain'), worker: spent('DedicatedWorker thread') }
}
// the clock without a trace, which takes time of its own
const clocks = []
for (let i = 0; i < times; i++) {
  await standOnMatrix(page)
  clocks.push(await openMatrix(page))
}
await picture('matrix-whole.png')
const openings = []
for (let i = 0; i < TRACED; i++) {
  await standOnMatrix(page)
  openings.push(await traced(() => openMatrix(page)))
}
const of = (what) => openings.map((opening) => opening[what])
const exact = clocks.map((clock) => clock.exact)
const first = clocks.map((clock) => clock.first ?? clock.exact)
console.log(
  `${rows} × ${columns}, ${values.mixed ? `${bits} and 8` : bits} bits; ${cpus().length} cores, load ${loadavg()[0].toFixed(1)}`,
)
console.log(
  `whole picture: first ${ms(Math.min(...first))} ms at best, median ${ms(median(first))} ms of ${times}; exact ${ms(Math.min(...exact))} ms at best, median ${ms(median(exact))} ms; processor to the exact one: page ${ms(median(of('page')))} ms, worker ${ms(median(of('worker')))} ms`,
)
console.log(
  '| zoomed | frames in 2 s | median ms | 95 % ms | page ms a frame | worker ms a frame |\n|---:|---:|---:|---:|---:|---:|',
)
for (const zooms of ZOOMS) {
  const { clock: gaps, page: own, worker } = await traced(() => dragMatrix(page, zooms))
  const each = (spent) => (spent / gaps.length).toFixed(1)
  console.log(
    `| ${2 ** zooms} × | ${gaps.length} | ${ms(median(gaps))} | ${ms(quantile(gaps, 0.95))} | ${each(own)} | ${each(worker)} |`,
  )
}
await picture('matrix-near.png')
await browser.close()
close()
rmSync(folder, { recursive: true, force: true })
