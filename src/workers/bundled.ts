import { z } from 'zod'
import { FormatError, NetworkError } from '../errors'
import { type ByteSource, memorySource } from '../formats/bytes'
import type { Progress } from '../records'

const index = z.array(
  z.object({ name: z.string(), files: z.array(z.object({ name: z.string(), bytes: z.int().min(0) })) }),
)

/** The folder of the page's own models, next to wherever its scripts are served from. */
const base = () => new URL(import.meta.env.BASE_URL, self.location.href.replace(/\/(assets|src)\/.*$/, '/'))

/** Fetches the files of a model that ships with the page. */
export async function fetchBundled(name: string, onProgress: (progress: Progress) => void): Promise<ByteSource[]> {
  const models = index.parse(await (await fetchOk(new URL('models/index.json', base()))).json())
  const model = models.find((candidate) => candidate.name === name)
  if (!model)
    throw new FormatError(`bundled models: expected one of ${models.map((m) => m.name).join(', ')}, got '${name}'`)
  const total = model.files.reduce((sum, { bytes }) => sum + bytes, 0)
  const sources: ByteSource[] = []
  let done = 0
  for (const file of model.files) {
    onProgress({ type: 'phase', phase: 'open', done, total, label: file.name })
    const response = await fetchOk(new URL(`models/${name}/${file.name}`, base()))
    const bytes = new Uint8Array(await response.arrayBuffer())
    sources.push(memorySource(bytes, file.name))
    done += bytes.length
  }
  return sources
}

async function fetchOk(url: URL): Promise<Response> {
  const response = await fetch(url).catch(() => null)
  if (!response)
    throw new NetworkError(
      `${url.pathname}: expected a file of this page, got no answer — connect once; with 'offline use' it stays in this browser`,
    )
  if (!response.ok)
    throw new FormatError(
      `${url.pathname}: expected a file of this page, got status ${response.status} — reload the page`,
    )
  return response
}
