import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { llama } from '../test/llama'
import { expect, test } from './fixtures'
import { Studio } from './studio'

const pictures = 'test-results/screenshots'

test('saves a GGUF file that llama.cpp loads and that opens here again with the same perplexity', async ({ page }) => {
  const studio = new Studio(page)
  await studio.open()
  await studio.openBundled('Wren Nano')
  await studio.setRecipe('RTN', 4)
  const recipe = studio.step('recipe')
  const options = recipe.getByRole('region', { name: 'Method options' })
  await options.getByLabel('Grid').selectOption({ label: 'Q4_0' })
  await expect(options.getByLabel('Group size')).toBeHidden()
  await expect(recipe.getByText(/bits a weight, nominal/)).toContainText('4.5')
  await studio.quantize()
  const { after } = await studio.measure()

  const take = studio.step('take')
  const embedding = take.getByRole('group', { name: 'Embedding and head' })
  await embedding.getByText('Q8_0').click()
  const small = await studio.save('Save GGUF file, Q8_0')
  await expect(take.getByText(/28 × Q4_0; the rest Q8_0$/)).toBeVisible()
  await embedding.getByText('F16').click()
  const file = await studio.save('Save GGUF file')
  expect(file.name).toBe('wren-nano-rtn-4.50bpw.gguf')
  expect(small.bytes.length).toBeLessThan(file.bytes.length)
  await expect(take.getByText(/4\.5000 bits\/weight stored, 4\.5000 effective: 28 × Q4_0; the rest F16$/)).toBeVisible()
  await studio.picture(pictures, 'gguf-take', 'take')
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])

  await test.step('it is verified', async () => {
    await take.getByRole('button', { name: 'Verify GGUF file', exact: true }).click()
    await expect(take.getByText(/^Verified: all \d+ tensors equal, perplexity/)).toBeVisible({ timeout: 60_000 })
  })

  await test.step('llama.cpp loads it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bitloom-e2e-'))
    const path = join(folder, file.name)
    writeFileSync(path, file.bytes)
    expect((await llama({ path, text: 'Call me Ishmael.' })).tokens.length).toBeGreaterThan(2)
    rmSync(folder, { recursive: true })
  })

  await test.step('it opens here again', async () => {
    await studio.open()
    await studio.drop([file])
    await expect(studio.step('inspect').getByText(/^\d+ tensors$/)).toBeVisible()
    expect((await studio.measure()).before).toBe(after)
  })
})
