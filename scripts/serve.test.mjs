import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fileFor, serve } from './serve.mjs'

describe('fileFor', () => {
  it.each([
    ['/', '/site/index.html'],
    ['/a/', '/site/a/index.html'],
    ['/assets/x.js?v=1#top', '/site/assets/x.js'],
    ['/with%20space.txt', '/site/with space.txt'],
    ['/a/../b.txt', '/site/b.txt'],
  ])('maps %s into the folder', (url, file) => expect(fileFor('/site', url)).toBe(file))

  it.each([
    '/../secret',
    '/%2e%2e/secret',
    '/..%2f..%2fetc/passwd',
    '/a/../../site-two/x',
    '/..',
    '/%5c..%5csecret',
    '/a%00.txt',
    '/%zz',
    'http://elsewhere/',
    '*',
  ])('refuses %s', (url) => expect(fileFor('/site', url)).toBeUndefined())
})

describe('serve', () => {
  let folder
  let server
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bitloom-serve-'))
    mkdirSync(join(folder, 'site/assets'), { recursive: true })
    writeFileSync(join(folder, 'secret.txt'), 'secret')
    writeFileSync(join(folder, 'site/index.html'), '<!doctype html>')
    writeFileSync(join(folder, 'site/assets/app-1.js'), 'export {}')
    writeFileSync(join(folder, 'site/model.safetensors'), new Uint8Array(100_000))
    server = await serve(join(folder, 'site'), 0)
  })
  afterAll(() => {
    server.close()
    rmSync(folder, { recursive: true })
  })

  /** The path goes out as it is: fetch would tidy the dots away. */
  const ask = (path, method = 'GET') =>
    new Promise((done, fail) => {
      request({ host: '127.0.0.1', port: server.address().port, path, method }, (response) => {
        const parts = []
        response.on('data', (part) => parts.push(part))
        response.on('end', () =>
          done({ status: response.statusCode, headers: response.headers, body: Buffer.concat(parts) }),
        )
      })
        .on('error', fail)
        .end()
    })

  it('sends files with their type, length and caching', async () => {
    const page = await ask('/')
    expect(page.status).toBe(200)
    expect(page.body.toString()).toBe('<!doctype html>')
    expect(page.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' })
    const asset = await ask('/assets/app-1.js')
    expect(asset.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'max-age=31536000, immutable',
    })
    const model = await ask('/model.safetensors')
    expect(model.headers['content-type']).toBe('application/octet-stream')
    expect(model.body.length).toBe(100_000)
  })

  it('sends the security headers with every answer', async () => {
    for (const path of ['/', '/absent']) {
      const { headers } = await ask(path)
      expect(headers).toMatchObject({
        'content-security-policy': expect.stringContaining("default-src 'none'; script-src 'self';"),
        'cross-origin-opener-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
      })
    }
  })

  it('answers HEAD without a body and refuses other methods', async () => {
    const head = await ask('/model.safetensors', 'HEAD')
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '100000', 0])
    expect((await ask('/', 'POST')).status).toBe(405)
  })

  it('has nothing to say about folders, absent files and what lies outside', async () => {
    for (const path of ['/assets', '/assets/', '/absent', '/../secret.txt', '/%2e%2e/secret.txt', '/..%2fsecret.txt']) {
      expect((await ask(path)).status, path).toBe(404)
    }
  })

  it('rejects when the port is taken', async () => {
    await expect(serve(folder, server.address().port)).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})
