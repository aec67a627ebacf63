import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium as browser, type Page } from '@playwright/test'
import { randomFrom } from '../src/random'
import { chromium, expect, test } from './fixtures'
import { packed } from './packed'
import { Studio } from './studio'
import { endWorker, knowWorkers } from './worker'

/** Another browser than the other tests', with a profile on disk that outlives its process. */
async function launch(profile: string, baseURL: string): Promise<BrowserContext> {
  const context = await browser.launchPersistentContext(profile, {
    ...chromium,
    ...{ baseURL, acceptDownloads: true, serviceWorkers: 'block' as const },
  })
  context.setDefaultTimeout(30_000)
  return context
}

async function opened(context: BrowserContext): Promise<Studio> {
  const studio = new Studio(context.pages()[0] ?? (await context.newPage()))
  await studio.open()
  return studio
}

/** Kills the whole browser as the system would: no page, no worker is told. */
async function kill(context: BrowserContext): Promise<void> {
  const session = await context.browser()!.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  process.kill(processInfo.find(({ type }) => type === 'browser')!.id, 'SIGKILL')
  await new Promise<void>((done) => context.on('close', () => done()))
}

/** GPTQ with so much text that a software GPU is at it for some seconds. */
async function begin(studio: Studio): Promise<void> {
  await studio.openBundled('Wren Nano')
  await studio.setRecipe('GPTQ', 4)
  await studio.step('recipe').getByLabel('Samples').fill('48')
  await studio.page.getByRole('button', { name: 'Quantize', exact: true }).click()
}

/** So many blocks or more: a fast device is at the next when one looks. */
const blocksDone = (studio: Studio, blocks: number) =>
  expect(studio.step('run').getByText(new RegExp(`^GPTQ.*: block [${blocks}-3] of 4`))).toBeVisible({ timeout: 60_000 })
const finished = (studio: Studio) =>
  expect(studio.step('run').getByText('finished', { exact: true })).toBeVisible({ timeout: 90_000 })
const resume = (page: Page) => page.getByRole('button', { name: /^Resume wren-nano/ })

test.describe.configure({ mode: 'serial' })

let profile = ''
/** Of an undisturbed run. */
let whole: Awaited<ReturnType<typeof packed>>['lasting']
let wholeMs = 0
test.beforeAll(() => {
  profile = mkdtempSync(join(tmpdir(), 'bitloom-profile-'))
})
test.afterAll(() => rmSync(profile, { recursive: true, force: true }))

test('a browser killed at several moments goes on, and comes to the same file', async ({ baseURL }) => {
  test.setTimeout(300_000)
  let context = await launch(profile, baseURL!)
  await test.step('an undisturbed run', async () => {
    const studio = await opened(context)
    await begin(studio)
    const began = performance.now()
    await finished(studio)
    wholeMs = performance.now() - began
    whole = (await packed(studio)).lasting
    await studio.page.reload()
    await expect(resume(studio.page)).toHaveText('Open')
    await studio.page.getByRole('button', { name: /^Delete wren-nano/ }).click()
    await studio.page.getByRole('button', { name: 'Remove for good' }).click()
    await expect(resume(studio.page)).toBeHidden()
  })
  let studio = await opened(context)
  await begin(studio)
  await blocksDone(studio, 1)
  for (const blocks of [2, 3]) {
    await kill(context)
    context = await launch(profile, baseURL!)
    studio = await opened(context)
    await expect(studio.page.getByRole('region', { name: 'Kept runs' })).toContainText(
      /wren-nano, GPTQ 4-bit.*of 4 blocks/,
    )
    await resume(studio.page).click()
    if (blocks < 3) await blocksDone(studio, blocks)
  }
  await finished(studio)
  const { resumed, lasting } = await packed(studio)
  expect(resumed).toBe(2)
  expect(lasting).toEqual(whole)
  await context.close()
})

/** KILLS=20 for the table of docs/reliability.md. */
const KILLS = Number(process.env.KILLS ?? 3)

