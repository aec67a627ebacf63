import { type ArchivedRun, mergeMeasured, type RunHead, scoresOf } from '../archived-run'
import { archivedJson, archivedRunSchema } from '../archived-schema'
import { FormatError, StorageError } from '../errors'
import { parseJson } from '../json'
import { digest } from '../pipeline/digest'
import { addSealed, isAside, isSealed, sealedFile, stemOf } from '../storage/sealed'
import { type FileStore, readText, writeText } from '../storage/store'
import {
  type ArchiveApi,
  type ArchiveListing,
  CHANGES,
  type ImportedRuns,
  type ListedRun,
  type RunChange,
} from './archive-api'
import { readRuns, writeRuns } from './runs-file'

const FOLDER = 'runs'
const INDEX = 'index.json'
const DAMAGED = '.damaged'

/** Of one record of the largest models. */
const MOST_VALUES = 5_000_000

interface Place {
  readonly file: string
  readonly bytes: number
  readonly head: RunHead
}

/** What `index.json` has behind the SHA-256 of it, which is its first line: checked as a whole, its heads need no check each. */
interface Index {
  readonly version: 1
  readonly next: number
  readonly runs: readonly Place[]
}

interface Contents {
  readonly places: Map<string, Place>
  /** Set aside, and their bytes. */
  readonly damaged: { count: number; bytes: number }
  /** Number of the next run; none is given twice. */
  next: number
}

interface ArchiveOptions {
  readonly store: FileStore
  /** Lets one at a time, of all tabs, at the archive. */
  readonly alone?: <T>(work: () => Promise<T>) => Promise<T>
  /** Removes a run's packed result; the bytes that were freed. */
  readonly forget?: (folder: string) => Promise<number>
  /** Told of every change. */
  readonly onChange?: () => void
  readonly now?: () => number
}

/**
 * Runs that are kept for good: a sealed file each, named by its id, and an index of their heads, so that a list need not
 * read them. The index is only a memory of the files: it counts for those it names as they are, and is made again from the
 * others, so it may be lost, torn or late.
 */
export class RunArchive implements ArchiveApi {
  readonly #store: FileStore
  readonly #alone: <T>(work: () => Promise<T>) => Promise<T>
  readonly #forget: (folder: string) => Promise<number>
  readonly #onChange: () => void
  readonly #now: () => number

  constructor({ store, alone = inTurn(), forget, onChange, now }: ArchiveOptions) {
    this.#store = store
    this.#alone = alone
    this.#forget = forget ?? (async () => 0)
    this.#onChange = onChange ?? (() => {})
    this.#now = now ?? Date.now
  }

