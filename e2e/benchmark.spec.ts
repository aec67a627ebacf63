import { readFileSync } from 'node:fs'
import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { expect, test } from './fixtures'
import { Studio } from './studio'

/** Few works at tiny sizes: what a software device does in seconds. */
async function openSmall(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Benchmark' }).click()
  await expect(page.getByRole('heading', { name: 'Benchmark' })).toBeFocused()
  await page.getByLabel('Sizes n').fill('16, 32')
  await page.getByLabel('Runs').fill('1')
  for (const group of ['Factors', 'Codes', 'Signs']) await page.getByRole('checkbox', { name: group }).uncheck()
}

const run = (page: Page) => page.getByRole('button', { name: 'Run', exact: true })
const table = (page: Page) => page.getByRole('region', { name: 'Times' })

test('the kernels are timed, held against the best, and the table is taken along', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
  const studio = new Studio(page)
  await studio.open()
  await openSmall(page)
  await run(page).click()
  await expect(page.getByText('medians of 1, under way')).toBeVisible()
  await expect(page.getByText('medians of 1, under way')).toBeHidden({ timeout: 30_000 })
  // a slow device leaves out the longest work
  expect(await table(page).locator('tbody').count()).toBeGreaterThan(4)
  const rows = (await table(page).locator('tr:has(td)').allInnerTexts()).map((row) => row.split(/\s+/))
  expect(rows.length).toBeGreaterThan(9)
  for (const [n, ms] of rows) {
    expect(['16', '32']).toContain(n)
    expect(Number(ms)).toBeGreaterThan(0)
  }
  // the fastest copy is what memory is held against; at so small sizes a product may be beyond either rate
  expect(await table(page).getByText('100 %').count()).toBeGreaterThan(0)
  await expect(page.getByText(/^\d+(\.\d)? s after opening the page, .* after Run$/)).toBeVisible()
  await expect(page.getByText(/^\d+ compiled in /)).toBeVisible()

  const clipboard = () => page.evaluate(() => navigator.clipboard.readText())
  await page.getByRole('button', { name: 'Copy as Markdown' }).click()
  await expect(page.getByText('Copied as Markdown.')).toBeVisible()
  expect((await clipboard()).split('\n').filter((line) => /^\| .* \| (16|32) \|/.test(line)).length).toBe(rows.length)
  await page.getByRole('button', { name: 'Copy as JSON' }).click()
  await expect(page.getByText('Copied as JSON.')).toBeVisible()
  const document = JSON.parse(await clipboard())
  expect(document.rows).toHaveLength(rows.length)
  expect(document.rows[0]).toMatchObject({ work: 'matmul A·Bᵀ n×n×n', n: 16, runs: 1 })
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Save JSON' }).click(),
  ])
  expect(download.suggestedFilename()).toMatch(/^benchmark-.*\.json$/)
  expect(JSON.parse(readFileSync(await download.path(), 'utf8'))).toEqual(document)

  const chart = page.getByRole('application', { name: /^Time over size/ })
  await chart.focus()
  await chart.press('ArrowDown')
  await expect(page.getByText(/^matmul A·Bᵀ n×n×n, n = 16: /)).toBeVisible()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
  }
  for (const width of [360, 1000]) {
    await page.setViewportSize({ width, height: 780 })
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    await expect.poll(() => table(page).evaluate((area) => area.scrollWidth - area.clientWidth)).toBeLessThanOrEqual(0)
  }
})

test('a benchmark is stopped, waits for a run, and the studio is as it was behind it', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  const studio = new Studio(page)
  await studio.open()
  await studio.openBundled('Wren Nano')
  await studio.setRecipe('GPTQ', 4)
  // so much text that the run is still at work when the benchmark is looked at
  await studio.step('recipe').getByLabel('Samples').fill('32')
  await openSmall(page)
  await run(page).click()
  await expect(table(page)).toBeVisible()
  await page.getByRole('button', { name: 'Stop' }).click()
  await expect(page.getByText(/stopped after \d+ of \d+/)).toBeVisible()

  await page.goBack()
  await expect(page.getByRole('link', { name: 'Benchmark' })).toBeFocused()
  await expect(studio.step('inspect').getByText('LlamaForCausalLM')).toBeVisible()
  await page.getByRole('button', { name: 'Quantize', exact: true }).click()
  await expect(studio.step('run').getByText('running', { exact: true })).toBeVisible()
  const place = () => page.evaluate(() => window.scrollY)
  await page.evaluate(() => window.scrollTo({ top: 400, behavior: 'instant' }))
  // a click of Playwright's scrolls first
  await page.getByRole('link', { name: 'Benchmark' }).dispatchEvent('click')
  await expect(run(page)).toBeDisabled()
  await expect(page.getByText(/^A run is under way/)).toBeVisible()
  await expect(page.getByText(/stopped after/)).toBeVisible()
  await expect(run(page)).toBeEnabled({ timeout: 60_000 })

  await page.getByRole('link', { name: 'Back to the studio' }).click()
  await expect(studio.step('run').getByText('finished', { exact: true })).toBeVisible()
  await expect.poll(place).toBe(400)
  await page.getByRole('link', { name: 'Benchmark' }).click()
  await page.getByRole('link', { name: /Look/ }).click()
  await expect(studio.step('look')).toBeInViewport()
})
