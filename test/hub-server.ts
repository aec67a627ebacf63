import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One request as a server saw it. */
export interface Seen {
  readonly at: 'hub' | 'cdn'
  readonly method: string
  readonly path: string
  readonly authorization: string | null
  readonly range: string | null
}

/** What may go wrong with one path of a repository or of the API; each is used up `times` times, 1 where not said. */
export interface Fault {
  /** Ends the connection after so many bytes of the body. */
  readonly cutAfter?: number
  readonly ignoresRange?: boolean
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Sent in place of the right body. */
  readonly body?: string | Uint8Array
  /** Milliseconds between two pieces. */
  readonly slow?: number
  times?: number
  /** Requests that go well before. */
  skip?: number
}

export interface TestRepo {
  readonly files: Record<string, Uint8Array>
  commit?: string
  /** Reads need this token; `gated` says that it is for a licence. */
  token?: string
  gated?: boolean
  private?: boolean
}

export interface TestHub {
  readonly url: string
  readonly cdn: string
  readonly repos: Map<string, TestRepo>
  /** By path of a file, or by path of the API. */
  readonly faults: Map<string, Fault>
  readonly seen: Seen[]
  /** Rows of data sets, by `dataset/config/split`. */
  readonly rows: Map<string, string[]>
  /** May write. */
  readonly writeToken: string
  /** Bytes a part of an upload; whole files where 0. */
  partBytes: number
  close(): Promise<void>
}

const sha = (algorithm: string, ...parts: (string | Uint8Array)[]) => {
  const hash = createHash(algorithm)
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}
export const sha256 = (bytes: Uint8Array) => sha('sha256', bytes)
const blobOid = (bytes: Uint8Array) => sha('sha1', `blob ${bytes.length}\0`, bytes)
const inLfs = (path: string) => /\.(safetensors|gguf|bin)$/.test(path)

const EXPOSED =
  'ETag, Link, Content-Range, Accept-Ranges, X-Error-Code, X-Repo-Commit, X-Linked-Size, X-Linked-ETag, Retry-After'

