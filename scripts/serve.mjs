import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, resolve, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { contentSecurityPolicy } from './csp.mjs'

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.safetensors': 'application/octet-stream',
}

const headers = {
  'Content-Security-Policy': `${contentSecurityPolicy}; frame-ancestors 'none'`,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
}

/** The file inside `folder` that a request's URL names, or undefined when it names none or points outside. */
export function fileFor(folder, url) {
  const path = url.split(/[?#]/, 1)[0]
  let decoded
  try {
    decoded = decodeURIComponent(path)
  } catch {
    return undefined
  }
  if (!decoded.startsWith('/') || /[\0\\]/.test(decoded)) return undefined
  const file = resolve(folder, `.${decoded.endsWith('/') ? `${decoded}index.html` : decoded}`)
  return file.startsWith(resolve(folder) + sep) ? file : undefined
}

async function answer(folder, request, response) {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return response.writeHead(405, { ...headers, Allow: 'GET, HEAD' }).end()
  }
  const file = fileFor(folder, request.url)
  const found = file && (await stat(file).catch(() => undefined))
  if (!found?.isFile()) return response.writeHead(404, { ...headers, 'Content-Type': types['.txt'] }).end('Not found\n')
  response.writeHead(200, {
    ...headers,
    'Content-Type': types[extname(file)] ?? 'application/octet-stream',
    'Content-Length': found.size,
    // Built assets carry a hash of their content in their names; everything else may change with the next build.
    'Cache-Control': file.startsWith(join(folder, 'assets') + sep) ? 'max-age=31536000, immutable' : 'no-cache',
  })
  if (request.method === 'HEAD') return response.end()
  // A reader who leaves midway is no failure of ours.
  await pipeline(createReadStream(file), response).catch(() => {})
}

/** Serves a folder to this machine alone. Resolves to the listening server, rejects when the port is not to be had. */
export function serve(folder, port) {
  const server = createServer((request, response) => void answer(folder, request, response))
  return new Promise((done, fail) => {
    server.once('error', fail)
    server.listen(port, '127.0.0.1', () => done(server))
  })
}
