#!/usr/bin/env node
/**
 * How long the matrix map takes in Chromium: node bench/matrix-map.mjs [--rows 4096] [--columns 11008] [--bits 4] [--mixed]
 * [--pictures FOLDER].
 * A packed file of random codes is opened, its matrix selected: until its first whole picture is on the screen. Then it is
 * zoomed, dragged for two seconds, and the time between frames is taken. --mixed gives every 32nd column 8 bits, so that
 * columns are stored in another order. Needs no GPU. Beside the clock stands the processor time of the page's thread and of its
 * worker's, one after the other: what the clock shows where nothing else runs.
 */
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { chromium } from '@playwright/test'
import { createServer } from 'vite'
import { savedVariables } from '../scripts/environment.mjs'
import { root } from '../scripts/project.mjs'
import { serve } from '../scripts/serve.mjs'

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
const folder = mkdtempSync(join(tmpdir(), 'bitloom-matrix-map-'))
const file = join(folder, 'matrix.bitloom.safetensors')
const vite = await createServer({
  root,
  server: { middlewareMode: true, ws: false },
  appType: 'custom',
  logLevel: 'error',
})
const { packedMatrix } = await vite.ssrLoadModule('/test/packed-matrix.ts')
const widthOf = (column) => (values.mixed && column % 32 === 7 ? 8 : bits)
await pipeline(Readable.from(packedMatrix({ rows, columns, widthOf, groupSize: 128 })), createWriteStream(file))
await vite.close()

const server = await serve(join(root, 'dist'), 0)
const browser = await chromium.launch({
  executablePath: process.env.CHROME_PATH ?? savedVariables().CHROME_PATH,
  args: ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--disable-gpu-watchdog', '--no-sandbox'],
})
const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } })
await page.goto(`http://127.0.0.1:${server.address().port}/`)
await page.locator('#step-open input[type=file]').first().setInputFiles(file)
const look = page.locator('#step-look')
await look.getByRole('application', { name: /^Matrix map/ }).waitFor({ timeout: 120_000 })

/** Keys on the model map: its last row is the matrix, the first another. */
const walk = async (keys) => {
  await look.getByRole('application', { name: /^Model map/ }).focus()
  for (const key of keys) await page.keyboard.press(key)
}
/** From the press that selects the matrix to the frame that shows it whole, all taken in the page. */
const opened = async () => {
  await walk([...new Array(6).fill('ArrowUp'), 'Enter'])
  await look.getByRole('application', { name: /^Matrix map of .*q_proj/ }).waitFor()
  await page.locator('figure.matrix [aria-busy=false]').waitFor({ timeout: 120_000 })
  await walk(new Array(6).fill('ArrowDown'))
  await page.evaluate(() => {
    window.firstPicture = new Promise((done) => {
      document.addEventListener(
        'keydown',
        () => {
          const begun = performance.now()
          let busy = false
          let first = null
          const frame = () => {
            const map = document.querySelector('figure.matrix [role=application][aria-label*=down_proj]')
            busy ||= map?.getAttribute('aria-busy') === 'true'
            if (first === null && map?.hasAttribute('data-sketch')) first = performance.now() - begun
            // busy no more: this frame's effects have drawn
            if (busy && map?.getAttribute('aria-busy') === 'false')
              requestAnimationFrame(() => done({ first, exact: performance.now() - begun }))
            else requestAnimationFrame(frame)
          }
          requestAnimationFrame(frame)
        },
        { once: true, capture: true },
      )
    })
  })
  return traced(async () => {
    await page.keyboard.press('Enter')
    return page.evaluate(() => window.firstPicture)
  })
}

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
const openings = []
for (let i = 0; i < times; i++) openings.push(await opened())

const map = page.locator('figure.matrix [role=application]')
await map.scrollIntoViewIfNeeded()
if (values.pictures) await page.locator('figure.matrix').screenshot({ path: join(values.pictures, 'matrix-whole.png') })
const box = await map.boundingBox()
const frames = async (zooms) => {
  await page
    .locator('figure.matrix')
    .getByRole('button', { name: 'All', exact: true })
    .click()
    .catch(() => {})
  await map.focus()
  for (let i = 0; i < zooms; i++) await page.keyboard.press('+')
  await page.locator('figure.matrix [aria-busy=false]').waitFor()
  return page.evaluate(
    async ({ x, y }) => {
      const host = document.querySelector('figure.matrix [role=application]')
      const send = (type, at) =>
        host.dispatchEvent(
          new PointerEvent(type, { pointerId: 1, isPrimary: true, button: 0, bubbles: true, clientX: at, clientY: y }),
        )
      host.setPointerCapture = () => {}
      const gaps = []
      send('pointerdown', x)
      let last = performance.now()
      const end = last + 2000
      for (let i = 0; last < end; i++) {
        send('pointermove', x + 250 * Math.sin(i / 12))
        await new Promise(requestAnimationFrame)
        const now = performance.now()
        gaps.push(now - last)
        last = now
      }
      send('pointerup', x)
      return gaps.sort((a, b) => a - b)
    },
    { x: box.x + box.width / 2, y: (await map.boundingBox()).y + box.height - 120 },
  )
}
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1]
const of = (what) => openings.map((opening) => opening[what])
const clocks = of('clock')
const exact = clocks.map((clock) => clock.exact)
const first = clocks.map((clock) => clock.first ?? clock.exact)
const ms = (value) => value.toFixed(0)
console.log(
  `${rows} × ${columns}, ${values.mixed ? `${bits} and 8` : bits} bits; ${cpus().length} cores, load ${loadavg()[0].toFixed(1)}`,
)
console.log(
  `whole picture: first ${ms(Math.min(...first))} ms at best, median ${ms(median(first))} ms of ${times}; exact ${ms(Math.min(...exact))} ms at best, median ${ms(median(exact))} ms; processor to the exact one: page ${ms(median(of('page')))} ms, worker ${ms(median(of('worker')))} ms`,
)
console.log(
  '| zoomed | frames in 2 s | median ms | 95 % ms | page ms a frame | worker ms a frame |\n|---:|---:|---:|---:|---:|---:|',
)
for (const zooms of [1, 3, 5, 8]) {
  const { clock: gaps, page: own, worker } = await traced(() => frames(zooms))
  const each = (spent) => (spent / gaps.length).toFixed(1)
  console.log(
    `| ${2 ** zooms} × | ${gaps.length} | ${ms(gaps[gaps.length >> 1])} | ${ms(gaps[Math.floor(gaps.length * 0.95)])} | ${each(own)} | ${each(worker)} |`,
  )
}
if (values.pictures) await page.locator('figure.matrix').screenshot({ path: join(values.pictures, 'matrix-near.png') })
await browser.close()
server.close()
rmSync(folder, { recursive: true, force: true })