/** A server that speaks the Hub's API on one port of this machine, and its CDN on another, where large files are. */
export async function startHub(repos: Record<string, TestRepo> = {}): Promise<TestHub> {
  const seen: Seen[] = []
  const objects = new Map<string, Uint8Array>()
  const parts = new Map<string, Uint8Array[]>()

  const take = (key: string): Fault | undefined => {
    const fault = hub.faults.get(key)
    if (!fault) return undefined
    if (fault.skip) {
      fault.skip--
      return undefined
    }
    const left = (fault.times ?? 1) - 1
    if (left <= 0) hub.faults.delete(key)
    else fault.times = left
    return fault
  }
  const note = (at: Seen['at'], request: IncomingMessage) => {
    const { authorization = null, range = null } = request.headers
    seen.push({ at, method: request.method!, path: request.url!, authorization, range })
  }

  const onHub = async (request: IncomingMessage, response: ServerResponse) => {
    response.setHeader('Access-Control-Allow-Origin', request.headers.origin ?? '*')
    response.setHeader('Access-Control-Expose-Headers', EXPOSED)
    if (request.method === 'OPTIONS')
      return response
        .writeHead(204, {
          'Access-Control-Allow-Headers': 'authorization, content-type, accept',
          'Access-Control-Allow-Methods': 'GET, HEAD, POST, PUT',
        })
        .end()
    note('hub', request)
    const url = new URL(request.url!, hub.url)
    const path = decodeURIComponent(url.pathname)
    const fault = take(path)
    if (fault?.status) return refuse(response, fault.status, fault.headers, fault.body)
    if (fault?.body !== undefined) return json(response, fault.body)
    if (path === '/rows') return rows(url, response)
    if (request.method === 'POST') return write(request, response, path)
    const [, id, revision] = /^\/api\/models\/(.+)\/(?:revision|tree)\/([^/]+)$/.exec(path) ?? []
    if (id) return api(request, response, url, id, revision!)
    const [, name, , file] = /^\/(.+?\/.+?)\/resolve\/([^/]+)\/(.+)$/.exec(path) ?? []
    if (name && file) return resolve(request, response, name, file)
    return refuse(response, 404, { 'X-Error-Code': 'RepoNotFound' })
  }

  const allowed = (request: IncomingMessage, response: ServerResponse, name: string): TestRepo | null => {
    const repo = hub.repos.get(name)
    // as the Hub does: nobody learns without a token whether a name exists
    if (!repo) return refuse(response, request.headers.authorization ? 404 : 401, { 'X-Error-Code': 'RepoNotFound' })
    if (!repo.token || request.headers.authorization === `Bearer ${repo.token}`) return repo
    return repo.gated
      ? refuse(response, request.headers.authorization ? 403 : 401, { 'X-Error-Code': 'GatedRepo' })
      : refuse(response, 401, { 'X-Error-Code': 'RepoNotFound' })
  }

  const api = (request: IncomingMessage, response: ServerResponse, url: URL, name: string, revision: string) => {
    const repo = allowed(request, response, name)
    if (!repo) return
    const commit = repo.commit ?? 'a'.repeat(40)
    if (!['main', 'v1', 'refs/pr/1', commit].includes(revision))
      return refuse(response, 404, { 'X-Error-Code': 'RevisionNotFound' })
    if (url.pathname.includes('/revision/')) return json(response, { id: name, sha: commit, siblings: [] })
    const paths = Object.keys(repo.files)
    const from = Number(url.searchParams.get('cursor') ?? 0)
    const page = paths.slice(from, from + 1000).map((path) => {
      const bytes = repo.files[path]!
      const file = { type: 'file', path, size: bytes.length, oid: blobOid(bytes) }
      return inLfs(path) ? { ...file, lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 135 } } : file
    })
    if (from + 1000 < paths.length) {
      url.searchParams.set('cursor', String(from + 1000))
      response.setHeader('Link', `<${url.href}>; rel="next"`)
    }
    return json(response, page)
  }

  const resolve = (request: IncomingMessage, response: ServerResponse, name: string, path: string) => {
    const repo = allowed(request, response, name)
    if (!repo) return
    const bytes = repo.files[path]
    if (!bytes) return refuse(response, 404, { 'X-Error-Code': 'EntryNotFound' })
    if (!inLfs(path)) return send(request, response, bytes, blobOid(bytes), take(`${name}/${path}`))
    const location = `${hub.cdn}/${encodeURIComponent(name)}/${encodeURIComponent(path)}?Signature=secret-signature`
    response
      .writeHead(302, { Location: location, 'X-Linked-ETag': `"${sha256(bytes)}"`, 'X-Linked-Size': bytes.length })
      .end()
  }

  const onCdn = async (request: IncomingMessage, response: ServerResponse) => {
    response.setHeader('Access-Control-Allow-Origin', '*')
    response.setHeader('Access-Control-Expose-Headers', EXPOSED)
    // only what needs nobody's leave: other headers would fail here
    if (request.method === 'OPTIONS')
      return response.writeHead(204, { 'Access-Control-Allow-Methods': 'GET, PUT' }).end()
    note('cdn', request)
    const { pathname } = new URL(request.url!, hub.cdn)
    const [, first = '', second = ''] = pathname.split('/').map(decodeURIComponent)
    if (request.method === 'PUT') {
      const body = await bodyOf(request)
      if (first === 'parts') {
        const [oid, number] = second.split('-') as [string, string]
        parts.set(oid, Object.assign(parts.get(oid) ?? [], { [Number(number) - 1]: body }))
      } else objects.set(second, body)
      return response.writeHead(200, { ETag: `"${blobOid(body)}"` }).end()
    }
    const bytes = hub.repos.get(first)?.files[second]
    if (!bytes) return refuse(response, 404)
    send(request, response, bytes, sha256(bytes), take(`${first}/${second}`))
  }

  const rows = (url: URL, response: ServerResponse) => {
    const get = (name: string) => url.searchParams.get(name) ?? ''
    const all = hub.rows.get(`${get('dataset')}/${get('config')}/${get('split')}`)
    if (!all) return refuse(response, 404)
    const from = Number(get('offset'))
    const page = all.slice(from, from + Math.min(100, Number(get('length'))))
    return json(response, {
      ...{ features: [], num_rows_total: all.length, num_rows_per_page: 100, partial: false },
      rows: page.map((text, i) => ({ row_idx: from + i, row: { text }, truncated_cells: [] })),
    })
  }

  const write = async (request: IncomingMessage, response: ServerResponse, path: string) => {
    if (request.headers.authorization !== `Bearer ${hub.writeToken}`)
      return refuse(response, request.headers.authorization ? 403 : 401)
    const body = (await bodyOf(request)).toString()
    if (path === '/api/repos/create') {
      const { name, organization, visibility } = JSON.parse(body)
      const id = `${organization}/${name}`
      if (hub.repos.has(id))
        return refuse(response, 409, {}, JSON.stringify({ error: 'You already created this model repo' }))
      hub.repos.set(id, { files: {}, private: visibility === 'private' })
      return json(response, { url: `${hub.url}/${id}`, id })
    }
    const [, name, action] =
      /^\/(?:api\/models\/)?(.+?\/[^/]+?)(?:\/(preupload|commit)\/main|\.git\/info\/lfs\/objects\/batch)$/.exec(path) ??
      []
    if (path.startsWith('/complete/')) {
      const oid = path.slice('/complete/'.length)
      objects.set(oid, Buffer.concat(parts.get(oid)!))
      return json(response, {})
    }
    const repo = name && hub.repos.get(name)
    if (!repo) return refuse(response, 404, { 'X-Error-Code': 'RepoNotFound' })
    if (action === 'preupload')
      return json(response, {
        files: JSON.parse(body).files.map(({ path: file }: { path: string }) => ({
          path: file,
          uploadMode: inLfs(file) ? 'lfs' : 'regular',
          shouldIgnore: false,
        })),
      })
    if (action === 'commit') {
      for (const line of body.split('\n')) {
        const { key, value } = JSON.parse(line)
        if (key === 'file') repo.files[value.path] = Buffer.from(value.content, 'base64')
        if (key !== 'lfsFile') continue
        const object = objects.get(value.oid)
        if (!object || sha256(object) !== value.oid) return refuse(response, 400)
        repo.files[value.path] = object
      }
      return json(response, {
        success: true,
        commitOid: 'c'.repeat(40),
        commitUrl: `${hub.url}/${name}/commit/${'c'.repeat(40)}`,
        hookOutput: '',
      })
    }
    return json(response, { transfer: 'basic', objects: JSON.parse(body).objects.map(uploadOf) })
  }

  const uploadOf = ({ oid, size }: { oid: string; size: number }) => {
    if (objects.has(oid)) return { oid, size }
    if (hub.partBytes === 0)
      return { oid, size, actions: { upload: { href: `${hub.cdn}/objects/${oid}?sig=secret-signature`, header: {} } } }
    const header: Record<string, string> = { chunk_size: String(hub.partBytes) }
    for (let i = 1; i <= Math.ceil(size / hub.partBytes); i++)
      header[String(i).padStart(5, '0')] = `${hub.cdn}/parts/${oid}-${i}?sig=secret-signature`
    return { oid, size, actions: { upload: { href: `${hub.url}/complete/${oid}`, header } } }
  }

  const servers = [onHub, onCdn].map((handler) =>
    createServer((request, response) => void handler(request, response).catch((error) => response.destroy(error))),
  )
  const urls = await Promise.all(
    servers.map(async (server) => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    }),
  )
  const hub: TestHub = {
    ...{ url: urls[0]!, cdn: urls[1]!, repos: new Map(Object.entries(repos)) },
    ...{ faults: new Map(), seen, rows: new Map(), writeToken: 'hf_writer', partBytes: 0 },
    async close() {
      for (const server of servers) {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
    },
  }
  return hub
}

