import { expect, test } from './fixtures'
import { Studio } from './studio'

/** What is cut off on the page: a choice, a control or a step of the path whose letters reach beyond where it is drawn. */
function cutOff(): string[] {
  const found: string[] = []
  const visible = (element: Element) => element.getClientRects().length > 0
  for (const choice of document.querySelectorAll<HTMLElement>('.segments label')) {
    const [inner, outer] = [choice.getBoundingClientRect(), choice.parentElement!.getBoundingClientRect()]
    if (visible(choice) && (choice.scrollWidth > choice.clientWidth || inner.right > outer.right + 1))
      found.push(`choice ${choice.textContent}`)
  }
  for (const button of document.querySelectorAll<HTMLElement>('button'))
    if (visible(button) && !button.closest('td, th') && button.scrollWidth > button.clientWidth + 1)
      found.push(`button ${button.textContent}`)
  for (const number of document.querySelectorAll<HTMLElement>('.path-number')) {
    const { left, right } = number.getBoundingClientRect()
    const path = number.closest('.path')!.getBoundingClientRect()
    if (left < path.left || right > path.right + 1) found.push(`step ${number.textContent}`)
  }
  for (const circle of document.querySelectorAll<HTMLElement>('.segments input'))
    if (getComputedStyle(circle).opacity !== '0') found.push(`circle of ${circle.parentElement!.textContent}`)
  return found
}

test('nothing is cut off, from a phone to a wide screen, with choices that are on and off', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  const studio = new Studio(page)
  await studio.open()
  await studio.openBundled('Wren Nano')
  const whole = async (methods: readonly string[]) => {
    for (const method of methods) {
      await studio.method().selectOption({ label: method })
      for (const width of [360, 768, 1400, 2560]) {
        await page.setViewportSize({ width, height: 900 })
        await expect.poll(() => page.evaluate(cutOff), `${method}, ${width} px`).toEqual([])
      }
    }
  }
  await whole(['GPTQ', 'MG-PTQ', 'TesseraQ', 'SAGE-PTQ', 'BiLLM'])
  await studio.setRecipe('GPTQ', 4)
  await studio.step('recipe').getByLabel('Samples').fill('64')
  await page.getByRole('button', { name: 'Quantize', exact: true }).click()
  await expect(studio.step('run').getByText('running', { exact: true })).toBeVisible()
  await expect(studio.step('recipe').locator('.segments input').first()).toBeDisabled()
  await expect.poll(() => page.evaluate(cutOff)).toEqual([])
})
