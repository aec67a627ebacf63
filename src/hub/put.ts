import { CancelledError, NetworkError } from '../errors'

export interface Put {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Blob
  readonly signal: AbortSignal | undefined
  readonly onBytes: (sent: number) => void
}

/**
 * Puts bytes to a signed address and resolves to the ETag of what arrived. Browsers tell how much was sent only through
 * XMLHttpRequest, and Node has none.
 */
export async function put(request: Put): Promise<string | null> {
  request.onBytes(0)
  const { status, etag } = await (typeof XMLHttpRequest === 'undefined' ? byFetch(request) : byXhr(request))
  if (status < 200 || status > 299)
    throw new NetworkError(`hub: expected the storage to take the file, got status ${status} — try again later`)
  request.onBytes(request.body.size)
  return etag
}

interface Answer {
  readonly status: number
  readonly etag: string | null
}

async function byFetch({ url, headers, body, signal }: Put): Promise<Answer> {
  const init = { method: 'PUT', headers: { ...headers }, body, signal: signal ?? null }
  const response = await fetch(url, init).catch(() => {
    throw broken(signal)
  })
  await response.body?.cancel().catch(() => {})
  return { status: response.status, etag: response.headers.get('ETag') }
}

function byXhr({ url, headers, body, signal, onBytes }: Put): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest()
    const stop = () => xhr.abort()
    signal?.addEventListener('abort', stop)
    xhr.upload.onprogress = ({ loaded }) => onBytes(loaded)
    xhr.onload = () => resolve({ status: xhr.status, etag: xhr.getResponseHeader('ETag') })
    xhr.onerror = xhr.onabort = () => reject(broken(signal))
    xhr.onloadend = () => signal?.removeEventListener('abort', stop)
    xhr.open('PUT', url)
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value)
    if (signal?.aborted) stop()
    else xhr.send(body)
  })
}

const broken = (signal: AbortSignal | undefined) =>
  signal?.aborted
    ? new CancelledError('hub: stopped')
    : new NetworkError('hub: expected the storage to take the file, got no answer — check the connection and try again')
