import type { Kept, Release } from './release'

const SHELL = 'bitloom-shell-'
const DATA = 'bitloom-data'
/** An entry that says: all bundled models and texts are to be kept, those of later releases too. */
const ALL = 'keep-all'

interface Surroundings {
  readonly caches: CacheStorage
  /** The page's folder. */
  readonly scope: string
  fetch(address: string, init?: RequestInit): Promise<Response>
}

/**
 * What the service worker keeps of a release, and answers from it: the studio itself from the first visit on; bundled models and
 * texts once they were fetched, or all when the person asks for them.
 */
export class Keeper {
  readonly #shell: ReadonlySet<string>

  constructor(
    private readonly release: Release,
    private readonly around: Surroundings,
  ) {
    this.#shell = new Set(release.shell)
  }

  async install(): Promise<void> {
    const shell = await this.around.caches.open(SHELL + this.release.version)
    for (const path of this.release.shell) {
      if (await shell.match(this.#address(path))) continue
      // scripts have a hash in their names; what has none may be an old one in the browser's own cache
      await shell.put(this.#address(path), await this.#fetch(path, path.startsWith('assets/') ? 'default' : 'no-cache'))
    }
    const data = await this.around.caches.open(DATA)
    if (await data.match(this.#address(ALL))) await this.keep().catch(() => {}) // else it is fetched when it is asked for
  }

  /** Forgets what no tab can need: shells before the last one, and data that has changed. */
  async activate(): Promise<void> {
    const { caches } = this.around
    const shells = (await caches.keys()).filter(
      (name) => name.startsWith(SHELL) && name !== SHELL + this.release.version,
    )
    for (const name of shells.slice(0, -1)) await caches.delete(name)
    const data = await caches.open(DATA)
    const known = new Set([...Object.keys(this.release.data).map((path) => this.#dataKey(path)), this.#address(ALL)])
    for (const { url } of await data.keys()) if (!known.has(url)) await data.delete(url)
  }

  /** The answer to a request of the page's; null where it is the network's. */
  answer({ url, method, mode }: Pick<Request, 'url' | 'method' | 'mode'>): Promise<Response> | null {
    const path = this.#path(url)
    if (path === null || method !== 'GET') return null
    if (mode === 'navigate') return path === '' || path === 'index.html' ? this.#fromShell('index.html') : null
    if (this.#shell.has(path) || path.startsWith('assets/')) return this.#fromShell(path)
    return Object.hasOwn(this.release.data, path) ? this.#fromData(path) : null
  }

  async kept(): Promise<Kept> {
    const data = await this.around.caches.open(DATA)
    const here = new Set((await data.keys()).map(({ url }) => url))
    const files = Object.entries(this.release.data)
    const sum = (all: typeof files) => all.reduce((bytes, [, file]) => bytes + file.bytes, 0)
    return { bytes: sum(files.filter(([path]) => here.has(this.#dataKey(path)))), total: sum(files) }
  }

  /** Keeps all bundled models and texts. */
  async keep(onProgress: (kept: Kept) => void = () => {}): Promise<Kept> {
    for (const path of Object.keys(this.release.data)) {
      await this.#fromData(path)
      onProgress(await this.kept())
    }
    const data = await this.around.caches.open(DATA)
    await data.put(this.#address(ALL), new Response())
    return this.kept()
  }

  async drop(): Promise<Kept> {
    await this.around.caches.delete(DATA)
    return this.kept()
  }

  async #fromShell(path: string): Promise<Response> {
    const { caches } = this.around
    const shell = await caches.open(SHELL + this.release.version)
    const found = await shell.match(this.#address(path))
    // a tab that is still open may be of the release before
    return found ?? (await caches.match(this.#address(path))) ?? this.#fetch(path)
  }

  async #fromData(path: string): Promise<Response> {
    const data = await this.around.caches.open(DATA)
    const found = await data.match(this.#dataKey(path))
    if (found) return found
    const response = await this.#fetch(path, 'no-cache')
    // a full disk is no reason not to answer
    await data.put(this.#dataKey(path), response.clone()).catch(() => {})
    return response
  }

  async #fetch(path: string, cache: RequestCache = 'default'): Promise<Response> {
    const response = await this.around.fetch(this.#address(path), { cache })
    if (!response.ok) throw new Error(`${path}: expected a file of this page, got status ${response.status}`)
    return response
  }

  #address(path: string): string {
    return new URL(path, this.around.scope).href
  }

  #dataKey(path: string): string {
    return `${this.#address(path)}?v=${this.release.data[path]!.hash}`
  }

  #path(url: string): string | null {
    const { origin, pathname } = new URL(url)
    const scope = new URL(this.around.scope)
    if (origin !== scope.origin || !pathname.startsWith(scope.pathname)) return null
    return pathname.slice(scope.pathname.length)
  }
}
