#!/usr/bin/env node
/**
 * How soon the page answers a person while a run is going: node bench/interaction.mjs [--model "Wren Nano"] [--samples 64].
 * Chromium runs GPTQ on a bundled model; meanwhile keys are pressed and things clicked all over the studio, --times rounds of
 * it. Of each, the longest of Event Timing: from the press to the next frame, in steps of 8 ms, and the milliseconds of it in
 * which the page's own handlers ran. Prints a table. A software GPU runs on the same cores as the page.
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
    samples: { type: 'string', default: '64' },
    times: { type: 'string', default: '2' },
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
    const worst = window.events.splice(0).sort((a, b) => b.duration - a.duration)[0]
    return worst
      ? { duration: worst.duration, handlers: worst.processingEnd - worst.processingStart }
      : { duration: 0, handlers: 0 }
  })
const found = new Map(ACTIONS.map(([name]) => [name, []]))
for (let time = 0; time < Number(values.times); time++)
  for (const [name, before, act] of ACTIONS) {
    await before()
    await longest()
    await act()
    const event = await longest()
    if ((await run.locator('.step-status').innerText()) !== 'running')
      throw new Error(`${name}: expected a run that is going, got one that has ended — give it more --samples`)
    found.get(name).push(event)
  }
await browser.close()
server.close()

console.log(`Chromium, SwiftShader, ${cpus().length} cores, load ${loadavg()[0].toFixed(1)}; ${values.model}, GPTQ`)
console.log('\n| while a run is going | to the next frame, ms | of it handlers, ms |\n|---|--:|--:|')
for (const [name, events] of found) {
  const worst = events.sort((a, b) => b.duration - a.duration)[0]
  const shown = worst.duration === 0 ? '< 16' : String(worst.duration)
  console.log(`| ${name} | ${shown} | ${Math.round(worst.handlers)} |`)
}
