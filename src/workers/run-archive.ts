import { type ArchivedRun, mergeMeasured, type RunHead, scoresOf } from '../archived-run'
import { StorageError } from '../errors'
import type { FileStore } from '../storage/store'
import type { ArchiveApi, ArchiveListing, ImportedRuns, ListedRun, RunChange } from './archive-api'
import { inTurn } from './archive-tabs'
import { type Contents, type Place, RecordFiles } from './record-files'
import { readRuns, writeRuns } from './runs-file'

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

/** Runs that are kept for good, and what may be done with them. */
export class RunArchive implements ArchiveApi {
  readonly #files: RecordFiles
  readonly #alone: <T>(work: () => Promise<T>) => Promise<T>
  readonly #forget: (folder: string) => Promise<number>
  readonly #onChange: () => void
  readonly #now: () => number

  constructor({ store, alone = inTurn(), forget, onChange, now }: ArchiveOptions) {
    this.#alone = alone
    this.#forget = forget ?? (async () => 0)
    this.#onChange = onChange ?? (() => {})
    this.#files = new RecordFiles(store, this.#onChange)
    this.#now = now ?? Date.now
  }

  list = (): Promise<ArchiveListing> =>
    this.#alone(async () => {
      const { places, damaged } = await this.#files.contents()
      return { runs: [...places.values()].map(listed).sort((a, b) => b.number - a.number), damaged }
    })

  read = (id: string): Promise<ArchivedRun> =>
    this.#alone(async () => this.#files.read(placeOf(id, (await this.#files.contents()).places)))

  add = (run: ArchivedRun): Promise<ListedRun> =>
    this.#changing(async (contents) =>
      listed(await this.#files.put(contents, { ...run, ...renumbered(run, contents.next) })),
    )

  change = (id: string, change: RunChange): Promise<ListedRun | null> =>
    this.#changing(async (contents) => {
      const place = contents.places.get(id)
      if (!place) return null
      const { head, body, version } = await this.#files.read(place)
      const measured = change.measured ? mergeMeasured(body.measured, change.measured) : body.measured
      const changed: RunHead = {
        ...{ ...head, ...change.remarks, ...scoresOf(measured) },
        ...(change.result !== undefined && { result: change.result }),
        changed: this.#now(),
      }
      return listed(await this.#files.put(contents, { version, head: changed, body: { ...body, measured } }))
    })

  remove = (ids: readonly string[]): Promise<number> =>
    this.#changing(async (contents) => {
      let freed = 0
      for (const id of ids) {
        const place = contents.places.get(id)
        if (!place) continue
        await this.#files.remove(contents, place)
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
        const run = await this.#files.read(place)
        await this.#files.put(contents, { ...run, head: { ...run.head, result: null, changed: this.#now() } })
        freed += await this.#forget(folder)
      }
      return freed
    })

  removeDamaged = (): Promise<number> => this.#changing(() => this.#files.removeDamaged())

  exportRuns = (ids: readonly string[]): Promise<Blob> =>
    this.#alone(async () => {
      const { places } = await this.#files.contents()
      const runs: ArchivedRun[] = []
      for (const id of ids) runs.push(await this.#files.read(placeOf(id, places)))
      return writeRuns(runs)
    })

  importRuns = async (file: Blob): Promise<ImportedRuns> => {
    const { runs, refused, reason } = await readRuns(file)
    return this.#changing(async (contents) => {
      let [added, known] = [0, 0]
      for (const run of [...runs].reverse()) {
        if (contents.places.has(run.head.id)) known++
        else {
          await this.#files.put(contents, { ...run, ...renumbered(run, contents.next) })
          added++
        }
      }
      return { added, known, refused, reason }
    })
  }

  /** Does one change after the other, and remembers what came of it. */
  #changing<T>(work: (contents: Contents) => Promise<T>): Promise<T> {
    return this.#alone(async () => {
      const contents = await this.#files.contents()
      try {
        return await work(contents)
      } finally {
        await this.#files.remember(contents)
        this.#onChange()
      }
    })
  }
}

const listed = ({ head, bytes }: Place): ListedRun => ({ ...head, bytes })

/** A run as one of this archive: what a list shows is what its measurements say. */
const renumbered = ({ head, body }: ArchivedRun, number: number): Pick<ArchivedRun, 'head'> => ({
  head: { ...head, ...scoresOf(body.measured), number },
})

function placeOf(id: string, places: ReadonlyMap<string, Place>): Place {
  const place = places.get(id)
  if (!place)
    throw new StorageError('kept run: expected a run that is kept, got none — another tab may have deleted it')
  return place
}
