import AxeBuilder from '@axe-core/playwright'
import { expect, test } from './fixtures'
import { Studio } from './studio'

test('values of an option are run and measured one after another, and held against each other', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  const studio = new Studio(page)
  await studio.open()
  await studio.openBundled('Wren Nano')
  await studio.setRecipe('RTN', 6)
  await studio.step('measure').getByLabel('Window, tokens').fill('64')
  await studio.step('measure').getByLabel('First tokens of the text').fill('512')

  const recipe = studio.step('recipe')
  await recipe.getByText('Compare values of an option').click()
  const widths = recipe.getByRole('group', { name: 'Bits' }).last()
  for (const bits of ['1', '3', '5', '6', '7', '8'])
    await widths.getByRole('checkbox', { name: bits, exact: true }).uncheck()
  await expect(recipe.getByText(/windows:64, first 512 tokens/)).toBeVisible()
  await recipe.getByRole('button', { name: 'Run 2 values' }).click()

  const runs = studio.step('run').getByRole('region', { name: 'Runs', exact: true })
  const rows = runs.locator('tbody tr')
  await expect(rows).toHaveCount(2, { timeout: 60_000 })
  await expect(rows.last()).toContainText(/RTN 4-bit.*\d+\.\d\d/, { timeout: 60_000 })
  await expect(recipe.getByRole('radio', { name: '6', exact: true })).toBeChecked()
  const column = (await runs.locator('thead th').allInnerTexts()).findIndex((title) => title.startsWith('Perplexity'))
  const perplexities = rows.locator(`:nth-child(${column + 1})`)
  await expect(perplexities.last()).toHaveText(/^\d+\.\d\d$/)
  const [narrow, wide] = (await perplexities.allInnerTexts()).map(Number)
  expect(narrow).toBeGreaterThan(wide!)

  await runs.getByRole('radio', { name: 'Run 2 as A' }).check()
  await runs.getByRole('radio', { name: 'Run 1 as B' }).check()
  const look = studio.step('look')
  const difference = page.getByRole('application', { name: /^Run 2 \(RTN 4-bit g128\) less run 1 \(RTN 2-bit g128\)/ })
  await difference.focus()
  await difference.press('ArrowRight')
  await expect(look.locator('figure', { has: difference }).locator('.readout')).toContainText('difference +2.00')

  await look.getByLabel('Order').selectOption('error')
  const matrix = page.getByRole('application', { name: /^Matrix map/ })
  await matrix.focus()
  await matrix.press('Home')
  const readout = look.locator('figure', { has: matrix }).locator('.readout')
  await expect(readout).toContainText(/^Column \d+: .*error/)
  const [largest] = /error \S+/.exec(await readout.innerText())!
  await matrix.press('Escape')
  await look.getByLabel('Order').selectOption('original')
  await expect(readout).toContainText(
    new RegExp(`Largest error in column \\d+: ${largest.replace(/^error /, '').replace(/,$/, '')}`),
  )
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])

  await runs.getByRole('button', { name: 'Run again with the recipe of run 1' }).click()
  await expect(recipe.getByRole('radio', { name: '2', exact: true })).toBeChecked()
})
