import type { ArchivedRun, RunHead } from '../archived-run'
import { archivedJson, archivedRunSchema } from '../archived-schema'
import { FormatError, StorageError } from '../errors'
import { parseJson } from '../json'
import { digest } from '../pipeline/digest'
import { addSealed, isAside, isSealed, sealedFile, stemOf } from '../storage/sealed'
import { type FileStore, readText, writeText } from '../storage/store'

const FOLDER = 'runs'
const INDEX = 'index.json'
const DAMAGED = '.damaged'

/** Of one record of the largest models. */
const MOST_VALUES = 5_000_000

export interface Place {
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

export interface Contents {
  readonly places: Map<string, Place>
  /** Set aside, and their bytes. */
  readonly damaged: { count: number; bytes: number }
  /** Number of the next run; none is given twice. */
  next: number
}

/**
 * Records of runs: a sealed file each, named by its id, and an index of their heads, so that a list need not
 * read them. The index is only a memory of the files: it counts for those it names as they are, and is made again from the
 * others, so it may be lost, torn or late. One at a time may be at work here.
 */
export class RecordFiles {
  /** @param onSetAside told of a record that turned out to be damaged when it was read */
  constructor(
    private readonly store: FileStore,
    private readonly onSetAside: () => void,
  ) {}

  /** What is there. Files that the index does not know as they are, are read; those that are damaged, set aside. */
  async contents(): Promise<Contents> {
    const index = await this.#index()
    const known = new Map(index.runs.map((place) => [place.file, place]))
    const places = new Map<string, Place>()
    const damaged = { count: 0, bytes: 0 }
    const setAside = (bytes: number) => {
      damaged.count++
      damaged.bytes += bytes
    }
    let fresh = 0
    for (const { name, size } of await this.store.files(FOLDER)) {
      if (name.endsWith(DAMAGED)) setAside(size)
      // nobody else is at work here: what is unfinished was broken off
      if (isAside(name)) await this.store.remove(FOLDER, name)
      if (!isSealed(name)) continue
      const there = known.get(name)
      const place = there?.bytes === size ? there : await this.#examine(name, size)
      if (place !== there) fresh++
      if (!place) setAside(size)
      const other = place && places.get(place.head.id)
      if (place && (!other || other.head.changed < place.head.changed)) places.set(place.head.id, place)
      // a change that was broken off between its new file and the removal of the old one
      const late = other && (places.get(place.head.id) === place ? other : place)
      if (late) await this.store.remove(FOLDER, late.file)
    }
    const next = [...places.values()].reduce((most, { head }) => Math.max(most, head.number + 1), index.next)
    if (fresh > 0) await this.remember({ places, next })
    return { places, damaged, next }
  }

  async #examine(file: string, bytes: number): Promise<Place | null> {
    const run = await this.#parse(file)
    if (run) return { file, bytes, head: run.head }
    await this.store.rename(FOLDER, file, `${file}${DAMAGED}`)
    return null
  }

  async read({ file }: Place): Promise<ArchivedRun> {
    const run = await this.#parse(file)
    if (run) return run
    await this.store.rename(FOLDER, file, `${file}${DAMAGED}`).catch(() => {})
    this.onSetAside()
    throw new StorageError(
      'kept run: expected its record as it was written, got another file — it was set aside; the other runs are not touched',
    )
  }

  /** Null where the file is damaged, or not one of its name's. */
  async #parse(file: string): Promise<ArchivedRun | null> {
    const source = await sealedFile(this.store, FOLDER, file)
    if (!source) return null
    try {
      const text = new TextDecoder().decode(await source.read(0, source.size))
      const run = archivedRunSchema.parse(parseJson(text, MOST_VALUES))
      return run.head.id === stemOf(file) ? run : null
    } catch {
      return null
    }
  }

  async put(contents: Contents, run: ArchivedRun): Promise<Place> {
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
    const file = await addSealed(this.store, FOLDER, id, 'json', once(bytes))
    if (before && before.file !== file) await this.store.remove(FOLDER, before.file)
    const place = { file, bytes: bytes.length, head: run.head }
    contents.places.set(id, place)
    contents.next = Math.max(contents.next, number + 1)
    return place
  }

  async remove({ places }: Contents, { file, head }: Place): Promise<void> {
    await this.store.remove(FOLDER, file)
    places.delete(head.id)
  }

  /** What was set aside, for good; the bytes that were freed. */
  async removeDamaged(): Promise<number> {
    let freed = 0
    for (const { name, size } of await this.store.files(FOLDER))
      if (name.endsWith(DAMAGED)) {
        await this.store.remove(FOLDER, name)
        freed += size
      }
    return freed
  }

  async #index(): Promise<Index> {
    const text = (await readText(this.store, FOLDER, INDEX)) ?? ''
    const told = text.slice(0, text.indexOf('\n'))
    const json = text.slice(told.length + 1)
    if (told === '' || told !== (await digest(json))) return { version: 1, next: 1, runs: [] }
    return JSON.parse(json) as Index
  }

  async remember({ places, next }: Pick<Contents, 'places' | 'next'>): Promise<void> {
    const index: Index = { version: 1, next, runs: [...places.values()] }
    const json = JSON.stringify(index)
    // it can be made again: a full disk fails what has to be kept, not this
    await writeText(this.store, FOLDER, INDEX, `${await digest(json)}\n${json}`).catch(() => {})
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
