import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { folderSources } from '../src/formats/node-files'
import { openModel } from '../src/formats/open'
import { ggufFile, text } from '../test/gguf'
import { packQ8 } from '../test/gguf-blocks'
import { ggufOf } from '../test/gguf-model'
import { sha256, startHub, type TestHub } from '../test/hub-server'
import { looseProxy } from '../test/loose-proxy'
import { expect, test } from './fixtures'
import { Studio } from './studio'

const MODEL = resolve(import.meta.dirname, '../public/models/wren-nano')
const files = Object.fromEntries(
  readdirSync(MODEL).map((name) => [name, new Uint8Array(readFileSync(join(MODEL, name)))]),
)
const TOKEN = 'hf_reads_gated'

let hub: TestHub
let proxy: Awaited<ReturnType<typeof looseProxy>>
test.beforeEach(async ({ baseURL }) => {
  proxy = await looseProxy(baseURL!)
  hub = await startHub({
    'org/wren': { files: { ...files, 'pytorch_model.bin': new Uint8Array(9) }, token: TOKEN, gated: true },
  })
})
test.afterEach(async () => {
  await Promise.all([hub.close(), proxy.close()])
})

/** The page with a stand-in for the Hub, which the policy of the real one would not let it ask. */
async function openWith(page: Page): Promise<Studio> {
  await page.addInitScript(() => Object.defineProperty(window, 'showSaveFilePicker', { value: undefined }))
  await page.goto(`${proxy.url}?hub=${encodeURIComponent(hub.url)}`)
  await expect(page.getByRole('banner').getByText(/^(software|hardware)$/)).toBeVisible()
  return new Studio(page)
}

test('nothing but the page itself is asked before a button is pressed', async ({ page }) => {
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).host))
  const studio = new Studio(page)
  await studio.open()
  await expect(page.getByRole('button', { name: /^Try/ }).first()).toBeEnabled()
  expect([...new Set(asked)]).toEqual([new URL(page.url()).host])
})

test('a stand-in on another machine is never asked', async ({ page }) => {
  const asked: string[] = []
  page.on('request', (request) => asked.push(new URL(request.url()).origin))
  await page.route('https://huggingface.co/**', (route) => route.abort())
  await page.goto('/?hub=https%3A%2F%2Fhub.example.com')
  const open = page.locator('#step-open')
  await open.getByLabel('From the Hugging Face Hub').fill('org/wren')
  await open.getByRole('button', { name: 'Look up' }).click()
  await expect(open.getByRole('alert')).toContainText('expected an answer of huggingface.co, got none')
  expect([...new Set(asked)]).toEqual([new URL(page.url()).origin, 'https://huggingface.co'])
})

test('a gated model is looked up, paused, gone on with after a reload, opened, and uploaded again', async ({
  page,
}) => {
  test.setTimeout(180_000)
  let studio = await openWith(page)
  const open = studio.step('open')
  const lookUp = async () => {
    await open.getByLabel('From the Hugging Face Hub').fill('https://huggingface.co/org/wren')
    await open.getByRole('button', { name: 'Look up' }).click()
  }
  await lookUp()
  await expect(open.getByRole('alert')).toContainText('accept its licence at')

  const giveToken = async () => {
    await open.getByText('Token', { exact: true }).click()
    await open.getByLabel('Token, for gated or private models').fill(TOKEN)
  }
  await giveToken()
  await lookUp()
  const offer = open.getByRole('region', { name: 'org/wren on the Hub' })
  await expect(offer).toContainText('LlamaForCausalLM')
  await expect(offer).toContainText('of GPU memory to quantize')
  await expect(offer.getByRole('row', { name: 'pytorch_model.bin' })).toContainText('a pickle may run code')
  // headers by range, no weights
  expect(hub.seen.filter(({ at }) => at === 'cdn').map(({ range }) => range)).toEqual(['bytes=0-65535'])
  expect((await new AxeBuilder({ page }).include('#step-open').analyze()).violations).toEqual([])
  const pictures = process.env.SCREENSHOTS
  if (pictures) await studio.picture(pictures, 'hub-offer', 'open')

  hub.faults.set('org/wren/model.safetensors', { slow: 150 })
  await offer.getByRole('button', { name: /^Download/ }).click()
  const download = open.getByRole('region', { name: 'Download' })
  await expect(download).toContainText('model.safetensors')
  await expect(download).toContainText('/s')
  if (pictures) await studio.picture(pictures, 'hub-download', 'open')
  await download.getByRole('button', { name: 'Pause download' }).click()
  await expect(open.getByRole('button', { name: 'Resume org/wren' })).toBeVisible()
  await expect(open.getByRole('button', { name: 'Open org/wren' })).toBeHidden()

  studio = await openWith(page)
  await expect(open.getByRole('button', { name: 'Resume org/wren' })).toBeVisible()
  hub.seen.length = 0
  await giveToken()
  await open.getByRole('button', { name: 'Resume org/wren' }).click()
  await expect(studio.step('inspect').getByText('LlamaForCausalLM')).toBeVisible()
  expect(hub.seen.filter(({ at }) => at === 'cdn').map(({ range }) => range)).toContainEqual(
    expect.stringMatching(/^bytes=[1-9]\d*-$/),
  )
  expect(hub.seen.filter(({ at }) => at === 'cdn').map(({ authorization }) => authorization)).not.toContain(
    `Bearer ${TOKEN}`,
  )
  await expect(open.locator('.step-status')).toHaveText('wren')
  if (pictures) await studio.picture(pictures, 'hub-kept', 'open')

  // without a connection
  await hub.close()
  await page.reload()
  await open.getByRole('button', { name: 'Open org/wren' }).click()
  await expect(studio.step('inspect').getByText('LlamaForCausalLM')).toBeVisible()
  const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href]))
  expect(stored).not.toContain(TOKEN)

  hub = await startHub()
  studio = await openWith(page)
  await open.getByRole('button', { name: 'Open org/wren' }).click()
  await expect(studio.step('inspect').getByText('LlamaForCausalLM')).toBeVisible()
  await studio.setRecipe('RTN', 4)
  await studio.quantize()
  const take = studio.step('take')
  await take.getByText('Upload to the Hugging Face Hub').click()
  await take.getByLabel('Repository').fill('me/wren-4bit')
  await take.getByLabel('Token that may write').fill('hf_may_not')
  if (pictures) await studio.picture(pictures, 'hub-push', 'take')
  await take.getByRole('button', { name: 'Upload privately' }).click()
  await expect(take.getByRole('alert')).toContainText('make a token that may write to me/wren-4bit')
  await take.getByLabel('Token that may write').fill(hub.writeToken)
  await take.getByRole('button', { name: 'Upload privately' }).click()
  await expect(take.getByRole('link', { name: `${hub.url}/me/wren-4bit` })).toBeVisible()
  const { bytes } = await studio.save('Save packed file')
  const [arrived] = Object.values(hub.repos.get('me/wren-4bit')!.files)
  expect(sha256(arrived!)).toBe(sha256(bytes))
  expect((await new AxeBuilder({ page }).include('#step-take').analyze()).violations).toEqual([])

  await open.getByRole('button', { name: 'Clear all' }).click()
  await expect(open.getByRole('button', { name: 'Open org/wren' })).toBeHidden()
})

