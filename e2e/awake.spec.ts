import { expect, test } from './fixtures'
import { Studio } from './studio'

test('a run keeps the device awake, and says so where it slept all the same', async ({ page }) => {
  await page.clock.install()
  await page.addInitScript(() => {
    const locks: WakeLockSentinel[] = []
    const { wakeLock } = navigator
    const request = wakeLock.request.bind(wakeLock)
    wakeLock.request = async (type) => {
      const lock = await request(type)
      locks.push(lock)
      return lock
    }
    Object.assign(window, { locks })
  })
  const held = () =>
    page.evaluate(() => (window as unknown as { locks: WakeLockSentinel[] }).locks.map(({ released }) => !released))
  const studio = new Studio(page)
  await studio.open()
  await studio.openBundled('Wren Nano')
  await expect.poll(held).not.toContain(true)
  await studio.setRecipe('GPTQ', 4)
  await studio.step('recipe').getByLabel('Samples').fill('32')
  await page.getByRole('button', { name: 'Quantize', exact: true }).click()
  const run = studio.step('run')
  await expect(run.getByText('running', { exact: true })).toBeVisible()
  await expect.poll(held).toContain(true)
  await page.clock.fastForward('20:00')
  const asleep = run.locator('dt:text("Asleep") + dd')
  await expect(asleep).toHaveText('20 min, then went on')
  await expect(run.getByText('finished', { exact: true })).toBeVisible({ timeout: 60_000 })
  await expect(asleep).toBeVisible()
  // what it took is not what passed
  await expect(run.locator('dt:text("Took") + dd')).toHaveText(/^\d+(\.\d+)? s$|^[1-9] min/)
  await expect.poll(held).not.toContain(true)
})
