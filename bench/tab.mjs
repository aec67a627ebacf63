#!/usr/bin/env node
import { join } from 'node:path'
/**
 * Many runs one after another in one tab, and what the tab holds after each: node bench/tab.mjs [--runs 24] [--method GPTQ].
 * Heaps are those of page and worker after a collection, "kept" is what the origin has stored beside the records of the
 * runs, which are kept for good. Ends with 1 where the last six
 * runs leave a twentieth more with the worker, or in storage, than the six after the second. The page shows every run that was
 * finished, so it grows by what it shows.
 */
import { parseArgs } from 'node:util'
import { chromium } from '@playwright/test'
import { savedVariables } from '../scripts/environment.mjs'
import { root } from '../scripts/project.mjs'
import { serve } from '../scripts/serve.mjs'

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '24' }, method: { type: 'string', default: 'GPTQ' } },
})

const server = await serve(join(root, 'dist'), 0)
const browser = await chromium.launch({
  executablePath: process.env.CHROME_PATH ?? savedVariables().CHROME_PATH,
  args: ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', '--disable-gpu-watchdog', '--no-sandbox'],
})
const page = await browser.newPage()
const cdp = await page.context().newCDPSession(page)

/** Asks a worker through the page's session: its messages travel as texts. */
const workers = new Map()
const answers = new Map()
let asked = 0
cdp.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
  if (targetInfo.type === 'worker') workers.set(sessionId, targetInfo.url)
})
cdp.on('Target.receivedMessageFromTarget', ({ message }) => {
  const { id, result } = JSON.parse(message)
  answers.get(id)?.(result)
})
await cdp.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false })

function ask(sessionId, method) {
  const id = ++asked
  const answer = new Promise((done) => answers.set(id, done))
  cdp.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method, params: {} }) })
  return answer
}

async function held() {
  const engine = [...workers].find(([, url]) => url.includes('engine'))[0]
  await cdp.send('HeapProfiler.collectGarbage')
  await ask(engine, 'HeapProfiler.collectGarbage')
  const { usedSize: pageBytes } = await cdp.send('Runtime.getHeapUsage')
  const { usedSize, backingStorageSize = 0 } = await ask(engine, 'Runtime.getHeapUsage')
  const [usage, records] = await page.evaluate(async () => {
    const archive = await (await navigator.storage.getDirectory()).getDirectoryHandle('archive')
    let bytes = 0
    for await (const file of (await archive.getDirectoryHandle('runs')).values()) bytes += (await file.getFile()).size
    return [(await navigator.storage.estimate()).usage, bytes]
  })
  return { page: pageBytes, worker: usedSize + backingStorageSize, kept: usage - records, records }
}

await page.goto(`http://127.0.0.1:${server.address().port}/`)
await page.getByRole('button', { name: 'Try Wren Nano' }).click()
const recipe = page.locator('#step-recipe')
await recipe.getByLabel('Method', { exact: true }).selectOption({ label: values.method })
if (values.method !== 'RTN') {
  await recipe.getByLabel('Samples').fill('4')
  await recipe.getByLabel('Length').fill('64')
}
console.log('| run | page | worker | kept | records |\n|---:|---:|---:|---:|---:|')
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`
const all = []
for (let run = 1; run <= Number(values.runs); run++) {
  await page.getByRole('button', { name: 'Quantize', exact: true }).click()
  await page.locator(`#step-run`).getByText('finished', { exact: true }).waitFor({ timeout: 120_000 })
  await page.waitForTimeout(300)
  const now = await held()
  all.push(now)
  console.log(
    `| ${run} | ${megabytes(now.page)} | ${megabytes(now.worker)} | ${megabytes(now.kept)} | ${megabytes(now.records)} |`,
  )
}
await browser.close()
server.close()
const median = (rows, what) => rows.map((row) => row[what]).sort((a, b) => a - b)[rows.length >> 1]
const grown = ['worker', 'kept'].map((what) => [what, median(all.slice(-6), what) / median(all.slice(2, 8), what) - 1])
console.log(grown.map(([what, part]) => `${what} ${(100 * part).toFixed(1)} %`).join(', '))
console.log(`page ${((all.at(-1).page - all[2].page) / (all.length - 3) / 1000).toFixed(0)} KB a run`)
process.exit(grown.some(([, part]) => part > 0.05) ? 1 : 0)
