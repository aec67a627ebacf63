import AxeBuilder from '@axe-core/playwright'
import { expect, test } from './fixtures'
import { Studio } from './studio'

for (const colorScheme of ['light', 'dark'] as const)
  test(`is accessible in ${colorScheme}, empty and full`, async ({ page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const studio = new Studio(page)
    await studio.open()
    const violations = async () => (await new AxeBuilder({ page }).analyze()).violations
    expect(await violations()).toEqual([])
    await studio.openBundled('Wren Nano')
    await studio.setRecipe('RTN', 4)
    await studio.quantize()
    expect(await violations()).toEqual([])
  })

test('the theme can be chosen by hand and is remembered', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light' })
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  await page.goto('/')
  const light = await ground()
  await page.getByLabel('Theme').selectOption('dark')
  await expect.poll(ground).not.toBe(light)
  const dark = await ground()
  await page.reload()
  await expect.poll(ground).toBe(dark)
})

for (const room of [420, 1000])
  test(`fits a screen of ${room} pixels without scrolling sideways`, async ({ page }) => {
    await page.setViewportSize({ width: room, height: 900 })
    const studio = new Studio(page)
    const width = () => page.evaluate(() => document.documentElement.scrollWidth)
    await studio.open()
    await expect.poll(width).toBeLessThanOrEqual(room)
    await studio.openBundled('Wren Nano')
    await studio.setRecipe('RTN', 4)
    await studio.quantize()
    await expect.poll(width).toBeLessThanOrEqual(room)
  })

test('a step is reached by keyboard alone', async ({ page }) => {
  const studio = new Studio(page)
  await studio.open()
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '')
  await expect(page.getByRole('button', { name: 'Try Wren Nano' })).toBeVisible()
  await page.keyboard.press('Tab')
  expect(await focused()).toBe('Skip to the first step')
  for (let presses = 0; presses < 30 && (await focused()) !== 'Try Wren Nano'; presses++)
    await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await expect(studio.step('inspect').getByText('LlamaForCausalLM')).toBeVisible()
})
