import { test as plain, expect as plainExpect } from '@playwright/test'
import { contentSecurityPolicy } from '../scripts/csp.mjs'
import { expect, test } from './fixtures'
import { type DroppedFile, modelFiles, Studio } from './studio'
import { zipEntries } from './zip'

const MARKUP = '<img src=x onerror=window.hacked=1>'

/** Nothing that a file said has become a part of the page or run. */
const inert = async ({ page }: Studio) => {
  expect(await page.evaluate(() => (window as { hacked?: number }).hacked)).toBeUndefined()
  await expect(page.locator('img:not([src="./favicon.svg"]), script:not([src]), iframe, object')).toHaveCount(0)
}

test('at its start the page asks its own server alone', async ({ page, baseURL }) => {
  const strangers: string[] = []
  page.context().on('request', (request) => {
    if (!request.url().startsWith(baseURL!) && !request.url().startsWith('blob:')) strangers.push(request.url())
  })
  const studio = new Studio(page)
  await studio.open()
  await studio.openBundled('Wren Nano')
  expect(strangers).toEqual([])
})

test('page and worker get the whole policy from the server, the page also without it', async ({ page, request }) => {
  const asked = new Map<string, string>()
  page.context().on('response', (response) => {
    if (/\.js$|\/$/.test(response.url()))
      asked.set(response.url(), response.headers()['content-security-policy'] ?? 'none')
  })
  await new Studio(page).open()
  expect([...asked.keys()].some((url) => url.includes('engine.worker'))).toBe(true)
  expect(new Set(asked.values())).toEqual(new Set([`${contentSecurityPolicy}; frame-ancestors 'none'`]))
  const html = await (await request.get('/')).text()
  expect(html.replaceAll('&#39;', "'")).toContain(
    `http-equiv="Content-Security-Policy" content="${contentSecurityPolicy}"`,
  )
  expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|\son\w+=|<style|javascript:/i)
})

// these violate the policy on purpose
plain('the policy holds: no strangers, no markup, scripts or evaluation of texts', async ({ page }) => {
  await new Studio(page).open()
  const attempts = await page.evaluate(async () => {
    const outcome = async (work: () => unknown) => {
      try {
        await work()
        return 'done'
      } catch (error) {
        return (error as Error).name
      }
    }
    const element = document.createElement('div')
    return {
      fetch: await outcome(() => fetch('https://example.com/')),
      markup: await outcome(() => (element.innerHTML = '<b>x</b>')),
      script: await outcome(() => (document.createElement('script').text = 'window.hacked = 1')),
      worker: await outcome(() => new Worker('/stranger.js')),
      policy: await outcome(() =>
        (
          window as unknown as { trustedTypes: { createPolicy(name: string, rules: object): void } }
        ).trustedTypes.createPolicy('other', {}),
      ),
      // not at once: what a debugger evaluates may
      evaluation: await new Promise((done) =>
        setTimeout(async () => done(await outcome(() => new Function('return 1')()))),
      ),
    }
  })
  plainExpect(attempts).toEqual({
    ...{ fetch: 'TypeError', markup: 'TypeError', script: 'TypeError', worker: 'TypeError', policy: 'TypeError' },
    evaluation: 'EvalError',
  })
  const [worker] = page.workers()
  const fromWorker = await worker!.evaluate(() =>
    fetch('https://example.com/').then(
      () => 'done',
      (error: Error) => error.name,
    ),
  )
  plainExpect(fromWorker).toBe('TypeError')
})

/** The test model with its safetensors header rewritten. */
const withTensors = (added: Record<string, object>) =>
  modelFiles().map((file) => {
    if (file.name !== 'model.safetensors') return file
    const length = Number(file.bytes.readBigUInt64LE(0))
    const text = Buffer.from(JSON.stringify({ ...JSON.parse(file.bytes.toString('utf8', 8, 8 + length)), ...added }))
    const size = Buffer.alloc(8)
    size.writeBigUInt64LE(BigInt(text.length))
    return { ...file, bytes: Buffer.concat([size, text, file.bytes.subarray(8 + length)]) }
  })

