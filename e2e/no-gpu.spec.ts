import AxeBuilder from '@axe-core/playwright'
import { expect, test } from './fixtures'

test('without WebGPU the page says what to do, and models can still be read', async ({ page }) => {
  await page.addInitScript(() => Object.defineProperty(Navigator.prototype, 'gpu', { get: () => undefined }))
  await page.goto('/')
  const banner = page.getByRole('alert').first()
  await expect(banner).toContainText('No usable GPU')
  await expect(banner).toContainText('chrome://gpu')
  await expect(page.getByRole('banner')).toContainText('No GPU')
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])

  await page.getByRole('button', { name: 'Try Wren Nano' }).click()
  await expect(page.locator('#step-inspect')).toContainText('LlamaForCausalLM')
  await expect(page.getByRole('button', { name: 'Quantize', exact: true })).toBeDisabled()
  await expect(page.locator('#step-run')).toContainText('Needs a GPU.')
})
