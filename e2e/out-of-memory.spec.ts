import type { Page } from '@playwright/test'
import { expect, test } from './fixtures'
import { Studio } from './studio'

/** Lets the engine's GPU have no memory for the next `times` tensors of this name, as WebGPU says it. */
async function withoutMemoryFor(page: Page, label: string, times: number): Promise<void> {
  const patch = `{
    const { createBuffer, popErrorScope } = GPUDevice.prototype
    let [left, ranOut] = [${times}, false]
    GPUDevice.prototype.createBuffer = function (descriptor) {
      const buffer = createBuffer.call(this, descriptor)
      if (descriptor.label === '${label}' && left-- > 0) {
        ranOut = true
        buffer.destroy()
      }
      return buffer
    }
    GPUDevice.prototype.popErrorScope = async function () {
      const told = ranOut ? { message: 'Out of memory' } : null
      ranOut = false
      return (await popErrorScope.call(this)) ?? told
    }
  }\n`
  await page.route('**/engine.worker-*.js', async (route) => {
    const response = await route.fetch()
    await route.fulfill({ response, body: patch + (await response.text()) })
  })
}

async function begin(page: Page): Promise<Studio> {
  const studio = new Studio(page)
  await studio.open()
  await studio.openBundled('Wren Nano')
  await studio.setRecipe('GPTQ', 4)
  // so much text that a software GPU is at it for some seconds
  await studio.step('recipe').getByLabel('Samples').fill('48')
  await page.getByRole('button', { name: 'Quantize', exact: true }).click()
  return studio
}

test('a run whose GPU runs out of memory goes on with its hidden states in host memory, and says so', async ({
  page,
}) => {
  await withoutMemoryFor(page, 'cholesky factor', 1)
  const studio = await begin(page)
  const run = studio.step('run')
  await expect(run.getByText(/ran out \('cholesky factor' of .*hidden states in host memory/)).toBeVisible()
  await expect(run.getByText('finished', { exact: true })).toBeVisible({ timeout: 90_000 })
  await expect(run.getByText(/windows? a batch/)).toHaveCount(0)
})

test('a run for which no memory is little enough is refused with what it asked for', async ({ page }) => {
  await withoutMemoryFor(page, 'cholesky factor', 1e9)
  await begin(page)
  await expect(page.getByText('Out of GPU memory')).toBeVisible({ timeout: 90_000 })
  await expect(
    page.getByText(
      /expected room for 'cholesky factor' of .* with hidden states in host memory and 1 window a batch, too/,
    ),
  ).toBeVisible()
})
