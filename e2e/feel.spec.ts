import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { serve } from '../scripts/serve.mjs'
import { expect, test } from './fixtures'
import { Studio } from './studio'

const DIST = resolve(import.meta.dirname, '../dist')

test.describe('a page that keeps itself', () => {
  test.use({ serviceWorkers: 'allow' })
  let folder: string
  let server: Server
  let address: string
  test.beforeEach(async () => {
    // the built page, whose service worker a test may change
    folder = mkdtempSync(join(tmpdir(), 'bitloom-page-'))
    for (const name of readdirSync(DIST).filter((one) => one !== 'sw.js'))
      symlinkSync(join(DIST, name), join(folder, name))
    cpSync(join(DIST, 'sw.js'), join(folder, 'sw.js'))
    server = await serve(folder, 0)
    address = `http://127.0.0.1:${(server.address() as { port: number }).port}/`
  })
  test.afterEach(() => {
    server.close()
    rmSync(folder, { recursive: true })
  })

  const visit = async (page: Page) => {
    await page.goto(address)
    const keep = page.getByRole('checkbox', { name: 'Keep the bundled models and texts' })
    await expect(keep).toBeVisible()
    return keep
  }

  test('opens without its server and quantizes a bundled model', async ({ page, context }) => {
    const studio = new Studio(page)
    const keep = await visit(page)
    await keep.check()
    await expect(keep).toBeEnabled()
    await expect(keep).toBeChecked()
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
    await context.setOffline(true)

    await page.reload()
    await page.getByRole('button', { name: 'Quantize Wren Nano now' }).click()
    await expect(studio.step('run').getByText('finished', { exact: true })).toBeVisible({ timeout: 60_000 })
    await expect(studio.step('look').getByRole('application', { name: /^Model map/ })).toBeVisible()
  })

  test('tells of an update and takes it when it is asked to', async ({ page }) => {
    await visit(page)
    cpSync(join(DIST, 'sw.js'), join(folder, 'sw.js'))
    writeFileSync(join(folder, 'sw.js'), '\n// another release', { flag: 'a' })
    await page.reload()
    const notice = page.getByText('A new version is ready')
    await expect(notice).toBeVisible()
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
    await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name: 'Reload' }).click()])
    await expect(page.getByRole('banner').getByText('software')).toBeVisible()
    await expect(notice).toBeHidden()
  })
})

test('the first view asks for nothing of the engine but its device', async ({ page }) => {
  const asked: string[] = []
  page.context().on('request', (request) => asked.push(new URL(request.url()).pathname))
  await new Studio(page).open()
  await expect(page.getByRole('button', { name: 'Quantize Wren Nano now' })).toBeEnabled()
  expect(asked.some((path) => /engine\.worker/.test(path))).toBe(true)
  expect(asked.filter((path) => /\/(engine|methods|pipeline|text|zod|svg|report)-/.test(path))).toEqual([])
})

/** A studio with a finished run, small enough for any device. */
async function finished(page: Page): Promise<Studio> {
  const studio = await Studio.finished(page, 'RTN', 4)
  await expect(studio.step('look').getByRole('application', { name: /^Model map/ })).toBeVisible()
  return studio
}

test('keys walk the studio, and the address follows there and back', async ({ page }) => {
  const studio = await finished(page)
  const title = studio.step('look').getByLabel('Selected module').getByRole('heading')
  await page.keyboard.press('5')
  await expect(page.locator('#title-look')).toBeFocused()
  await expect(page.getByRole('link', { name: '5 Look' })).toHaveAttribute('aria-current', 'step')
  const before = await title.innerText()
  await page.keyboard.press('l')
  await expect(title).not.toHaveText(before)
  const chosen = await title.innerText()
  await expect(page).toHaveURL(new RegExp(`#step-look\\?module=${chosen}`))
  await page.keyboard.press('Shift+L')
  await expect(title).toHaveText(chosen.replace('layers.0', 'layers.1'))
  await page.goBack()
  await expect(title).toHaveText(chosen)
  await page.goForward()
  await expect(title).toHaveText(chosen.replace('layers.0', 'layers.1'))

  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keyboard' })).toBeVisible()
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toBeHidden()
})

