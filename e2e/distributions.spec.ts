import AxeBuilder from '@axe-core/playwright'
import { expect, test } from './fixtures'
import { Studio } from './studio'

test.use({ viewport: { width: 1440, height: 900 } })

test('shows how the weights of a module lie, and points at one module in every view', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  const studio = await Studio.finished(page, 'RTN', 3)
  const [run, look] = [studio.step('run'), studio.step('look')]

  const map = look.getByRole('application', { name: /^Model map, 7 modules by 4 layers/ })
  const table = run.getByRole('region', { name: 'Modules' })
  await test.step('one module in every view', async () => {
    await map.press('End')
    await map.press('PageDown')
    await map.press('Enter')
    // only what is chosen comes into view
    await expect(table.locator('tr[data-selected]')).toContainText('model.layers.3.mlp.down_proj')
    await expect(table.locator('tr[data-hovered]')).toContainText('model.layers.3.mlp.down_proj')
    await table.getByRole('button', { name: 'model.layers.2.mlp.up_proj' }).click()
    await expect(look.getByRole('application', { name: /^Matrix map of model\.layers\.2\.mlp\.up_proj/ })).toBeVisible()
  })

  await test.step('its weights, before and after', async () => {
    const weights = look.getByRole('application', {
      name: /^Weights of model\.layers\.2\.mlp\.up_proj: original weights/,
    })
    await expect(weights).toBeVisible()
    await weights.press('ArrowRight')
    await expect(look.getByText(/^original weights, \S+ to \S+ w: \d+ weights/)).toBeVisible()
    // rounded to nearest, no weight inside of its levels is further than half a step away
    await expect(
      look.getByRole('application', { name: /^Errors of .* (9\d\.\d|100\.0)\s% within half a step/ }),
    ).toBeVisible()
    const facts = look.getByRole('region', { name: /^What the codes tell/ }).locator('tbody tr')
    await expect(facts).toHaveCount(1)
    await expect(facts).toContainText('8 of 8')
    expect(Number(await facts.locator('td').nth(4).innerText())).toBeLessThanOrEqual(3)
    await look.getByText('Levels as a table').click()
    await expect(look.getByRole('region', { name: /^Levels/ }).locator('tbody tr')).toHaveCount(8)
  })

  await test.step('from a column that stands out to its place in the map', async () => {
    const columns = look.getByRole('region', { name: /^Columns, / })
    await look.getByLabel('List by').selectOption({ label: 'kurtosis' })
    const first = columns.getByRole('button').first()
    const name = await first.innerText()
    await first.click()
    await expect(look.getByText(new RegExp(`^Column ${name}: 3 bits`))).toBeVisible()
  })

  await test.step('numbers to take away', async () => {
    const { name, bytes } = await studio.save('Columns, CSV')
    expect(name).toMatch(/outliers\.csv$/)
    const lines = bytes.toString().trim().split('\n')
    expect(lines[0]).toBe('column,bits,norm,largest,excess_kurtosis')
    expect(lines).toHaveLength(65)
  })
  expect((await new AxeBuilder({ page }).include('#step-look').analyze()).violations).toEqual([])

  await test.step('a packed file alone says what is missing', async () => {
    const packed = await studio.save('Save packed file')
    await studio.open()
    await studio.drop([packed])
    await expect(look.getByText(/^The original is not open/)).toBeVisible()
    await expect(look.getByRole('application', { name: /^Codes of .*: 3 bits: entropy/ })).toBeVisible()
    await expect(look.getByRole('application', { name: /^Errors of/ })).toHaveCount(0)
  })
})
