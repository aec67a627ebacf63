import type { Page } from '@playwright/test'
import { expect, test } from './fixtures'
import { packed } from './packed'
import { Studio } from './studio'
import { beforeEngine, endWorker, knowWorkers } from './worker'

/** The engine's worker of now knows its device as `lastDevice`. */
const KNOWN_DEVICE = `
const request = GPUAdapter.prototype.requestDevice
GPUAdapter.prototype.requestDevice = async function (...args) {
  return (self.lastDevice = await request.apply(this, args))
}`

/** As when a driver is reset: every call to the GPU fails from now on. */
async function loseDevice(page: Page): Promise<void> {
  const [worker] = page.workers()
  await worker!.evaluate(() => (self as unknown as { lastDevice: GPUDevice }).lastDevice.destroy())
}

const ran = (page: Page) => Studio.finished(page, 'GPTQ', 4)

const idle = (page: Page) => expect(page.getByRole('alert').filter({ hasText: 'The engine stopped' })).toBeHidden()

test('a GPU lost in Measure, in Verify, and between the two costs nothing', async ({ page }) => {
  await beforeEngine(page, KNOWN_DEVICE)
  const studio = await ran(page)
  const { lasting } = await packed(studio)

  const measure = studio.step('measure')
  await measure.getByLabel('First tokens of the text').fill('1024')
  await measure.getByRole('button', { name: 'Measure before and after' }).click()
  await expect(measure.getByText('Perplexity of the quantized model')).toBeVisible()
  await loseDevice(page)
  const line = measure.locator('tbody tr')
  await expect(line).toHaveCount(1)
  await expect(line.locator('td').nth(6)).toHaveText(/^\d+\.\d\d/, { timeout: 60_000 })
  await idle(page)

  const take = studio.step('take')
  await take.getByRole('button', { name: 'Verify packed file' }).click()
  await expect(take.getByText(/^Verifying/)).toBeVisible()
  await loseDevice(page)
  await expect(take.getByText(/^Verified: all \d+ tensors equal, perplexity/)).toBeVisible({ timeout: 60_000 })

  await loseDevice(page)
  const again = await packed(studio)
  expect(again.lasting).toEqual(lasting)
  expect(again.resumed).toBeUndefined()
  await measure.getByRole('button', { name: 'Compare with the original' }).click()
  await expect(measure.getByRole('button', { name: 'Cancel' })).toBeVisible()
  await expect(measure.getByRole('button', { name: 'Cancel' })).toBeHidden({ timeout: 60_000 })
  await expect(measure.locator('.failure')).toBeHidden()
  await idle(page)
})

test('a worker that dies while the result is saved is replaced, and the save can be done again', async ({ page }) => {
  await knowWorkers(page)
  await beforeEngine(
    page,
    `const read = Blob.prototype.arrayBuffer
    Blob.prototype.arrayBuffer = function () { return self.stalled ? new Promise(() => {}) : read.call(this) }`,
  )
  const studio = await ran(page)
  const { lasting } = await packed(studio)
  await page.workers()[0]!.evaluate(() => Object.assign(self, { stalled: true }))
  const take = studio.step('take')
  await take.getByRole('button', { name: 'Save packed file' }).click()
  await expect(take.getByText(/^Saving/)).toBeVisible()
  await endWorker(page)
  await expect(take.locator('.failure')).toContainText('save it once more', { timeout: 60_000 })
  expect((await packed(studio)).lasting).toEqual(lasting)
})
