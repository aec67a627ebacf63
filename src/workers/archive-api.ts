import type { ArchivedRun, Remarks, RunHead, RunMeasured } from '../archived-run'

/** The channel by which all tabs are told of a change; whoever hears it lists again. */
export const CHANGES = 'bitloom archive'

/** A run as a list shows it; `bytes` are those of its record, without a result that is kept. */
export type ListedRun = RunHead & { readonly bytes: number }

export interface ArchiveListing {
  /** The latest first. */
  readonly runs: readonly ListedRun[]
  /** Records that are not what was written, set aside: how many, and their bytes. */
  readonly damaged: { readonly count: number; readonly bytes: number }
}

export interface RunChange {
  readonly remarks?: Partial<Remarks>
  /** Added to what is known; of the same setting the later counts. */
  readonly measured?: RunMeasured
  readonly result?: RunHead['result']
}

export interface ImportedRuns {
  readonly added: number
  /** Were here already. */
  readonly known: number
  /** Are no runs, and why the first is none. */
  readonly refused: number
  readonly reason: string | null
}

/** The runs that are kept for good. StorageError where there is no room, or no storage, as in some private windows. */
export interface ArchiveApi {
  list(): Promise<ArchiveListing>
  /** StorageError where it is gone or damaged; then it is set aside. */
  read(id: string): Promise<ArchivedRun>
  /** Keeps a run and gives it a number. */
  add(run: ArchivedRun): Promise<ListedRun>
  /** Null where the run is gone: another tab may have deleted it. */
  change(id: string, change: RunChange): Promise<ListedRun | null>
  /** Removes runs with their results; the bytes that were freed. */
  remove(ids: readonly string[]): Promise<number>
  /** Removes the packed results of runs, which stay; the bytes that were freed. */
  dropResults(ids: readonly string[]): Promise<number>
  /** Removes what was set aside; the bytes that were freed. */
  removeDamaged(): Promise<number>
  /** One file of these runs, for another browser. */
  exportRuns(ids: readonly string[]): Promise<Blob>
  /** FormatError where the file is none of runs. */
  importRuns(file: Blob): Promise<ImportedRuns>
}
