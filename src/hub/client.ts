import { CancelledError, NetworkError } from '../errors'
import { type Hash, Sha256 } from '../sha256'
import { type Endpoint, publicHub } from './endpoint'

export interface HubOptions {
  readonly endpoint?: Endpoint
  /** Goes to the Hub's own host only, never into a message. */
  readonly token?: string | null
  readonly signal?: AbortSignal | undefined
  /** Milliseconds before a connection that was lost, or a busy server, is tried again, one attempt each. */
  readonly retries?: readonly number[]
  /** Milliseconds without a byte after which a connection counts as lost. */
  readonly patience?: number
  /** A faster one, where the platform has it. */
  readonly hash?: () => Hash
}

/** What one request is about, for its errors: `org/name`, and whether it writes. */
interface Subject {
  readonly repo: string
  readonly writes?: boolean
}

/** A limit that lasts longer is the person's to know of. */
const LONGEST_WAIT_MS = 60_000

/** The Hub's HTTP, with errors that say what to do. */
export class HubClient {
  readonly endpoint: Endpoint
  readonly signal: AbortSignal | undefined
  readonly retries: readonly number[]
  readonly hash: () => Hash
  readonly #token: string | null
  readonly #patience: number

  constructor({ endpoint = publicHub, token = null, signal, ...options }: HubOptions = {}) {
    this.endpoint = endpoint
    this.signal = signal
    this.retries = options.retries ?? [1000, 4000, 10_000]
    this.hash = options.hash ?? (() => new Sha256())
    this.#patience = options.patience ?? 30_000
    this.#token = token?.trim() || null
  }

  /** An answer of status 2xx; anything else is a NetworkError. Of a redirect to another host, `fetch` itself takes the token away. */
  async request(url: string, subject: Subject, init: RequestInit = {}): Promise<Response> {
    const own = new URL(url).origin === new URL(this.endpoint.hub).origin
    const headers = new Headers(init.headers)
    if (own && this.#token) headers.set('Authorization', `Bearer ${this.#token}`)
    const asked = { credentials: 'omit', referrerPolicy: 'no-referrer', cache: 'no-store', ...init, headers } as const
    for (let attempt = 0; ; attempt++) {
      const response = await fetch(url, { ...asked, signal: this.signal ?? null }).catch((cause) => {
        throw this.lost(subject.repo, cause)
      })
      if (response.ok) return response
      await response.body?.cancel().catch(() => {})
      const wait = this.#wait(response, attempt)
      if (wait === null) throw refusal(response, subject, this.endpoint.hub, this.#token !== null)
      await this.pause(wait)
    }
  }

  /** Milliseconds after which a busy server takes another request; null where it is not busy, or for long. */
  #wait({ status, headers }: Response, attempt: number): number | null {
    if (status !== 429 || attempt >= this.retries.length) return null
    const wait = 1000 * Number(headers.get('Retry-After')) || this.retries[attempt]!
    return wait <= LONGEST_WAIT_MS ? wait : null
  }

  /** A JSON answer, believed by nobody yet. */
  async json(url: string, subject: Subject, init: RequestInit = {}): Promise<{ body: unknown; headers: Headers }> {
    const response = await this.request(url, subject, init)
    const text = await response.text().catch((cause) => {
      throw this.lost(subject.repo, cause)
    })
    try {
      return { body: JSON.parse(text) as unknown, headers: response.headers }
    } catch {
      throw malformed(subject.repo, 'something else')
    }
  }

  /** The next piece of a body. */
  async next<T>(reader: ReadableStreamDefaultReader<T>, repo: string): Promise<ReadableStreamReadResult<T>> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const stalled = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('the connection stalled')), this.#patience)
    })
    try {
      return await Promise.race([reader.read(), stalled])
    } catch (cause) {
      throw this.lost(repo, cause)
    } finally {
      clearTimeout(timer)
    }
  }

  /** CancelledError when the wait is cut short by the signal. */
  pause(ms: number): Promise<void> {
    const { signal } = this
    return new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer)
        reject(new CancelledError('hub: stopped'))
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop)
        resolve()
      }, ms)
      if (signal?.aborted) stop()
      else signal?.addEventListener('abort', stop, { once: true })
    })
  }

  /** What a connection that failed or broke means. */
  lost(repo: string, cause: unknown): Error {
    if (this.signal?.aborted) return new CancelledError('hub: stopped')
    return new ConnectionLost(
      `hub ${repo}: expected an answer of ${new URL(this.endpoint.hub).host}, got none (${reasonOf(cause)}) — check the connection and try again; what was fetched is kept`,
    )
  }
}

/** Nobody refused: the same request may go through in a moment. */
export class ConnectionLost extends NetworkError {}

/** The server said no. */
export class Refusal extends NetworkError {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message)
  }
}

export const malformed = (repo: string, got: string) =>
  new NetworkError(`hub ${repo}: expected an answer as the Hub gives it, got ${got} — try again later`)

const reasonOf = (error: unknown): string => {
  const { message, cause } = error as Error & { cause?: { code?: string } }
  return cause?.code ?? message ?? String(error)
}

function refusal({ status, headers }: Response, { repo, writes }: Subject, hub: string, hasToken: boolean): Error {
  const code = headers.get('X-Error-Code') ?? ''
  const fail = (got: string, remedy: string) =>
    new Refusal(`hub ${repo}: expected ${wanted}, got ${got} — ${remedy}`, status)
  const wanted = writes ? 'leave to write' : 'leave to read'
  const settings = `${hub}/settings/tokens`
  if (status === 429) {
    const seconds = Number(headers.get('Retry-After'))
    return fail('429, too many requests', seconds > 0 ? `try again in ${seconds} s` : 'try again in a few minutes')
  }
  if (writes && (status === 401 || status === 403))
    return fail(
      hasToken ? `${status} for this token` : `${status} without a token`,
      `make a token that may write to ${repo} at ${settings}`,
    )
  if (code === 'GatedRepo' || status === 403)
    return fail(
      `a gated repository (${status})`,
      hasToken
        ? `accept its licence at ${hub}/${repo} with the account of this token, and let the token read gated repositories`
        : `accept its licence at ${hub}/${repo}, then give a token of that account`,
    )
  if (status === 401)
    return hasToken
      ? fail('401 for this token', `check the name, and the token at ${settings}`)
      : fail('401', 'check the name; a private or gated repository needs a token')
  if (code === 'RevisionNotFound') return fail('404, no such revision', 'check the branch, tag or commit')
  if (code === 'EntryNotFound') return fail('404, no such file', 'look at the list of files again')
  if (status === 404) return fail('404, nothing of that name', 'check the name')
  if (status >= 500) return fail(`status ${status}`, 'the server has a fault; try again later')
  return fail(`status ${status}`, 'try again later')
}
