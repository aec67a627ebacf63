import type { Server } from 'node:http'
import { resolve } from 'node:path'
import type { Page } from '@playwright/test'
import { serve } from '../scripts/serve.mjs'
import { chromium, expect, test } from './fixtures'
import { modelFiles, Studio } from './studio'

// what an installed page of a browser is: it has its service worker
test.use({ serviceWorkers: 'allow' })

/** Of the service worker, once it answers for the page. */
const controlled = (page: Page) =>
  expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller?.state)).toBe('activated')

test('the browser finds nothing against installing the page, with icons and the files it opens', async ({
  playwright,
  baseURL,
}) => {
  // from a private window, which is what a test has, no page is installed
  await using browser = await playwright.chromium.launchPersistentContext('', { ...chromium, baseURL: baseURL! })
  const page = await browser.newPage()
  await new Studio(page).open()
  await controlled(page)
  const session = await page.context().newCDPSession(page)
  expect((await session.send('Page.getInstallabilityErrors')).installabilityErrors).toEqual([])
  const { errors, data } = await session.send('Page.getAppManifest')
  expect(errors).toEqual([])
  const manifest = JSON.parse(data!)
  expect(manifest.file_handlers).toEqual([
    { action: './', accept: { 'application/octet-stream': ['.safetensors', '.gguf'] } },
  ])
  for (const { src, sizes, type } of manifest.icons) {
    const { size, media } = await page.evaluate(async (address) => {
      const blob = await (await fetch(address)).blob()
      const image = await createImageBitmap(blob).catch(() => null)
      return { size: image && `${image.width}x${image.height}`, media: blob.type }
    }, src)
    expect(media, src).toContain(type)
    if (sizes !== 'any') expect(size, src).toBe(sizes)
  }
})

test('a file that the system opens with the page is opened', async ({ page }) => {
  await page.addInitScript(() => {
    type Take = (launch: { files: { getFile(): Promise<File> }[] }) => void
    const queue = { setConsumer: (take: Take) => Object.assign(window, { launch: take }) }
    Object.defineProperty(window, 'launchQueue', { value: queue })
  })
  const studio = new Studio(page)
  await studio.open()
  const launch = (names: readonly string[], base64: readonly string[]) =>
    page.evaluate(
      ([names, base64]) => {
        const files = names.map((name, i) => ({
          getFile: async () => new File([Uint8Array.from(atob(base64[i]!), (char) => char.charCodeAt(0))], name),
        }))
        ;(window as unknown as { launch(launch: { files: typeof files }): void }).launch({ files })
      },
      [names, base64] as const,
    )
  const [weights] = modelFiles('model.safetensors')
  await launch([weights!.name], [weights!.bytes.toString('base64')])
  const open = studio.step('open')
  await expect(open.getByText('config.json', { exact: true })).toBeVisible()
  const rest = modelFiles('config.json', 'tokenizer.json', 'tokenizer_config.json')
  await launch(
    rest.map(({ name }) => name),
    rest.map(({ bytes }) => bytes.toString('base64')),
  )
  await expect(studio.step('inspect').getByText('LlamaForCausalLM')).toBeVisible()
})

test.describe('without its server', () => {
  let server: Server
  test.beforeEach(async () => {
    server = await serve(resolve(import.meta.dirname, '../dist'), 0)
  })
  test.afterEach(() => void server.close())

  test('the page opens after one visit, and runs a model of one’s own', async ({ page, context }) => {
    await page.goto(`http://127.0.0.1:${(server.address() as { port: number }).port}/`)
    await controlled(page)
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
    await context.setOffline(true)
    await page.reload()
    const studio = new Studio(page)
    await expect(page.getByRole('banner').getByText('software')).toBeVisible()
    await studio.drop(modelFiles())
    await expect(studio.step('inspect').getByText('LlamaForCausalLM')).toBeVisible()
    await studio.setRecipe('RTN', 4)
    await studio.quantize()
    await expect(studio.step('look').getByRole('application', { name: /^Model map/ })).toBeVisible()
  })
})

test('the end of a long run is told by the system, to somebody who was asked once and looks elsewhere', async ({
  page,
  context,
}) => {
  await context.grantPermissions(['notifications'])
  await page.clock.install()
  await page.addInitScript(() => {
    const asked: boolean[] = []
    const ask = Notification.requestPermission.bind(Notification)
    Notification.requestPermission = () => {
      asked.push(navigator.userActivation.isActive)
      return ask()
    }
    Object.assign(window, { asked })
  })
  const asked = () => page.evaluate(() => (window as unknown as { asked: boolean[] }).asked)
  const shown = () =>
    page.evaluate(async () => {
      const notices = await (await navigator.serviceWorker.ready).getNotifications()
      return notices.map(({ title, body }) => `${title}: ${body}`)
    })
  const studio = new Studio(page)
  const run = studio.step('run')
  await studio.open()
  await controlled(page)
  await studio.openBundled('Wren Nano')
  await studio.setRecipe('GPTQ', 4)
  await studio.step('recipe').getByLabel('Samples').fill('32')
  await page.getByRole('button', { name: 'Quantize', exact: true }).click()
  const offer = run.getByRole('checkbox', { name: 'Tell me when long work is done' })
  await offer.check()
  expect(await asked()).toEqual([true])
  await page.evaluate(() => Object.defineProperty(document, 'hidden', { get: () => true }))
  await page.clock.fastForward('00:20')
  expect(await shown()).toEqual([])
  await expect(run.getByText('finished', { exact: true })).toBeVisible({ timeout: 60_000 })
  await expect.poll(shown).toEqual(['The run is done: wren-nano, GPTQ 4-bit g128'])

  // another run asks no more, and replaces what the first one told
  await page.getByRole('button', { name: 'Quantize', exact: true }).click()
  await expect(run.getByText('running', { exact: true })).toBeVisible()
  await expect(offer).toBeHidden()
  expect(await asked()).toEqual([true])
})