/** A file or the range of it that was asked for. */
function send(
  request: IncomingMessage,
  response: ServerResponse,
  right: Uint8Array,
  etag: string,
  fault?: Fault,
): void {
  if (fault?.status) return void refuse(response, fault.status, fault.headers)
  const bytes = fault?.body !== undefined ? Buffer.from(fault.body) : right
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
  const ranged = from !== undefined && !fault?.ignoresRange
  const start = ranged ? Number(from) : 0
  const end = ranged && to ? Math.min(Number(to) + 1, bytes.length) : bytes.length
  response.writeHead(ranged ? 206 : 200, {
    ...{ ETag: `"${etag}"`, 'Content-Length': end - start, 'Accept-Ranges': 'bytes' },
    ...(ranged ? { 'Content-Range': `bytes ${start}-${end - 1}/${bytes.length}` } : {}),
    ...fault?.headers,
  })
  if (fault?.slow !== undefined) return void trickle(response, bytes.subarray(start, end), fault.slow)
  if (fault?.cutAfter === undefined) return void response.end(bytes.subarray(start, end))
  response.write(bytes.subarray(start, Math.min(end, start + fault.cutAfter)), () =>
    setTimeout(() => response.destroy(), 20),
  )
}

async function trickle(response: ServerResponse, bytes: Uint8Array, ms: number): Promise<void> {
  for (let at = 0; at < bytes.length && !response.destroyed; at += 65536) {
    response.write(bytes.subarray(at, at + 65536))
    await new Promise((resolve) => setTimeout(resolve, ms))
  }
  response.end()
}

function json(response: ServerResponse, value: unknown): void {
  const text = typeof value === 'string' || value instanceof Uint8Array ? value : JSON.stringify(value)
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(text)
}

function refuse(
  response: ServerResponse,
  status: number,
  headers: Fault['headers'] = {},
  body: Fault['body'] = '{"error":"no"}',
): null {
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(body)
  return null
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
