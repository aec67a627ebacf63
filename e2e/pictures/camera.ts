import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Locator } from '@playwright/test'
import { expect } from '../fixtures'
import type { Studio } from '../studio'
import { smallPng } from './small-png'

const folder = resolve(import.meta.dirname, '../../docs/screenshots')
const MOST_BYTES = 150_000
/** What of a long step is shown: its beginning. */
const MOST_HEIGHT = 1500

const WIDE = { width: 1280, height: 800 }
const NARROW = { width: 360, height: 740 }

/** Looks in which the documentation shows the studio. */
const LOOKS = {
  '': { colorScheme: 'light', viewport: WIDE },
  '-dark': { colorScheme: 'dark', viewport: WIDE },
  '-narrow': { colorScheme: 'light', viewport: NARROW },
} as const
type Look = keyof typeof LOOKS

/** Takes the pictures of the documentation: what is named here is what docs/screenshots holds. */
export class Camera {
  constructor(private readonly studio: Studio) {}

  /** A part of the page, as NAME.png, NAME-dark.png and NAME-narrow.png. */
  async part(name: string, part: Locator, looks: readonly Look[] = ['', '-dark', '-narrow']): Promise<void> {
    const { page } = this.studio
    for (const look of looks) {
      await this.#dress(look)
      // taking a picture of the whole page may itself have it drawn anew
      await expect(async () => {
        await this.#settle(part)
        const box = (await part.boundingBox())!
        const clip = { ...box, height: Math.min(box.height, MOST_HEIGHT) }
        const png = await page.screenshot({ fullPage: true, clip, animations: 'disabled' })
        expect(await part.boundingBox()).toEqual(box)
        this.#keep(name + look, png)
      }).toPass()
    }
    await this.#dress('')
  }

  /** A step of the path. */
  async step(name: string, id: string, looks?: readonly Look[]): Promise<void> {
    await this.part(name, this.studio.step(id), looks)
  }

  /** What a window shows once the part is at its top. */
  async window(name: string, part: Locator, looks: readonly Look[] = ['']): Promise<void> {
    const { page } = this.studio
    for (const look of looks) {
      await this.#dress(look)
      await this.#settle(part)
      await part.evaluate((element) => element.scrollIntoView({ behavior: 'instant' }))
      await this.#settle(part)
      this.#keep(name + look, await page.screenshot({ animations: 'disabled' }))
    }
    await this.#dress('')
  }

  async #dress(look: Look): Promise<void> {
    const { page } = this.studio
    const { colorScheme, viewport } = LOOKS[look]
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize(viewport)
    await page.mouse.move(0, 0)
    await page.evaluate(() => {
      if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
      window.scrollTo({ top: 0, behavior: 'instant' })
    })
  }

  /** Drawings find their width and height after they are there. */
  async #settle(part: Locator): Promise<void> {
    let before = ''
    const steady = async () => {
      const now = JSON.stringify(await part.boundingBox())
      const same = now === before
      before = now
      return same
    }
    await expect.poll(steady, { intervals: [400] }).toBe(true)
  }

  #keep(name: string, png: Buffer): void {
    const small = smallPng(png)
    expect(small.length, `${name}.png`).toBeLessThan(MOST_BYTES)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, `${name}.png`), small)
  }
}