test('a link opens the same view once its model is open', async ({ page }) => {
  const module = 'model.layers.2.mlp.up_proj'
  const studio = new Studio(page)
  await studio.open()
  await page.goto(`/#step-look?module=${module}&measure=weight`)
  await page.reload()
  await studio.openBundled('Wren Nano')
  await studio.setRecipe('RTN', 4)
  await studio.quantize()
  await expect(studio.step('look').getByLabel('Selected module').getByRole('heading')).toHaveText(module)
  await expect(studio.step('look').getByLabel('Colour the model by').locator('option:checked')).toHaveText(
    'Weight error',
  )
})

test('what is pasted goes where it belongs', async ({ page }) => {
  const studio = new Studio(page)
  await studio.open()
  const paste = (text: string) =>
    page.evaluate((pasted) => {
      const clipboardData = new DataTransfer()
      clipboardData.setData('text/plain', pasted)
      document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
    }, text)
  await paste('org/wren')
  await expect(page.getByLabel('From the Hugging Face Hub')).toHaveValue('org/wren')
  await expect(page.getByLabel('From the Hugging Face Hub')).toBeFocused()
  await studio.openBundled('Wren Nano')
  await expect(studio.method()).toBeVisible()
  const recipe = await studio.save('Save recipe')
  await paste(JSON.stringify({ ...JSON.parse(recipe.bytes.toString()), method: 'rtn', options: { bits: 3 } }))
  await expect(studio.method().locator('option:checked')).toHaveText('RTN')
})

test('a deleted run can be brought back', async ({ page }) => {
  const studio = await finished(page)
  await page.reload()
  const kept = studio.step('open').getByRole('button', { name: /^Resume wren-nano/ })
  await page.getByRole('button', { name: /^Delete wren-nano/ }).click()
  await expect(kept).toBeHidden()
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect(kept).toBeVisible()
  await page.getByRole('button', { name: /^Delete wren-nano/ }).click()
  await page.getByRole('button', { name: 'Remove for good' }).click()
  await page.reload()
  await expect(page.getByRole('banner').getByText('software')).toBeVisible()
  await expect(kept).toBeHidden()
})

test('every width is used, and nothing is too small to read or to hit', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  const studio = await finished(page)
  await expect(studio.step('take').getByRole('button', { name: 'Save packed file' })).toBeEnabled()
  for (const width of [360, 768, 1280, 1920, 3840]) {
    await page.setViewportSize({ width, height: width === 360 ? 740 : 1080 })
    const wide = () => page.evaluate(() => document.documentElement.scrollWidth)
    await expect.poll(wide, `${width} px`).toBeLessThanOrEqual(width)
    await expect.poll(() => page.evaluate(tooSmall), `${width} px`).toEqual([])
  }
})

/** Texts below 12 px, and controls of less than 24 px with no room around them; links in a text may be as large as it is. */
function tooSmall(): string[] {
  const found = new Set<string>()
  for (const element of document.querySelectorAll<HTMLElement>('button, select, summary, input:not([type=radio])')) {
    const { width, height } = (element.closest('label') ?? element).getBoundingClientRect()
    if (width > 0 && Math.min(width, height) < 24 && !element.closest('.visually-hidden, td, th, dd, p'))
      found.add(`${element.tagName} ${element.textContent || element.getAttribute('aria-label')}: ${width}×${height}`)
  }
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    const parent = texts.currentNode.parentElement!
    const size = Number.parseFloat(getComputedStyle(parent).fontSize)
    if (size < 12 && texts.currentNode.textContent?.trim() && parent.getClientRects().length > 0)
      found.add(`${size} px: ${texts.currentNode.textContent.slice(0, 40)}`)
  }
  return [...found]
}
