import { FormatError, invariant } from '../errors'
import type { ByteSource } from '../formats/bytes'
import type { OutputFile } from '../formats/hf-folder'
import type { GpuInfo } from '../gpu/device'
import { type HubAddress, readAddress } from '../hub/address'
import { cachedFiles, cachedModels, fetchModel } from '../hub/cache'
import { type Choice, choicesOf, whyNot } from '../hub/choice'
import { HubClient } from '../hub/client'
import { endpointAt, isLoopback } from '../hub/endpoint'
import { type HubListing, listRepo } from '../hub/listing'
import { pushFiles } from '../hub/push'
import { remoteSource } from '../hub/remote'
import { hubTexts } from '../hub/text-list'
import { hubText } from '../hub/texts'
import { checkCancelled } from '../pipeline/batching'
import type { ExportFormat } from '../pipeline/exports'
import { previewModel } from '../pipeline/preview'
import type { HubAccess, HubApi, HubChoice, HubWish, HubWork } from './hub-api'
import type { OpfsStore } from './opfs-store'

/** Result files on their way to the Hub: hashed before they are sent, so they are written down first. */
const OUTBOX = 'outbox'

/** Bytes come in thousands of pieces. */
const TELL_MS = 100

/** What the desk is told by the engine that it belongs to. */
interface Surroundings {
  readonly store: OpfsStore
  gpu(): GpuInfo
  result(format: ExportFormat): Promise<readonly OutputFile[]>
}

/** The engine's dealings with the Hub; they go on beside its work on the device. */
export class HubDesk implements HubApi {
  readonly #stops = new Map<HubWork, AbortController>()

  constructor(private readonly around: Surroundings) {}

  look: HubApi['look'] = async (text, access) => {
    const client = clientFor(access)
    const { listing, choices } = await offerAt(client, readAddress(text, client.endpoint.hub))
    const { repo, revision, commit, files } = listing
    return {
      ...{ repo, revision, commit },
      files: files.map((file) => ({ path: file.path, size: file.size, whyNot: whyNot(file) })),
      // headers of GGUF files hold their vocabularies, megabytes each: of the others when they are chosen
      choices: await Promise.all(
        choices.map((choice, i) => (i === 0 ? this.#described(client, listing, choice) : factsOf(choice))),
      ),
    }
  }

  describe: HubApi['describe'] = async (wish, access) => {
    const client = clientFor(access)
    const { listing, wanted } = await wished(client, wish)
    return this.#described(client, listing, wanted)
  }

  fetch: HubApi['fetch'] = (wish, access, onProgress) =>
    this.#stoppable('fetch', async (signal) => {
      const client = clientFor(access, signal)
      const { listing, wanted } = await wished(client, wish)
      let told = 0
      return fetchModel(client, this.around.store, listing, wanted, (progress) => {
        const now = performance.now()
        if (progress.note === null && progress.done < progress.total && now - told < TELL_MS) return
        told = now
        onProgress(progress)
      })
    })

  push: HubApi['push'] = ({ what, repo, isPrivate }, access, onProgress) =>
    this.#stoppable('push', async (signal) => {
      const { store } = this.around
      try {
        const staged: { path: string; blob: Blob }[] = []
        for (const { name, chunks } of await this.around.result(what)) {
          const file = await store.append(OUTBOX, name)
          try {
            await file.empty()
            for await (const chunk of chunks) {
              checkCancelled(signal)
              await file.write(new Uint8Array(chunk))
            }
          } finally {
            await file.close()
          }
          staged.push({ path: name, blob: await store.blob(OUTBOX, name) })
        }
        return await pushFiles(clientFor(access, signal), { repo, isPrivate, files: staged, onProgress })
      } finally {
        await store.remove(OUTBOX)
      }
    })

  stop: HubApi['stop'] = async (work) => this.#stops.get(work)?.abort()

  cached: HubApi['cached'] = async () => {
    const { store } = this.around
    let bytes = 0
    for (const folder of await store.folders()) for (const { size } of await store.files(folder)) bytes += size
    return { models: await cachedModels(store), bytes }
  }

  clear: HubApi['clear'] = async (folder) => {
    const { store } = this.around
    for (const name of folder === null ? await store.folders() : [folder]) await store.remove(name)
  }

  text: HubApi['text'] = (name, access, onProgress) =>
    this.#stoppable('text', async (signal) => {
      const text = hubTexts.find((candidate) => candidate.name === name)
      if (!text) throw new FormatError(`text: expected one of the Hub's, got '${name}' — choose another`)
      return { name, text: await hubText(clientFor(access, signal), this.around.store, text, onProgress) }
    })

  /** The files of a model that is here whole. */
  files(folder: string): Promise<ByteSource[]> {
    return cachedFiles(this.around.store, folder)
  }

  async #described(client: HubClient, listing: HubListing, choice: Choice): Promise<HubChoice> {
    try {
      const sources = choice.files.map((file) => remoteSource(client, listing, file))
      return { ...factsOf(choice), preview: await previewModel(sources, this.around.gpu()) }
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      return { ...factsOf(choice), problem: error.message }
    }
  }

  async #stoppable<T>(work: HubWork, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    invariant(!this.#stops.has(work), `the hub was asked to ${work} twice at once`)
    const stop = new AbortController()
    this.#stops.set(work, stop)
    try {
      return await run(stop.signal)
    } finally {
      this.#stops.delete(work)
    }
  }
}

const factsOf = ({ id, type, bytes, files }: Choice): HubChoice => ({
  ...{ id, type, bytes, paths: files.map(({ path }) => path), preview: null, problem: null },
})

/** A stand-in is believed on this machine only: a link to the page must not send a token elsewhere. */
const clientFor = ({ token, standIn }: HubAccess, signal?: AbortSignal) =>
  new HubClient({ endpoint: endpointAt(standIn !== null && isLoopback(standIn) ? standIn : undefined), token, signal })

async function offerAt(client: HubClient, address: HubAddress) {
  const listing = await listRepo(client, address)
  return { listing, choices: await choicesOf(client, listing, address.file) }
}

/** FormatError for a choice that is no longer there. */
async function wished(client: HubClient, { address, choice }: HubWish) {
  const { repo, revision } = readAddress(address, client.endpoint.hub)
  const { listing, choices } = await offerAt(client, { repo, revision, file: choice || null })
  const wanted = choices.find(({ id }) => id === choice)
  if (!wanted) throw new FormatError(`hub ${listing.repo}: expected ${choice}, got none any more — look it up again`)
  return { listing, wanted }
}
