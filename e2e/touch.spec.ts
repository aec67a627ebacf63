import type { CDPSession, Locator, Page } from '@playwright/test'
import { expect, test } from './fixtures'
import { Studio } from './studio'

test.use({ hasTouch: true, isMobile: true, viewport: { width: 390, height: 780 } })

interface Finger {
  readonly x: number
  readonly y: number
}

/** Fingers on the screen, as the browser itself gets them: what it takes for scrolling never reaches the page. */
class Hand {
  private constructor(private readonly session: CDPSession) {}

  static async of(page: Page): Promise<Hand> {
    return new Hand(await page.context().newCDPSession(page))
  }

  /** Each finger goes from where it is put down to where it is lifted. */
  async move(...paths: readonly (readonly [from: Finger, to: Finger])[]): Promise<void> {
    const STEPS = 12
    const at = (share: number) =>
      paths.map(([from, to], id) => ({
        id,
        x: from.x + (to.x - from.x) * share,
        y: from.y + (to.y - from.y) * share,
      }))
    await this.#send('touchStart', at(0))
    for (let step = 1; step <= STEPS; step++) await this.#send('touchMove', at(step / STEPS))
    await this.#send('touchEnd', [])
  }

  #send(type: 'touchStart' | 'touchMove' | 'touchEnd', touchPoints: { id: number; x: number; y: number }[]) {
    return this.session.send('Input.dispatchTouchEvent', { type, touchPoints })
  }
}

/** The middle of an element that is brought into view, and what is `dx` and `dy` of its size beside it. */
async function middle(element: Locator): Promise<(dx: number, dy: number) => Finger> {
  await still(element.page())
  await element.evaluate((node) => node.scrollIntoView({ block: 'center', behavior: 'instant' }))
  const box = (await element.boundingBox())!
  return (dx, dy) => ({ x: box.x + box.width * (0.5 + dx), y: box.y + box.height * (0.5 + dy) })
}

/** A page that was thrown rolls on for a while. */
const still = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<void>((done) => {
        let [last, frames] = [window.scrollY, 0]
        const frame = () => {
          frames = window.scrollY === last ? frames + 1 : 0
          last = window.scrollY
          if (frames > 10) done()
          else requestAnimationFrame(frame)
        }
        requestAnimationFrame(frame)
      }),
  )

const scrolled = (page: Page) => page.evaluate(() => Math.round(window.scrollY))

test('fingers choose a module, scroll past the maps, and pinch and move the weights', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  const studio = new Studio(page)
  await studio.open()
  await studio.openBundled('Wren Nano')
  await studio.setRecipe('RTN', 4)
  await studio.quantize()
  const look = studio.step('look')
  const hand = await Hand.of(page)

  const model = look.getByRole('application', { name: /^Model map/ })
  const matrix = look.getByRole('application', { name: /^Matrix map/ })
  const title = look.locator('figure.matrix').getByRole('heading', { level: 3 })
  await test.step('a tap chooses a module', async () => {
    await expect(matrix).toHaveAttribute('aria-busy', 'false')
    const at = await middle(model)
    await page.touchscreen.tap(at(0.3, -0.4).x, at(0.3, -0.4).y)
    await expect(look.getByLabel('Selected module').getByRole('heading')).toHaveText(/layers\.2\.self_attn\.q_proj/)
  })

  await test.step('a finger that goes up over a map scrolls the page', async () => {
    for (const map of [model, matrix]) {
      const at = await middle(map)
      const before = await scrolled(page)
      await hand.move([at(0, 0.2), at(0, -0.3)])
      await expect.poll(() => scrolled(page)).toBeGreaterThan(before + 20)
    }
    await expect(title).toContainText('all 64 columns, all 64 rows')
  })

  await test.step('two fingers zoom in around what is between them', async () => {
    const at = await middle(matrix)
    const before = await scrolled(page)
    await hand.move([at(0.05, 0.2), at(0.05, 0.05)], [at(0.1, 0.25), at(0.1, 0.4)])
    await expect(title).toContainText(/columns \d+ to \d+ of 64, rows \d+ to \d+ of 64/)
    expect(await scrolled(page)).toBe(before)
    expect(await page.evaluate(() => visualViewport!.scale)).toBe(1)
  })

  await test.step('one finger then moves what is in view, and the page stays', async () => {
    const before = await title.innerText()
    const at = await middle(matrix)
    const page0 = await scrolled(page)
    await hand.move([at(-0.1, 0.3), at(0.25, 0.1)])
    await expect(title).not.toHaveText(before)
    expect(await scrolled(page)).toBe(page0)
  })

  await test.step('a tap reads a column out', async () => {
    const at = await middle(matrix)
    await page.touchscreen.tap(at(0.1, 0.2).x, at(0.1, 0.2).y)
    await expect(look.locator('figure.matrix .readout')).toContainText(/^Column \d+: 4 bits/)
    await expect(look.locator('.weight-readout')).toContainText(/^Row \d+, column \d+: weight/)
  })

  await test.step('beside the map the page scrolls as ever, and all of it comes back', async () => {
    const before = await scrolled(page)
    const at = await middle(title)
    await hand.move([at(0, 0), { x: at(0, 0).x, y: at(0, 0).y - 200 }])
    await expect.poll(() => scrolled(page)).not.toBe(before)
    await look.locator('figure.matrix').getByRole('button', { name: 'All', exact: true }).tap()
    await expect(title).toContainText('all 64 columns, all 64 rows')
  })
})
