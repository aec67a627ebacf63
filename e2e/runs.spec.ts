import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { named } from '../src/measurement-schema'
import { archivedRun, measuredAs } from '../test/archived-runs'
import { expect, test } from './fixtures'
import { Studio } from './studio'

const rows = (page: Page) => page.getByRole('region', { name: 'Kept runs' }).locator('tbody tr')
const toRuns = (page: Page) => page.getByRole('banner').getByRole('link', { name: /^Runs/ }).click()
const shown = (page: Page, number: number) => page.getByRole('region', { name: `Run ${number}`, exact: true })

test('runs are kept with what is said and measured of them, compared, opened again, and handed on', async ({
  page,
}) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  const studio = new Studio(page)
  await studio.open()
  await toRuns(page)
  await expect(page.getByRole('heading', { name: 'Runs', exact: true })).toBeFocused()
  await page.getByRole('checkbox', { name: 'Keep packed results of new runs' }).check()
  await page.getByRole('link', { name: 'Back to the studio' }).click()
  await studio.openBundled('Wren Nano')
  await studio.setRecipe('RTN', 3)
  await studio.quantize()
  const { after: exact } = await studio.measure(64, 512)
  const after = Number(exact).toFixed(2)

  // a second one, begun from the first with one value changed
  await toRuns(page)
  await page.getByRole('button', { name: /^Show run 1, wren-nano, RTN 3-bit/ }).click()
  await page.getByText('Run again with one change').click()
  await shown(page, 1).getByRole('radio', { name: '4', exact: true }).check()
  await shown(page, 1).getByRole('button', { name: 'Run', exact: true }).click()
  await expect(page.getByRole('banner').getByRole('link', { name: 'Runs 2' })).toBeVisible({ timeout: 60_000 })
  await studio.measure(64, 512)

  await toRuns(page)
  await expect(rows(page)).toHaveCount(2)
  await shown(page, 1).getByLabel('New tag').fill('best')
  await shown(page, 1).getByLabel('New tag').press('Enter')
  await expect(shown(page, 1).getByRole('button', { name: 'Remove tag best' })).toBeVisible()
  await shown(page, 1).getByLabel('Note').fill('for the paper')
  await page.getByLabel('Filter').fill('bits=3 paper #best')
  await expect(rows(page)).toHaveCount(1)
  await page.getByLabel('Filter').fill('')
  await page.getByRole('button', { name: 'Perplexity' }).click()
  await expect(rows(page).first()).toContainText('RTN 4-bit')

  await page.getByRole('checkbox', { name: 'Mark run 1' }).check()
  await page.getByRole('checkbox', { name: 'Mark run 2' }).check()
  const comparison = page.getByRole('region', { name: 'Comparison of marked runs' })
  await expect(comparison.getByRole('row', { name: 'Bits 3 4' })).toBeVisible()
  await expect(comparison.getByRole('row', { name: /^Perplexity / })).toContainText(after)
  await expect(comparison.getByRole('row', { name: /^Effective bits / })).toContainText('+1.0')
  await expect(page.getByRole('application', { name: /^Run 2 \(RTN 4-bit g128\) less run 1/ })).toBeVisible()
  await expect(page.getByRole('application', { name: /^Perplexity over stored bits of 2 runs/ })).toBeVisible()
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])

  // all is there in another visit, the packed result, too
  await page.reload()
  await expect(rows(page)).toHaveCount(2)
  await page.getByRole('button', { name: /^Show run 1,/ }).click()
  await expect(shown(page, 1).getByLabel('Note')).toHaveValue('for the paper')
  await expect(shown(page, 1).getByRole('region', { name: 'Measured' })).toContainText(after)
  await shown(page, 1).getByRole('button', { name: 'Open result' }).click()
  await expect(studio.step('run').getByText('finished', { exact: true })).toBeVisible()
  await expect(studio.step('look').getByText('28 modules')).toBeVisible()
  expect((await studio.measure(64, 512)).after).toBe(exact)

  await toRuns(page)
  const file = await studio.save('Export 2 runs')
  await shown(page, 1).getByRole('button', { name: 'Delete', exact: true }).click()
  await expect(rows(page)).toHaveCount(1)
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(rows(page)).toHaveCount(2)
  await page.getByRole('button', { name: 'Delete 2 runs' }).click()
  await page.getByRole('button', { name: 'Remove for good' }).click()
  await expect(page.getByText(/ freed\.$/)).toBeVisible()
  await expect(page.getByText('No run is kept yet.', { exact: false })).toBeVisible()

  await page
    .getByLabel('Import runs')
    .setInputFiles({ name: file.name, mimeType: 'application/json', buffer: file.bytes })
  await expect(page.getByText('2 runs imported')).toBeVisible()
  await expect(rows(page)).toHaveCount(2)
  await expect(rows(page).filter({ hasText: 'best' })).toHaveCount(1)
})

test('another tab sees what one does to the runs', async ({ page, context }) => {
  const studio = new Studio(page)
  await studio.open()
  const other = await context.newPage()
  await other.goto('/#runs')
  await expect(other.getByText('No run is kept yet.', { exact: false })).toBeVisible()
  await studio.openBundled('Wren Nano')
  await studio.setRecipe('RTN', 2)
  await studio.quantize()
  await expect(rows(other)).toHaveCount(1)
  await other.getByRole('button', { name: /^Show run 1,/ }).click()
  await other.getByLabel('New tag').fill('seen')
  await other.getByRole('button', { name: 'Add' }).click()
  await toRuns(page)
  await expect(rows(page).filter({ hasText: 'seen' })).toHaveCount(1)
})

/** RUNS=1000 for the times of docs/runs.md. */
const RUNS = Number(process.env.RUNS ?? 40)

test('many runs are listed at once', async ({ page }) => {
  test.setTimeout(60_000 + RUNS * 500)
  const studio = new Studio(page)
  await studio.open()
  await toRuns(page)
  const runs = Array.from({ length: RUNS }, (_, n) =>
    archivedRun(n + 1, { recipe: { seed: n } }, measuredAs(60 + (n % 7))),
  )
  const text = JSON.stringify({ format: 'bitloom-runs', version: 1, runs }, named)
  const began = performance.now()
  const buffer = Buffer.from(text)
  await page.getByLabel('Import runs').setInputFiles({ name: 'runs.json', mimeType: 'application/json', buffer })
  await expect(page.getByText(`${RUNS.toLocaleString('en-US')} runs imported`)).toBeVisible({
    timeout: RUNS * 400 + 15_000,
  })
  const imported = performance.now() - began
  await page.reload()
  await expect(
    page.getByRole('banner').getByRole('link', { name: `Runs ${RUNS.toLocaleString('en-US')}` }),
  ).toBeVisible()
  const listed = await page.evaluate(() => performance.now())
  console.log(
    `${RUNS} runs: imported in ${Math.round(imported)} ms, listed ${Math.round(listed)} ms after opening the page`,
  )
  await page.getByLabel('Filter').fill('seed=3')
  await expect(rows(page)).toHaveCount(1)
})
