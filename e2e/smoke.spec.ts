import { expect, test } from './fixtures'

test('a page has a WebGPU adapter', async ({ page }) => {
  await page.goto('/')
  expect(await page.evaluate(async () => (await navigator.gpu.requestAdapter()) !== null)).toBe(true)
})

test('a module worker has a WebGPU adapter and exclusive file handles', async ({ browser, baseURL }) => {
  // the page's own policy lets nothing but the engine be a worker
  const page = await browser.newPage({ bypassCSP: true, baseURL: baseURL! })
  const name = '/smoke-worker.js'
  const body = `
    const adapter = await navigator.gpu.requestAdapter()
    const folder = await navigator.storage.getDirectory()
    const handle = await (await folder.getFileHandle('smoke', { create: true })).createSyncAccessHandle()
    const written = handle.write(new Uint8Array(3))
    handle.close()
    postMessage({ adapter: adapter !== null, written })`
  await page.route(`**${name}`, (route) => route.fulfill({ contentType: 'text/javascript', body }))
  await page.goto('/')
  const answer = await page.evaluate(
    (url) =>
      new Promise((done, fail) => {
        const worker = new Worker(url, { type: 'module' })
        worker.onmessage = ({ data }) => done(data)
        worker.onerror = ({ message }) => fail(new Error(message || 'the worker did not load'))
      }),
    name,
  )
  expect(answer).toEqual({ adapter: true, written: 3 })
})

test('the server sends its security policy and hides what lies outside its folder', async ({ request }) => {
  const page = await request.get('/')
  expect(page.headers()).toMatchObject({
    'content-security-policy': expect.stringContaining("default-src 'none'"),
    'cross-origin-opener-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
  })
  expect((await request.get('/%2e%2e/package.json')).status()).toBe(404)
  expect((await request.get('/models/wren-3m/model.safetensors')).headers()).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-length': '7875280',
  })
})