  list = (): Promise<ArchiveListing> =>
    this.#alone(async () => {
      const { places, damaged } = await this.#contents()
      return { runs: [...places.values()].map(listed).sort((a, b) => b.number - a.number), damaged }
    })

  read = (id: string): Promise<ArchivedRun> =>
    this.#alone(async () => this.#read(await this.#placeOf(id, (await this.#contents()).places)))

  add = (run: ArchivedRun): Promise<ListedRun> =>
    this.#changing(async (contents) => listed(await this.#put(contents, { ...run, ...renumbered(run, contents.next) })))

  change = (id: string, change: RunChange): Promise<ListedRun | null> =>
    this.#changing(async (contents) => {
      const place = contents.places.get(id)
      if (!place) return null
      const { head, body, version } = await this.#read(place)
      const measured = change.measured ? mergeMeasured(body.measured, change.measured) : body.measured
      const changed: RunHead = {
        ...{ ...head, ...change.remarks, ...scoresOf(measured) },
        ...(change.result !== undefined && { result: change.result }),
        changed: this.#now(),
      }
      return listed(await this.#put(contents, { version, head: changed, body: { ...body, measured } }))
    })

  remove = (ids: readonly string[]): Promise<number> =>
    this.#changing(async ({ places }) => {
      let freed = 0
      for (const id of ids) {
        const place = places.get(id)
        if (!place) continue
        await this.#store.remove(FOLDER, place.file)
        places.delete(id)
        freed += place.bytes
        if (place.head.result) freed += await this.#forget(place.head.result.folder)
      }
      return freed
    })

  dropResults = (ids: readonly string[]): Promise<number> =>
    this.#changing(async (contents) => {
      let freed = 0
      for (const id of ids) {
        const place = contents.places.get(id)
        if (!place?.head.result) continue
        const { folder } = place.head.result
        const run = await this.#read(place)
        await this.#put(contents, { ...run, head: { ...run.head, result: null, changed: this.#now() } })
        freed += await this.#forget(folder)
      }
      return freed
    })

  removeDamaged = (): Promise<number> =>
    this.#changing(async () => {
      let freed = 0
      for (const { name, size } of await this.#store.files(FOLDER))
        if (name.endsWith(DAMAGED)) {
          await this.#store.remove(FOLDER, name)
          freed += size
        }
      return freed
    })

  exportRuns = (ids: readonly string[]): Promise<Blob> =>
    this.#alone(async () => {
      const { places } = await this.#contents()
      const runs: ArchivedRun[] = []
      for (const id of ids) runs.push(await this.#read(await this.#placeOf(id, places)))
      return writeRuns(runs)
    })

  importRuns = async (file: Blob): Promise<ImportedRuns> => {
    const { runs, refused, reason } = await readRuns(file)
    return this.#changing(async (contents) => {
      let [added, known] = [0, 0]
      for (const run of [...runs].reverse()) {
        if (contents.places.has(run.head.id)) known++
        else {
          await this.#put(contents, { ...run, ...renumbered(run, contents.next) })
          added++
        }
      }
      return { added, known, refused, reason }
    })
  }

  /** Does one change after the other, and remembers what came of it. */
  #changing<T>(work: (contents: Contents) => Promise<T>): Promise<T> {
    return this.#alone(async () => {
      const contents = await this.#contents()
      try {
        return await work(contents)
      } finally {
        await this.#remember(contents)
        this.#onChange()
      }
    })
  }

  /** What is there. Files that the index does not know as they are, are read; those that are damaged, set aside. */
  async #contents(): Promise<Contents> {
    const index = await this.#index()
    const known = new Map(index.runs.map((place) => [place.file, place]))
    const places = new Map<string, Place>()
    const damaged = { count: 0, bytes: 0 }
    const setAside = (bytes: number) => {
      damaged.count++
      damaged.bytes += bytes
    }
    let fresh = 0
    for (const { name, size } of await this.#store.files(FOLDER)) {
      if (name.endsWith(DAMAGED)) setAside(size)
      // nobody else is at work here: what is unfinished was broken off
      if (isAside(name)) await this.#store.remove(FOLDER, name)
      if (!isSealed(name)) continue
      const there = known.get(name)
      const place = there?.bytes === size ? there : await this.#examine(name, size)
      if (place !== there) fresh++
      if (!place) setAside(size)
      const other = place && places.get(place.head.id)
      if (place && (!other || other.head.changed < place.head.changed)) places.set(place.head.id, place)
      // a change that was broken off between its new file and the removal of the old one
      const late = other && (places.get(place.head.id) === place ? other : place)
      if (late) await this.#store.remove(FOLDER, late.file)
    }
    const next = [...places.values()].reduce((most, { head }) => Math.max(most, head.number + 1), index.next)
    if (fresh > 0) await this.#remember({ places, next })
    return { places, damaged, next }
  }

  async #examine(file: string, bytes: number): Promise<Place | null> {
    const run = await this.#parse(file)
    if (run) return { file, bytes, head: run.head }
    await this.#store.rename(FOLDER, file, `${file}${DAMAGED}`)
    return null
  }

  async #read({ file }: Place): Promise<ArchivedRun> {
    const run = await this.#parse(file)
    if (run) return run
    await this.#store.rename(FOLDER, file, `${file}${DAMAGED}`).catch(() => {})
    this.#onChange()
    throw new StorageError(
      'kept run: expected its record as it was written, got another file — it was set aside; the other runs are not touched',
    )
  }

  /** Null where the file is damaged, or not one of its name's. */
  async #parse(file: string): Promise<ArchivedRun | null> {
    const source = await sealedFile(this.#store, FOLDER, file)
    if (!source) return null
    try {
      const text = new TextDecoder().decode(await source.read(0, source.size))
      const run = archivedRunSchema.parse(parseJson(text, MOST_VALUES))
      return run.head.id === stemOf(file) ? run : null
    } catch {
      return null
    }
  }

  async #put(contents: Contents, run: ArchivedRun): Promise<Place> {
    const text = archivedJson(run)
    const readable = archivedRunSchema.safeParse(JSON.parse(text))
    if (!readable.success) {
      // what could not be read again would be taken for damaged
      const { path, message } = readable.error.issues[0]!
      throw new FormatError(
        `kept run: expected a record within its bounds, got ${path.join('.')}: ${message} — the run's result is not touched`,
      )
    }
    const bytes = new TextEncoder().encode(text)
    const { id, number } = run.head
    const before = contents.places.get(id)
    const file = await addSealed(this.#store, FOLDER, id, 'json', once(bytes))
    if (before && before.file !== file) await this.#store.remove(FOLDER, before.file)
    const place = { file, bytes: bytes.length, head: run.head }
    contents.places.set(id, place)
    contents.next = Math.max(contents.next, number + 1)
    return place
  }

  async #placeOf(id: string, places: ReadonlyMap<string, Place>): Promise<Place> {
    const place = places.get(id)
    if (!place)
      throw new StorageError('kept run: expected a run that is kept, got none — another tab may have deleted it')
    return place
  }

  async #index(): Promise<Index> {
    const text = (await readText(this.#store, FOLDER, INDEX)) ?? ''
    const told = text.slice(0, text.indexOf('\n'))
    const json = text.slice(told.length + 1)
    if (told === '' || told !== (await digest(json))) return { version: 1, next: 1, runs: [] }
    return JSON.parse(json) as Index
  }

  async #remember({ places, next }: Pick<Contents, 'places' | 'next'>): Promise<void> {
    const index: Index = { version: 1, next, runs: [...places.values()] }
    const json = JSON.stringify(index)
    // it can be made again: a full disk fails what has to be kept, not this
    await writeText(this.#store, FOLDER, INDEX, `${await digest(json)}\n${json}`).catch(() => {})
  }
}

const listed = ({ head, bytes }: Place): ListedRun => ({ ...head, bytes })

/** A run as one of this archive: what a list shows is what its measurements say. */
const renumbered = ({ head, body }: ArchivedRun, number: number): Pick<ArchivedRun, 'head'> => ({
  head: { ...head, ...scoresOf(body.measured), number },
})

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

/** One after the other, in this thread. */
function inTurn() {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work, work)
    last = turn.catch(() => {})
    return turn
  }
}

/** The lock of all tabs; for the constructor. */
export const acrossTabs = <T>(work: () => Promise<T>): Promise<T> =>
  navigator.locks.request('bitloom archive', work) as Promise<T>

let channel: BroadcastChannel | null = null

export function tellTabs(): void {
  channel ??= new BroadcastChannel(CHANGES)
  channel.postMessage('changed')
}