test('names of tensors and files are text, and do not leave a zip', async ({ page }) => {
  const studio = new Studio(page)
  await studio.open()
  const names = [MARKUP, '../../../etc/passwd', '\u001b[31m\u202egnp', 'x'.repeat(1000)]
  await studio.drop(
    withTensors(Object.fromEntries(names.map((name) => [name, { dtype: 'F32', shape: [0], data_offsets: [0, 0] }]))),
  )
  await expect(studio.step('inspect').getByText('LlamaForCausalLM')).toBeVisible()
  await inert(studio)
  await studio.step('inspect').getByLabel('Find tensors').fill('gnp')
  await expect(studio.step('inspect').locator('tbody td').first()).toHaveText('\\u001b[31m\\u202egnp')
  await studio.step('inspect').getByLabel('Find tensors').fill('')

  await studio.setRecipe('RTN', 4)
  await studio.quantize()
  const packed = await studio.save('Save packed file')
  await studio.drop([{ name: `..\\..\\${MARKUP}\u202e.safetensors`, bytes: packed.bytes }])
  await expect(studio.step('inspect').getByText(MARKUP).first()).toBeVisible()
  await inert(studio)
  const zip = await studio.save('Save fp16 folder')
  expect(zip.name).toBe('img-src-x-onerror-window.hacked-1-fp16.zip')
  const entries = zipEntries(zip.bytes).map(({ name }) => name)
  expect(entries).toContain('img-src-x-onerror-window.hacked-1-fp16/config.json')
  for (const name of entries) expect(name).toMatch(/^img-src-x-onerror-window\.hacked-1-fp16\/[\w.]+$/)
  await inert(studio)
})

test('a header that lies about a name of a million characters is refused in a line', async ({ page }) => {
  const studio = new Studio(page)
  await studio.open()
  await studio.drop(
    withTensors({ [`${MARKUP}${'x'.repeat(1e6)}`]: { dtype: 'F32', shape: [0], data_offsets: [0, 0] } }),
  )
  const failure = studio.step('open').locator('.failure')
  await expect(failure).toBeVisible()
  expect((await failure.innerText()).length).toBeLessThan(2500)
  await inert(studio)
})

test('a tokenizer that would search for ever is stopped, and the page goes on', async ({ page }) => {
  const studio = new Studio(page)
  await studio.open()
  const evil = modelFiles().map((file): DroppedFile => {
    if (file.name !== 'tokenizer.json') return file
    const tokenizer = JSON.parse(file.bytes.toString())
    tokenizer.pre_tokenizer = { type: 'Split', pattern: { Regex: '(a+)+b' }, behavior: 'Isolated', invert: false }
    return { ...file, bytes: Buffer.from(JSON.stringify(tokenizer)) }
  })
  await studio.drop(evil)
  await expect(studio.step('inspect').getByText('LlamaForCausalLM')).toBeVisible()
  await studio.setRecipe('GPTQ', 4)
  const text = { name: `${MARKUP}.txt`, mimeType: 'text/plain', buffer: Buffer.from(`${'a'.repeat(50_000)}!`) }
  await studio.step('recipe').getByLabel('Calibrate on your own text file').setInputFiles(text)
  await expect(studio.step('recipe').getByLabel('Calibration text')).toHaveValue(text.name)
  await studio.page.getByRole('button', { name: 'Quantize', exact: true }).click()
  const failure = studio.step('run').locator('.failure')
  await expect(failure).toContainText('bounded time', { timeout: 60_000 })
  await expect(failure).toHaveAttribute('data-family', 'FormatError')
  await inert(studio)
  await studio.setRecipe('RTN', 4)
  await studio.quantize()
})
