import { join } from 'node:path'
import { expect, test } from './fixtures'
import { modelFiles, Studio } from './studio'

/** Where the pictures go; SCREENSHOTS=docs/screenshots renews those of the documentation. */
const pictures = process.env.SCREENSHOTS ?? 'test-results/screenshots'

test.use({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' })

test('quantizes a bundled model, shows it, measures it, saves it and opens the saved file again', async ({ page }) => {
  const studio = new Studio(page)
  const picture = async (name: string, step: string) => {
    await studio.step(step).evaluate((element) => element.scrollIntoView({ behavior: 'instant' }))
    await page.screenshot({ path: join(pictures, `${name}.png`), animations: 'disabled' })
  }
  await studio.open()
  await picture('1-open', 'open')

  await studio.openBundled('Wren Nano')
  await expect(studio.step('inspect').getByText(/^\d+ tensors$/)).toBeVisible()
  await studio.step('inspect').getByLabel('Find tensors').fill('down_proj')
  await expect(studio.step('inspect').getByText(/^\d+ of \d+ tensors$/)).toBeVisible()
  await studio.step('inspect').getByLabel('Find tensors').fill('')
  await picture('2-inspect', 'inspect')

  await test.step('round to nearest', async () => {
    await studio.setRecipe('RTN', 4)
    await studio.quantize()
  })
  await test.step('GPTQ', async () => {
    await studio.setRecipe('GPTQ', 4)
    await expect(studio.step('recipe').getByText(/bits a weight, nominal/)).toContainText(/^4\.\d\d/)
    await picture('3-recipe', 'recipe')
    await studio.quantize()
  })
  await picture('4-run', 'run')
  const rows = studio.step('run').locator('tbody tr:not(.spacer)')
  await expect(rows.filter({ hasText: 'down_proj' }).last()).toContainText(/down_proj.*4\.\d{3}/)
  await expect(studio.step('run').locator('tbody tr[data-dim]')).toHaveCount(0)

  await test.step('walk the maps by keyboard', async () => {
    const look = studio.step('look')
    const map = look.getByRole('application', { name: /^Model map/ })
    await map.focus()
    await map.press('Home')
    await map.press('ArrowRight')
    await expect(look.locator('.readout').first()).toContainText('model.layers.1.')
    await map.press('Enter')
    const matrix = look.getByRole('application', { name: /^Matrix map of model\.layers\.1\./ })
    await matrix.focus()
    await matrix.press('ArrowRight')
    await expect(look.locator('figure').last().locator('.readout')).toContainText(/^Column 1: 4 bits, error .*diag H/)
    await picture('5-look', 'look')
    expect((await studio.save('Columns as CSV')).bytes.toString().split('\n')[0]).toBe(
      'column,bits,error,hessian_diagonal',
    )
  })

  const { before, after } = await studio.measure()
  expect(Number(after)).toBeGreaterThan(Number(before) * 0.9)
  expect(Number(after)).toBeLessThan(Number(before) * 1.5)
  await studio.step('measure').getByLabel('New tokens').fill('8')
  await studio.step('measure').getByRole('button', { name: 'Continue both' }).click()
  await expect(studio.step('measure').locator('[data-side=quantized]')).toContainText(/sea for .+/, { timeout: 30_000 })
  await expect(studio.step('measure').getByRole('button', { name: 'Cancel' })).toBeHidden({ timeout: 30_000 })
  await picture('6-measure', 'measure')

  await picture('7-take-away', 'take')
  const packed = await studio.save('Save packed file')
  expect(packed.name).toMatch(/\.safetensors$/)
  const folder = await studio.save('Save fp16 folder')
  expect(folder.bytes.subarray(0, 2).toString()).toBe('PK')
  const recipe = JSON.parse((await studio.save('Save recipe as JSON')).bytes.toString())
  expect(recipe).toMatchObject({ version: 1, method: 'gptq', options: { bits: 4 }, calibration: { samples: 8 } })
  const report = JSON.parse((await studio.save('Save report as JSON')).bytes.toString())
  expect(report.modules[0].columns.bits).toHaveLength(report.modules[0].in)

  await test.step('the packed file alone gives the same perplexity', async () => {
    await studio.open()
    await studio.drop([packed])
    await expect(studio.step('inspect').getByText('packed Bitloom file')).toBeVisible()
    await expect(studio.step('look').getByRole('application', { name: /^Model map/ })).toBeVisible()
    expect(await studio.measure()).toEqual({ before: 'none', after })
    await expect(page.getByRole('button', { name: 'Save packed file' })).toBeEnabled()
  })
})

test('a dropped folder is quantized and saved within a minute', async ({ page }) => {
  const studio = new Studio(page)
  await studio.open()
  const started = Date.now()
  await studio.drop(modelFiles())
  await expect(studio.step('inspect').getByText('LlamaForCausalLM')).toBeVisible()
  await studio.setRecipe('GPTQ', 4)
  await studio.quantize()
  const { bytes } = await studio.save('Save packed file')
  expect(bytes.length).toBeGreaterThan(100_000)
  expect(Date.now() - started).toBeLessThan(60_000)
})

test('a run can be cancelled, and a saved recipe brings its form back', async ({ page }) => {
  const studio = new Studio(page)
  await studio.open()
  await studio.openBundled('Wren Nano')
  await studio.setRecipe('GPTQ', 3)
  await studio.step('recipe').getByLabel('Samples').fill('64')
  const recipe = await studio.save('Save recipe')
  await page.getByRole('button', { name: 'Quantize', exact: true }).click()
  await studio.step('run').getByRole('button', { name: 'Cancel' }).click()
  await expect(studio.step('run').getByText('cancelled')).toBeVisible({ timeout: 30_000 })

  await studio.setRecipe('RTN', 8)
  const file = { name: recipe.name, mimeType: 'application/json', buffer: recipe.bytes }
  await studio.step('recipe').getByLabel('Load recipe').setInputFiles(file)
  await expect(studio.step('recipe').getByRole('radio', { name: 'GPTQ' })).toBeChecked()
  await expect(studio.step('recipe').getByLabel('Samples')).toHaveValue('64')
})
