import AxeBuilder from '@axe-core/playwright'
import { expect, test } from './fixtures'
import { Studio } from './studio'

/** Longest time without a frame that a person may meet during a run. */
const LONGEST_GAP_MS = 100
/** A software GPU computes on the same cores that draw, and so may take a frame away now and then. */
const SHARE_IN_TIME = 0.98

test('the page draws a frame every 100 ms while a run is going', async ({ page }) => {
  const studio = new Studio(page)
  await studio.open()
  await studio.openBundled('Wren Nano')
  await studio.setRecipe('GPTQ', 4)
  await page.evaluate(() => {
    const seen = { gaps: [] as number[], tasks: [] as number[] }
    let last = performance.now()
    const frame = (now: number) => {
      seen.gaps.push(now - last)
      last = now
      requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
    const tasks = new PerformanceObserver((list) =>
      seen.tasks.push(...list.getEntries().map(({ duration }) => duration)),
    )
    tasks.observe({ entryTypes: ['longtask'] })
    Object.assign(window, { seen })
  })
  await studio.quantize()
  const { gaps, tasks } = await page.evaluate(
    () => (window as unknown as { seen: { gaps: number[]; tasks: number[] } }).seen,
  )
  expect(gaps.length).toBeGreaterThan(20)
  expect(gaps.filter((gap) => gap <= LONGEST_GAP_MS).length / gaps.length).toBeGreaterThanOrEqual(SHARE_IN_TIME)
  expect(Math.max(0, ...tasks), 'longest task of the page itself').toBeLessThanOrEqual(LONGEST_GAP_MS)
})

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
  const dark = await ground()
  expect(dark).not.toBe(light)
  await page.reload()
  expect(await ground()).toBe(dark)
})

test('fits a narrow screen without scrolling sideways', async ({ page }) => {
  await page.setViewportSize({ width: 420, height: 900 })
  const studio = new Studio(page)
  const width = () => page.evaluate(() => document.documentElement.scrollWidth)
  await studio.open()
  expect(await width()).toBeLessThanOrEqual(420)
  await studio.openBundled('Wren Nano')
  await studio.setRecipe('RTN', 4)
  await studio.quantize()
  expect(await width()).toBeLessThanOrEqual(420)
})

test('a step is reached by keyboard alone', async ({ page }) => {
  const studio = new Studio(page)
  await studio.open()
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '')
  await page.keyboard.press('Tab')
  expect(await focused()).toBe('Skip to the first step')
  for (let presses = 0; presses < 30 && (await focused()) !== 'Try Wren Nano'; presses++)
    await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await expect(studio.step('inspect').getByText('LlamaForCausalLM')).toBeVisible()
})
