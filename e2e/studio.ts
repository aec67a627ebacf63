import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Locator, Page } from '@playwright/test'
import { expect } from './fixtures'

/** A file as a test drops it. */
export interface DroppedFile {
  readonly name: string
  readonly bytes: Buffer
}

const MODEL = resolve(import.meta.dirname, '../public/models/wren-nano')

/** The files of the bundled test model, as a person would have them in a folder. */
export const modelFiles = (...names: string[]): DroppedFile[] =>
  (names.length > 0 ? names : ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors']).map(
    (name) => ({ name, bytes: readFileSync(join(MODEL, name)) }),
  )

/** What a person sees and does on the page, in their words. */
export class Studio {
  constructor(readonly page: Page) {}

  /** With a finished run of the smallest bundled model. */
  static async finished(page: Page, method: 'RTN' | 'GPTQ', bits: number): Promise<Studio> {
    const studio = new Studio(page)
    await studio.open()
    await studio.openBundled('Wren Nano')
    await studio.setRecipe(method, bits)
    await studio.quantize()
    return studio
  }

  async open(): Promise<void> {
    // A headless browser has nobody to answer its file dialog: without the picker the page downloads instead.
    await this.page.addInitScript(() => Object.defineProperty(window, 'showSaveFilePicker', { value: undefined }))
    await this.page.goto('/')
    await expect(this.page.getByRole('banner').getByText(/^(software|hardware)$/)).toBeVisible()
  }

  step(id: string): Locator {
    return this.page.locator(`#step-${id}`)
  }

  /** A picture of one step, as `name`.png in a folder. */
  async picture(folder: string, name: string, id: string): Promise<void> {
    await this.page.evaluate(() => {
      const focused = document.activeElement
      if (focused instanceof HTMLElement) focused.blur()
      window.scrollTo({ top: 0, behavior: 'instant' })
    })
    // drawings find their height after they are there
    let clip = (await this.step(id).boundingBox())!
    const grown = async () => {
      const { height } = clip
      clip = (await this.step(id).boundingBox())!
      return clip.height - height
    }
    await expect.poll(grown, { intervals: [300] }).toBe(0)
    await this.page.screenshot({ path: join(folder, `${name}.png`), fullPage: true, clip, animations: 'disabled' })
  }

  /** Lets files go over the page, as from a file manager. */
  async drop(files: readonly DroppedFile[]): Promise<void> {
    const payload = files.map(({ name, bytes }) => ({ name, base64: bytes.toString('base64') }))
    await this.page.evaluate((dropped) => {
      const transfer = new DataTransfer()
      for (const { name, base64 } of dropped)
        transfer.items.add(new File([Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))], name))
      const init = { dataTransfer: transfer, bubbles: true, cancelable: true }
      document.body.dispatchEvent(new DragEvent('dragover', init))
      document.body.dispatchEvent(new DragEvent('drop', init))
    }, payload)
  }

  async openBundled(title: string): Promise<void> {
    await this.page.getByRole('button', { name: `Try ${title}` }).click()
    await expect(this.step('inspect').getByText('LlamaForCausalLM')).toBeVisible()
  }

  method(): Locator {
    return this.step('recipe').getByLabel('Method', { exact: true })
  }

  /** A recipe small enough for a software device. */
  async setRecipe(method: 'RTN' | 'GPTQ', bits: number): Promise<void> {
    const recipe = this.step('recipe')
    await this.method().selectOption({ label: method })
    await recipe.getByRole('radio', { name: String(bits), exact: true }).check()
    if (method === 'RTN') return
    await recipe.getByLabel('Samples').fill('8')
    await recipe.getByLabel('Length').fill('128')
  }

  async quantize(): Promise<void> {
    await this.page.getByRole('button', { name: 'Quantize', exact: true }).click()
    await expect(this.step('run').getByText('finished', { exact: true })).toBeVisible({ timeout: 60_000 })
  }

  /** Measures and returns the last line of the table. */
  async measure(window = 128, tokens = 1024): Promise<{ before: string; after: string }> {
    const measure = this.step('measure')
    const lines = measure.locator('tbody tr')
    await measure.getByLabel('Window, tokens').fill(String(window))
    await measure.getByLabel('First tokens of the text').fill(String(tokens))
    await measure.getByRole('button', { name: /^Measure (before|perplexity)/ }).click()
    await expect(measure.getByRole('button', { name: 'Cancel' })).toBeHidden({ timeout: 60_000 })
    const cells = await lines.last().locator('td').allInnerTexts()
    // below each number stands its interval
    const [before = '', after = ''] = cells.slice(5, 7).map((cell) => cell.split('\n')[0]!)
    return { before, after }
  }

  /** Saves by the button of this name; the file's name and bytes. */
  async save(button: string): Promise<DroppedFile> {
    const [download] = await Promise.all([
      this.page.waitForEvent('download'),
      this.page.getByRole('button', { name: button, exact: true }).click(),
    ])
    return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) }
  }
}
