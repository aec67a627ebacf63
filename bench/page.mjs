#!/usr/bin/env node
/**
 * The built page in a browser, from opening it to the file that is saved:
 *
 *     node bench/page.mjs [--gpu] [--json FILE] [--only device,start,run,matrix,kernels] [--times 3]
 *       [--sizes 512,1024] [--runs 5] [--matrix FILE] [--rows 4096] [--columns 11008] [--mixed]
 *       [--chromium PATH] [--args='--flag --flag']
 *
 * Prints Markdown: the device, always; when a visit shows something and has a device; the bundled model quantized with the recipe that
 * the page proposes, while the page is used; the matrix map, opened and dragged; the page *Benchmark* (`kernels`), with its own sizes
 * and runs unless given. --gpu wants the machine's GPU and ends with 1 where the browser gives a software adapter; --args
 * takes other flags for Chromium than those it then starts with. --matrix is a packed file made before, for a machine without
 * development dependencies. Needs `npm run build` to have been run.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { giveUp } from '../scripts/project.mjs'
import { facts, HARDWARE, isSoftware, launch, SOFTWARE, servePage, visit } from './page/chromium.mjs'
import { kernels, kernelsMarkdown } from './page/kernels.mjs'
import { dragMatrix, openMatrix, openMatrixFile, standOnMatrix, writeMatrix, ZOOMS } from './page/matrix.mjs'
import { median, ms, quantile, table } from './page/numbers.mjs'
import { runOnce, runsMarkdown } from './page/run.mjs'
import { starts, startsMarkdown } from './page/start.mjs'

const { values } = parseArgs({
  options: {
    gpu: { type: 'boolean', default: false },
    json: { type: 'string' },
    only: { type: 'string', default: 'device,start,run,matrix,kernels' },
    times: { type: 'string', default: '3' },
    sizes: { type: 'string' },
    runs: { type: 'string' },
    matrix: { type: 'string' },
    rows: { type: 'string', default: '4096' },
    columns: { type: 'string', default: '11008' },
    chromium: { type: 'string' },
    args: { type: 'string' },
    mixed: { type: 'boolean', default: false },
  },
})
const [times, rows, columns] = ['times', 'rows', 'columns'].map((name) => {
  const value = Number(values[name])
  if (!Number.isInteger(value) || value < 1) giveUp(`--${name}: expected a whole number from 1, got '${values[name]}'`)
  return value
})
const args = values.args?.split(/\s+/).filter(Boolean) ?? (values.gpu ? HARDWARE : SOFTWARE)

const print = (title, text) => console.log(`\n### ${title}\n\n${text}`)
const launchBrowser = () => launch(args, values.chromium)
const found = { args, times, cpus: cpus().length }
const keep = (part, what) => {
  found[part] = what
  if (values.json) writeFileSync(values.json, `${JSON.stringify(found, null, 1)}\n`)
  return what
}

const PARTS = {
  start: {
    title: 'Opening the page',
    measure: () => starts(launchBrowser, address, times),
    markdown: startsMarkdown,
  },
  run: { title: 'A run', measure: () => repeated(() => runOnce(browser, address)), markdown: runsMarkdown },
  matrix: { title: 'Matrix map', measure: matrix, markdown: matrixMarkdown },
  kernels: { title: 'Benchmark', measure: () => kernels(browser, address, values), markdown: kernelsMarkdown },
}
const only = values.only.split(',').filter((part) => part !== 'device')
const unknown = only.find((part) => !Object.hasOwn(PARTS, part))
if (unknown !== undefined) giveUp(`--only: expected some of device, ${Object.keys(PARTS).join(', ')}, got '${unknown}'`)

const { address, close } = await servePage()
const browser = await launchBrowser()
try {
  const page = await visit(browser, address)
  const device = keep('device', await facts(browser, page))
  await page.context().close()
  print('Browser', deviceMarkdown(device))
  if (!device.adapter || (values.gpu && isSoftware(device))) {
    await browser.close()
    const [wanted, got] = [values.gpu ? 'a hardware adapter' : 'an adapter', device.adapter ? 'a software one' : 'none']
    giveUp(`WebGPU: expected ${wanted}, got ${got} — see the lines above, and try other flags with --args`)
  }
  for (const part of only) {
    const { title, measure, markdown } = PARTS[part]
    try {
      print(title, markdown(keep(part, await measure())))
    } catch (error) {
      // what else was asked for is measured all the same
      print(title, `failed: ${error.message}`)
      process.exitCode = 1
    }
  }
} finally {
  await browser.close()
  close()
}

function deviceMarkdown({ browser: version, studio, adapter, gpu, renderer, skia, status }) {
  const { vendor, architecture, device, description, isFallbackAdapter, maxBufferSize } = adapter ?? {}
  const name = [vendor, architecture, device, description].filter(Boolean).join(', ')
  return [
    `- adapter: ${adapter ? `${name}${isFallbackAdapter ? ', a fallback' : ''}; buffers up to ${maxBufferSize / 2 ** 20} MiB` : 'none'}`,
    `- the studio calls it: ${studio.replaceAll(/\s+/g, ' ')}`,
    `- Chromium ${version} sees: ${gpu.join('; ')}; draws by ${renderer ?? 'none'}, Skia on ${skia ?? 'none'}`,
    `- status: ${Object.entries(status)
      .map(([feature, value]) => `${feature} ${value}`)
      .join(', ')}`,
    `- ${cpus().length} cores, load ${loadavg()[0].toFixed(1)}; flags ${args.join(' ')}`,
  ].join('\n')
}

async function repeated(measure) {
  const all = []
  for (let i = 0; i < times; i++) all.push(await measure())
  return all
}

async function matrix() {
  const folder = mkdtempSync(join(tmpdir(), 'bitloom-page-'))
  const file = values.matrix ?? join(folder, 'matrix.bitloom.safetensors')
  try {
    if (!values.matrix) await writeMatrix(file, { rows, columns, bits: 4, mixed: values.mixed })
    const page = await visit(browser, address)
    const begun = performance.now()
    await openMatrixFile(page, file)
    const fileOpened = performance.now() - begun
    const openings = await repeated(async () => {
      await standOnMatrix(page)
      return openMatrix(page)
    })
    const drags = []
    for (const zooms of ZOOMS) drags.push({ zoom: 2 ** zooms, gaps: await dragMatrix(page, zooms) })
    await page.context().close()
    return {
      file: values.matrix ?? `${rows} × ${columns}, ${values.mixed ? '4 and 8' : 4} bits`,
      fileOpened,
      openings,
      drags,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function matrixMarkdown({ file, fileOpened, openings, drags }) {
  const exact = openings.map((opening) => opening.exact)
  const first = openings.map((opening) => opening.first ?? opening.exact)
  const of = (list) => `${ms(Math.min(...list))} ms at best, median ${ms(median(list))} ms of ${list.length}`
  return [
    `${file}; the file opened in ${ms(fileOpened)} ms; whole picture: first ${of(first)}; exact ${of(exact)}.`,
    '',
    table(
      ['dragged', 'frames in 2 s', 'median ms', '95 % ms', 'most ms'],
      drags.map(({ zoom, gaps }) => [
        ...[`${zoom} ×`, gaps.length],
        ...[median(gaps), quantile(gaps, 0.95), gaps.at(-1)].map(ms),
      ]),
    ),
  ].join('\n')
}
