#!/usr/bin/env node
/**
 * How soon the page answers a person while a run is going: node bench/interaction.mjs [--model "Wren Nano"] [--samples 128].
 * Chromium runs GPTQ on a bundled model; meanwhile keys are pressed and things clicked all over the studio, --times rounds of
 * it. Of each, the longest and the middle one by Event Timing: from the press to the next frame, in steps of 8 ms. Beside them the
 * processor time that the page's thread took for it, with what the run itself had drawn in the same 150 ms: that is what the clock
 * shows where the run does not share the cores of the page, as it does on a software GPU. Prints a table.
 */
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium } from '@playwright/test'
import { savedVariables } from '../scripts/environment.mjs'
import { root } from '../scripts/project.mjs'
import { serve } from '../scripts/serve.mjs'

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'Wren Nano' },
    samples: { type: 'string', default: '128' },
    times: { type: 'string', default: '3' },
  },
})

const server = await serve(join(root, 'dist'), 0)
const browser = await chromium.launch({
  executablePath: process.env.CHROME_PATH ?? savedVariables().CHROME_PATH,
  args: ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--disable-gpu-watchdog', '--no-sandbox'],
})
const page = await browser.newPage({ viewport: { width: 1400, height: 900 } })
await page.addInitScript(() => {
  window.events = []
  new PerformanceObserver((list) => window.events.push(...list.getEntries())).observe({
    type: 'event',
    durationThreshold: 16,
  })
})
await page.goto(`http://127.0.0.1:${server.address().port}/`)
await page.getByRole('button', { name: `Try ${values.model}` }).click()
const [recipe, run, look] = ['recipe', 'run', 'look'].map((id) => page.locator(`#step-${id}`))
await recipe.getByLabel('Method', { exact: true }).selectOption({ label: 'GPTQ' })
await recipe.getByLabel('Samples').fill(values.samples)
await page.getByRole('button', { name: 'Quantize', exact: true }).click()
const model = look.getByRole('application', { name: /^Model map/ })
const matrix = look.getByRole('application', { name: /^Matrix map/ })
await matrix.waitFor({ timeout: 300_000 })

const press = (key) => () => page.keyboard.press(key)
const leave = () => page.evaluate(() => document.activeElement?.blur())
const ACTIONS = [
  ['walk the model map', () => model.focus(), press('ArrowDown')],
  ['choose a module', () => model.focus(), press('Enter')],
  ['next module', leave, press('l')],
  ['click in the table', leave, () => run.getByRole('region', { name: 'Modules' }).getByRole('button').first().click()],
  ['zoom the matrix map', () => matrix.focus(), press('+')],
  ['walk the matrix map', () => matrix.focus(), press('ArrowDown')],
  ['show the errors', leave, () => look.getByRole('checkbox', { name: 'error', exact: true }).click()],
  ['change the theme', leave, press('t')],
  ['list the keys', leave, press('?')],
  ['close the list', async () => {}, press('Escape')],
  ['go to the runs', leave, press('u')],
  ['come back', leave, press('u')],
  ['type a prompt', () => page.locator('#step-measure').getByLabel('Prompt').focus(), press('a')],
]

/** The longest event since it was last asked. */
const longest = () =>
  page.evaluate(async () => {
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 150)))
    return Math.max(0, ...window.events.splice(0).map(({ duration }) => duration))
  })
const session = await page.context().newCDPSession(page)
await session.send('Performance.enable', { timeDomain: 'threadTicks' })
/** Milliseconds of processor time of the page's thread. */
const processor = async () =>
  (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration').value * 1000
const found = new Map(ACTIONS.map(([name]) => [name, []]))
for (let time = 0; time < Number(values.times); time++)
  for (const [name, before, act] of ACTIONS) {
    await before()
    await longest()
    const began = await processor()
    await act()
    const frame = await longest()
    const took = (await processor()) - began
    if ((await run.locator('.step-status').innerText()) !== 'running')
      throw new Error(`${name}: expected a run that is going, got one that has ended — give it more --samples`)
    found.get(name).push({ frame, took })
  }
await browser.close()
server.close()

console.log(`Chromium, SwiftShader, ${cpus().length} cores, load ${loadavg()[0].toFixed(1)}; ${values.model}, GPTQ`)
console.log(
  '\n| while a run is going | to the next frame, ms | at most | processor, ms | at most |\n|---|--:|--:|--:|--:|',
)
const middle = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]
for (const [name, events] of found) {
  const [frames, taken] = [events.map(({ frame }) => frame || 16), events.map(({ took }) => Math.round(took))]
  console.log(`| ${name} | ${[middle(frames), Math.max(...frames), middle(taken), Math.max(...taken)].join(' | ')} |`)
}
