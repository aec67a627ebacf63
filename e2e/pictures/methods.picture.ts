import { expect, test } from '../fixtures'
import { Studio } from '../studio'
import { Camera } from './camera'

test('widths that a graph network learned', async ({ page }) => {
  const studio = new Studio(page)
  const [recipe, run, look] = [studio.step('recipe'), studio.step('run'), studio.step('look')]
  await studio.open()
  await studio.openBundled('Wren Nano')
  await studio.method().selectOption({ label: 'MG-PTQ' })
  await recipe.getByText(/^Advanced options/).click()
  await recipe.getByLabel('Settings', { exact: true }).selectOption({ label: 'Network' })
  await recipe.getByLabel('Samples').fill('4')
  await recipe.getByLabel('Length').fill('64')
  await recipe.getByLabel('Training steps').fill('100')
  await page.getByRole('button', { name: 'Quantize', exact: true }).click()
  await expect(run.getByText('finished')).toBeVisible({ timeout: 500_000 })
  const map = look.getByRole('application', { name: /^Model map/ })
  for (const key of ['Home', ...new Array(6).fill('ArrowDown'), 'Enter']) await map.press(key)
  await new Camera(studio).step('mg-ptq-look', 'look', [''])
})

test('groups of magnitudes near one bit', async ({ page }) => {
  const studio = new Studio(page)
  const [recipe, run, look] = [studio.step('recipe'), studio.step('run'), studio.step('look')]
  await studio.open()
  await studio.openBundled('Wren Nano')
  await studio.method().selectOption({ label: 'SAGE-PTQ' })
  await recipe.getByLabel('Settings').selectOption({ label: 'One bit stored' })
  await recipe.getByText('Compare values of an option').click()
  const groups = recipe.getByRole('group', { name: 'Amplitudes' }).last()
  for (const box of await groups.getByRole('checkbox').all()) await box.uncheck()
  for (const count of ['1', '4']) await groups.getByRole('checkbox', { name: count, exact: true }).check()
  await recipe.getByRole('button', { name: 'Run 2 values' }).click()
  const runs = run.getByRole('region', { name: 'Runs', exact: true }).locator('tbody tr')
  await expect(runs).toHaveCount(2, { timeout: 200_000 })
  await expect(run.getByRole('button', { name: 'Quantize', exact: true })).toBeEnabled({ timeout: 200_000 })
  await expect(look.getByText('Framed weights are salient')).toBeVisible()
  await new Camera(studio).step('sage-look', 'look', [''])
})

test('a run of TesseraQ at work', async ({ page }) => {
  const studio = new Studio(page)
  const [recipe, run] = [studio.step('recipe'), studio.step('run')]
  await studio.open()
  await studio.openBundled('Wren Nano')
  await studio.method().selectOption({ label: 'TesseraQ' })
  await recipe.getByText(/^Advanced options/).click()
  await recipe.getByLabel('Settings', { exact: true }).selectOption({ label: 'Browser' })
  await recipe.getByLabel('Samples').fill('8')
  await recipe.getByLabel('Length').fill('16')
  await recipe.getByLabel('Batch').fill('1')
  await page.getByRole('button', { name: 'Quantize', exact: true }).click()
  const chart = run.locator('figure', { has: page.getByRole('application', { name: /^Reconstruction of block/ }) })
  await expect(chart).toContainText('block 2', { timeout: 500_000 })
  await expect(chart.locator('.readout')).toContainText(/^Step 3\d\d /, { timeout: 500_000 })
  await run.getByRole('button', { name: 'Pause' }).click()
  await expect(run.getByText('paused', { exact: true })).toBeVisible()
  await new Camera(studio).step('tesseraq-run', 'run', [''])
})