test('a GGUF is chosen among several by what its header says, and opened', async ({ page }) => {
  test.setTimeout(120_000)
  const written = await ggufOf(await openModel(await folderSources(MODEL)))
  const whole = ggufFile(written)
  const strange = written.metadata.filter(([key]) => key !== 'general.architecture')
  hub.repos.set('org/wren-GGUF', {
    files: {
      'wren-Q8_0.gguf': ggufFile({ ...written, tensors: written.tensors.map(packQ8) }),
      'wren-F16.gguf': whole,
      'wren-mamba-F32.gguf': ggufFile({
        ...written,
        metadata: [...strange, ['general.architecture', text('mamba')]],
      }),
      'README.md': new Uint8Array(900),
    },
  })
  const studio = await openWith(page)
  const open = studio.step('open')
  await open.getByLabel('From the Hugging Face Hub').fill('org/wren-GGUF')
  await open.getByRole('button', { name: 'Look up' }).click()
  const offer = open.getByRole('region', { name: 'org/wren-GGUF on the Hub' })
  await expect(offer).toContainText(/LlamaForCausalLM, .* parameters, context .*Q8_0, 8\.\d\d bits a weight/)
  await expect(offer).toContainText('of GPU memory to quantize')
  await expect(offer.getByRole('row', { name: 'wren-F16.gguf' })).toContainText('another choice')
  const choice = offer.getByLabel('What to fetch')
  expect((await choice.locator('option').allTextContents()).map((label) => label.split(' ')[0])).toEqual([
    'Q8_0',
    'F16',
    'F32',
  ])
  const pictures = process.env.SCREENSHOTS
  if (pictures) await studio.picture(pictures, 'hub-gguf', 'open')

  await choice.selectOption({ index: 2 })
  await expect(offer).toContainText('general.architecture: expected llama')
  if (pictures) await studio.picture(pictures, 'hub-gguf-refused', 'open')
  await choice.selectOption({ index: 1 })
  await expect(offer).toContainText(/F16, 16\.00 bits a weight/)
  expect((await new AxeBuilder({ page }).include('#step-open').analyze()).violations).toEqual([])
  await offer.getByRole('button', { name: /^Download/ }).click()
  await expect(studio.step('inspect').getByText('LlamaForCausalLM')).toBeVisible()
  await expect(open.locator('.step-status')).toHaveText('wren-F16')
})

test('a text of the Hub is downloaded when it is measured on', async ({ page }) => {
  hub.rows.set(
    'Salesforce/wikitext/wikitext-2-raw-v1/test',
    Array.from({ length: 220 }, (_, i) => ` the sea was ${i} \n`),
  )
  const studio = await openWith(page)
  await studio.openBundled('Wren Nano')
  const measure = studio.step('measure')
  await measure.getByLabel('Evaluation text').selectOption('hub:wikitext-2-test')
  await expect(measure).toContainText('Salesforce/wikitext on the Hugging Face Hub')
  expect(hub.seen).toEqual([])
  await studio.measure(64, 512)
  await expect(measure.locator('tbody tr').last()).toContainText('hub:wikitext-2-test')
  expect(hub.seen.map(({ path }) => new URL(path, hub.url).searchParams.get('offset'))).toEqual(['0', '100', '200'])
})
