import { z } from 'zod'
import { homeSchema } from '../archived-schema'
import { StorageError } from '../errors'
import { type Fingerprint, nameOf } from '../pipeline/fingerprint'
import { RunFolder } from '../pipeline/run-folder'
import type { Recipe } from '../records'
import type { FileStore } from '../storage/store'
import type { KeptRun, ModelHome, RunsApi } from './runs-api'

/** What a run says of itself, so that it can be offered again. */
export type AboutRun = Pick<KeptRun, 'model' | 'home' | 'recipe' | 'layers' | 'begun'>

const text = z.string()
const about: z.ZodType<AboutRun> = z.object({
  model: text,
  home: homeSchema satisfies z.ZodType<ModelHome>,
  recipe: z.custom<Recipe>((value) => typeof value === 'object' && value !== null),
  layers: z.int().min(1),
  begun: z.number(),
})

/** A run's folder that this tab alone works on until it lets go. */
export interface HeldRun {
  readonly folder: RunFolder
  release(): void
}

/** Lets go of a run that was broken off; one of which nothing is kept is forgotten. */
export async function breakOff({ folder, release }: HeldRun): Promise<void> {
  const { blocks, plan } = await folder.holds().catch(() => ({ blocks: 1, plan: false }))
  if (blocks === 0 && !plan) await folder.remove().catch(() => {})
  release()
}

/** How long a worker that has just been ended may keep its lock. */
const PATIENCE_MS = 2000

const lockOf = (id: string) => `bitloom run ${id}`

/** The runs that the browser keeps: their folders, and who works on them. */
export class RunDesk implements RunsApi {
  constructor(private readonly store: FileStore) {}

  list = async (): Promise<KeptRun[]> => {
    const kept: KeptRun[] = []
    const held = new Set((await navigator.locks.query()).held?.map(({ name }) => name))
    for (const id of await this.store.folders().catch(() => [])) {
      const folder = new RunFolder(this.store, id)
      const told = about.safeParse((await folder.description())?.about)
      const { blocks, plan, bytes } = await folder.holds()
      if (told.success && (blocks > 0 || plan))
        kept.push({ id, ...told.data, blocks, bytes, held: held.has(lockOf(id)) })
    }
    return kept.sort((a, b) => b.begun - a.begun)
  }

  forget = async (id: string): Promise<void> => {
    await this.discard(id)
  }

  /** Forgets a run; gives the bytes that were freed. */
  discard = async (id: string): Promise<number> => {
    const { folder, release } = await this.#hold(id, null)
    try {
      const { bytes } = await folder.holds()
      await folder.remove()
      return bytes
    } finally {
      release()
    }
  }

  /** It is one of the browser's; else it is gone with this tab. */
  keeps = (folder: RunFolder): boolean => folder.store === this.store

  /** Takes a run to show its result; nothing is written. StorageError where another tab holds it. */
  hold = (id: string): Promise<HeldRun> => this.#hold(id, null)

  /**
   * Where a run is to be kept: the one that is given, one of the same fingerprint that was broken off, or a new one. In memory
   * where the browser has no file system for the page.
   */
  async take(fingerprint: Fingerprint, told: AboutRun, given: string | null): Promise<HeldRun> {
    const ids = await this.store.folders().catch(() => null)
    if (!ids) return { folder: RunFolder.inMemory(), release: () => {} }
    if (given) return this.#hold(given, told)
    const name = nameOf(fingerprint)
    const own = ids.filter((id) => id.startsWith(name))
    for (const id of own)
      if ((await new RunFolder(this.store, id).holds()).blocks < told.layers) return this.#hold(id, told)
    let count = own.length
    while (own.includes(`${name}-${count}`)) count++
    return this.#hold(`${name}-${count}`, told)
  }

  async #hold(id: string, told: AboutRun | null): Promise<HeldRun> {
    const release = await new Promise<() => void>((taken, refused) => {
      const patience = { signal: AbortSignal.timeout(PATIENCE_MS) }
      navigator.locks
        .request(lockOf(id), patience, () => new Promise<void>((done) => taken(() => done())))
        .catch(refused)
    }).catch(() => {
      throw new StorageError(
        'run: expected to be the only tab at work on this run, got another one — go on there, or close it first',
      )
    })
    return { folder: new RunFolder(this.store, id, 'choose Quantize for a new run', told), release }
  }
}
