import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, idle, test } from './fixtures'
import { modelFiles, Studio } from './studio'
import { zipEntries } from './zip'

/** Where pictures to look at go; those of the documentation are made by `npm run screenshots`. */
const pictures = 'test-results/screenshots'

test.use({ viewport: { width: 1440, height: 900 }, colorScheme: 'light' })

test('quantizes a bundled model, shows it, measures it, saves it and opens the saved file again', async ({ page }) => {
  const studio = new Studio(page)
  const picture = (name: string, step: string) => studio.picture(pictures, name, step)
  /** The whole page, small enough to be looked at. */
  const whole = async (name: string) => {
    await page.evaluate(() => window.scrollTo({ top: 0, behavior: 'instant' }))
    const [width, height] = await page.evaluate(() => [innerWidth, document.documentElement.scrollHeight] as const)
    const chromium = await page.context().newCDPSession(page)
    const clip = { x: 0, y: 0, width, height, scale: 0.6 }
    const { data } = await chromium.send('Page.captureScreenshot', { captureBeyondViewport: true, clip })
    writeFileSync(join(pictures, `${name}.png`), data, 'base64')
  }
  await studio.open()
  await page.screenshot({ path: join(pictures, '1-open.png') })

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
    const readout = look
      .locator('figure', { has: page.getByRole('application', { name: /^Matrix map/ }) })
      .locator('.readout')
    await expect(readout).toContainText(/^Column 1: 4 bits, diag H .*error/)
    expect((await studio.save('Columns as CSV')).bytes.toString().split('\n')[0]).toMatch(
      /^column,bits,hessian_diagonal,(factor_diagonal,)?norm,error/,
    )
  })

  const { before, after } = await studio.measure()
  expect(Number(after)).toBeGreaterThan(Number(before) * 0.9)
  expect(Number(after)).toBeLessThan(Number(before) * 1.5)
  await studio.step('measure').getByLabel('New tokens').fill('8')
  await studio.step('measure').getByRole('button', { name: 'Continue both' }).click()
  await expect(studio.step('measure').locator('[data-side=quantized]')).toContainText(/sea for .+/, { timeout: 30_000 })
  await expect(studio.step('measure').getByRole('button', { name: 'Cancel' })).toBeHidden({ timeout: 30_000 })
  for (const side of ['original', 'quantized'])
    await expect(studio.step('measure').getByLabel(`Speed of the ${side}`)).toContainText(
      /First token\d+ ms.*Then\d+\.\d tokens\/s.*GPU memory/,
    )
  await expect(studio.step('run').getByLabel('Result at a glance')).toContainText(Number(after).toFixed(2))
  await test.step('pictures of the finished journey', async () => {
    await page.mouse.move(0, 0)
    for (const [index, step] of ['run', 'look', 'measure', 'take'].entries())
      await picture(`${index + 4}-${step}`, step)
    await studio.step('run').evaluate((element) => element.scrollIntoView({ behavior: 'instant' }))
    await page.screenshot({ path: join(pictures, 'studio.png'), animations: 'disabled' })
    await page.emulateMedia({ colorScheme: 'dark' })
    await whole('dark')
    await page.emulateMedia({ colorScheme: 'light' })
  })
  const packed = await studio.save('Save packed file')
  expect(packed.name).toMatch(/\.safetensors$/)
  const promised = await studio.step('take').locator('.take-size').first().innerText()
  const promisedBytes = Number(/([\d.]+) MB/.exec(promised)?.[1]) * 1e6
  expect(Math.abs(packed.bytes.length / promisedBytes - 1)).toBeLessThan(0.05)
  const folder = await studio.save('Save fp16 folder')
  const inside = zipEntries(folder.bytes)
  expect(inside.map(({ name }) => name.replace(/^[^/]+\//, '')).sort()).toEqual([
    'config.json',
    'generation_config.json',
    'model.safetensors',
    'special_tokens_map.json',
    'tokenizer.json',
    'tokenizer_config.json',
  ])
  expect(inside.find(({ name }) => name.endsWith('/config.json'))!.bytes.toString()).toContain('LlamaForCausalLM')
  expect(inside.find(({ name }) => name.endsWith('model.safetensors'))!.bytes.length).toBeGreaterThan(2 * 700_000)
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

test('a dropped folder is quantized and saved, on an idle machine within a minute', async ({ page }) => {
  const studio = new Studio(page)
  await studio.open()
  const started = performance.now()
  await studio.drop(modelFiles())
  await expect(studio.step('inspect').getByText('LlamaForCausalLM')).toBeVisible()
  await studio.setRecipe('GPTQ', 4)
  await studio.quantize()
  const { bytes } = await studio.save('Save packed file')
  expect(bytes.length).toBeGreaterThan(100_000)
  const seconds = (performance.now() - started) / 1000
  console.log(`from drop to saved file: ${seconds.toFixed(1)} s`)
  if (idle) expect(seconds).toBeLessThan(60)
})

test('a run can be paused, resumed and cancelled, and a saved recipe brings its form back', async ({ page }) => {
  const studio = await Studio.finished(page, 'RTN', 6)
  await studio.setRecipe('GPTQ', 3)
  await studio.step('recipe').getByLabel('Samples').fill('64')
  const recipe = await studio.save('Save recipe')
  await page.getByRole('button', { name: 'Quantize', exact: true }).click()
  await studio.step('run').getByRole('button', { name: 'Pause' }).click()
  await expect(studio.step('run').getByText('paused', { exact: true })).toBeVisible()
  await expect(page).toHaveTitle(/^\d+ % paused – Bitloom$/)
  await studio.step('run').getByRole('button', { name: 'Resume' }).click()
  await studio.step('run').getByRole('button', { name: 'Cancel' }).click()
  // The result that was there before stays, and is what there is to take away.
  await expect(studio.step('run').getByRole('button', { name: 'Cancel' })).toBeDisabled({ timeout: 30_000 })
  await expect(
    studio
      .step('run')
      .getByLabel('Result at a glance')
      .or(studio.step('run').getByText('cancelled', { exact: true }))
      .first(),
  ).toBeVisible()
  expect(JSON.parse((await studio.save('Save recipe as JSON')).bytes.toString())).toMatchObject({
    method: 'rtn',
    options: { bits: 6 },
  })
  const { bytes } = await studio.save('Save packed file')
  expect(bytes.includes('\\"method\\":\\"rtn\\"')).toBe(true)

  await studio.setRecipe('RTN', 8)
  const file = { name: recipe.name, mimeType: 'application/json', buffer: recipe.bytes }
  await studio.step('recipe').getByLabel('Load recipe').setInputFiles(file)
  await expect(studio.method().locator('option:checked')).toHaveText('GPTQ')
  await expect(studio.step('recipe').getByLabel('Samples')).toHaveValue('64')
})