test('a browser killed at random moments goes on each time, and comes to the same file', async ({ baseURL }) => {
  test.setTimeout(60_000 + KILLS * 40_000)
  const random = randomFrom(KILLS)
  let [context, ends, resumes] = [await launch(profile, baseURL!), 0, 0]
  let studio = await opened(context)
  /** Opens the kept run or begins one, as a person would who finds it so. */
  const start = async () => {
    const kept = await resume(studio.page)
      .waitFor({ timeout: 3000 })
      .then(() => true)
      .catch(() => false)
    if (!kept) return begin(studio)
    if ((await resume(studio.page).innerText()) === 'Resume') resumes++
    await resume(studio.page).click()
  }
  const compare = async () => {
    await finished(studio)
    expect((await packed(studio)).lasting).toEqual(whole)
    ends++
  }
  for (let kills = 0; kills < KILLS; kills++) {
    await start()
    await studio.page.waitForTimeout(random() * wholeMs)
    const done = await studio.step('run').getByText('finished', { exact: true }).isVisible()
    if (done) await compare()
    await kill(context)
    context = await launch(profile, baseURL!)
    studio = await opened(context)
    if (done) {
      await studio.page.getByRole('button', { name: /^Delete wren-nano/ }).click()
      await studio.page.getByRole('button', { name: 'Remove for good' }).click()
      await expect(resume(studio.page)).toBeHidden()
    }
  }
  await start()
  await compare()
  await context.close()
  console.log(
    `${KILLS} kills within ${(wholeMs / 1000).toFixed(0)} s each, resumed ${resumes} times, ${ends} runs to their end, none different`,
  )
})

test('a worker that dies is replaced, and the run goes on by itself', async ({ page }) => {
  await knowWorkers(page)
  const studio = new Studio(page)
  await studio.open()
  await begin(studio)
  await blocksDone(studio, 1)
  await endWorker(page)
  await finished(studio)
  const { resumed, lasting } = await packed(studio)
  expect(resumed).toBe(1)
  expect(lasting).toEqual(whole)
})

test('a GPU process that is killed is started again, and the run goes on by itself', async ({ page }) => {
  const studio = new Studio(page)
  await studio.open()
  await begin(studio)
  await blocksDone(studio, 1)
  const session = await page.context().browser()!.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  process.kill(processInfo.find(({ type }) => type === 'GPU')!.id, 'SIGKILL')
  await finished(studio)
  const { resumed, lasting } = await packed(studio)
  expect(resumed).toBe(1)
  expect(lasting).toEqual(whole)
})

test('two tabs: the second says that the first is at work', async ({ page, context }) => {
  const studio = new Studio(page)
  await studio.open()
  await begin(studio)
  await blocksDone(studio, 1)
  const second = new Studio(await context.newPage())
  await second.open()
  const kept = second.page.getByRole('region', { name: 'Kept runs' })
  await expect(kept).toContainText('at work in another tab')
  await expect(resume(second.page)).toBeDisabled()
  await second.openBundled('Wren Nano')
  await second.setRecipe('GPTQ', 4)
  await second.step('recipe').getByLabel('Samples').fill('48')
  await second.page.getByRole('button', { name: 'Quantize', exact: true }).click()
  await expect(second.step('run')).toContainText(/only tab at work on this run, got another one/)
  await finished(studio)
})

test('a full disk pauses the run, which says what is missing and goes on when there is room', async ({
  page,
  baseURL,
}) => {
  const studio = new Studio(page)
  await studio.open()
  const session = await page.context().newCDPSession(page)
  const quota = (quotaSize: number) =>
    session.send('Storage.overrideQuotaForOrigin', { origin: new URL(baseURL!).origin, quotaSize })
  await quota(100_000)
  await begin(studio)
  const run = studio.step('run')
  await expect(run.getByText('paused', { exact: true })).toBeVisible({ timeout: 60_000 })
  await expect(
    run.getByText(/room for block \d.* free \d+ bytes|free some space.*block \d takes \d+ bytes/),
  ).toBeVisible()
  await quota(1_000_000_000)
  await run.getByRole('button', { name: 'Resume', exact: true }).click()
  await finished(studio)
  const { resumed, lasting } = await packed(studio)
  expect(resumed).toBeUndefined()
  expect(lasting).toEqual(whole)
})
