import AxeBuilder from '@axe-core/playwright'
import { expect, test } from './fixtures'
import { modelFiles, Studio } from './studio'

const TRAINING = /^Training of .*, [1-9]\d* recorded steps/

test.use({ viewport: { width: 1440, height: 900 } })

/** The bundled test model cut to its first block: a software device learns widths for seven linears in seconds. */
const oneBlock = () =>
  modelFiles().map((file) => {
    if (file.name !== 'config.json') return file
    const config = { ...JSON.parse(file.bytes.toString()), num_hidden_layers: 1 }
    return { ...file, bytes: Buffer.from(JSON.stringify(config)) }
  })

const patience = 60_000
test.setTimeout(2 * patience)

test('weaves bits over columns, shows how, and stores what was measured', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  const studio = new Studio(page)
  const [recipe, run, look] = [studio.step('recipe'), studio.step('run'), studio.step('look')]
  const settings = recipe.getByLabel('Settings', { exact: true })
  await studio.open()
  await studio.drop(oneBlock())
  await expect(studio.step('inspect').getByText('LlamaForCausalLM')).toBeVisible()

  await test.step('settings by name, and what does not go together', async () => {
    await studio.method().selectOption({ label: 'MG-PTQ' })
    await expect(settings.locator('option:checked')).toHaveText('Best')
    await recipe.getByText(/^Advanced options/).click()
    await settings.selectOption({ label: 'Published' })
    await expect(recipe.getByLabel('Allocator').locator('option:checked')).toHaveText('graph network')
    await expect(recipe.getByLabel('Budget', { exact: true })).toHaveValue('1')
    await recipe.getByLabel('Budget penalty α').fill('0')
    await expect(recipe.getByText('expected 0.001 to 10000')).toBeVisible()
    await recipe.getByLabel('Budget penalty α').fill('10')
    await recipe.getByLabel('Budget', { exact: true }).selectOption({ label: 'over the model' })
    await expect(settings.locator('option:checked')).toHaveText('Own')
    await expect(recipe.getByRole('alert')).toContainText('take budget layer with it')
    await settings.selectOption({ label: 'Best' })
    await expect(recipe.getByLabel('Training steps')).toHaveCount(0)
    await expect(recipe.getByRole('alert')).toHaveCount(0)
  })

  await recipe.getByLabel('Samples').fill('4')
  await recipe.getByLabel('Length').fill('64')
  await test.step('greedy', async () => {
    await recipe.getByLabel('Allocator').selectOption({ label: 'cheapest bits first' })
    await studio.quantize()
  })
  await test.step('graph network', async () => {
    await settings.selectOption({ label: 'Network' })
    await recipe.getByLabel('Training steps').fill('20')
    await page.getByRole('button', { name: 'Quantize', exact: true }).click()
    await expect(run.getByRole('application', { name: TRAINING })).toBeVisible({ timeout: patience })
    await expect(run.getByText('finished', { exact: true })).toBeVisible({ timeout: patience })
  })

  const codeBits = run.getByLabel('Runs', { exact: true }).locator('tbody tr').last()
  await expect(codeBits).toContainText('2.500')
  await expect(look.getByText('mean 2.500 bits over all weights')).toBeVisible()
  const matrix = look.locator('figure', { has: page.getByRole('application', { name: /^Matrix map/ }) })
  await matrix.getByRole('application').press('Home')
  await expect(matrix.locator('.readout')).toContainText(
    /^Column 0: [1-4] bits?, diag H \S+, diag U \S+, norm \S+, error \S+, saliency \S+/,
  )
  await expect(
    look.getByRole('application', { name: /^Graph of [1-9]\d* columns .* with [1-9]\d* edges/ }),
  ).toBeVisible()
  await expect(look.getByRole('application', { name: TRAINING })).toBeVisible()
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])

  const { after } = await studio.measure(64, 512)
  expect(Number(after)).toBeGreaterThan(1)
  const packed = await studio.save('Save packed file')
  await studio.open()
  await studio.drop([packed])
  await expect(studio.step('inspect').getByText('packed Bitloom file')).toBeVisible()
  await expect(look.getByText('mean 2.500 bits over all weights')).toBeVisible()
  expect(await studio.measure(64, 512)).toEqual({ before: 'none', after })
})
