import type { ArchivedRun } from '../archived-run'
import type { ArchiveListing, ImportedRuns, ListedRun } from '../workers/archive-api'

/** The runs that are kept for good, as the page knows them. */
export interface Archive {
  /** `memory`: the browser keeps nothing for this page, and runs live as long as the tab. */
  readonly status: 'opening' | 'kept' | 'memory'
  /** The latest first, without those being removed. */
  readonly runs: readonly ListedRun[]
  readonly damaged: ArchiveListing['damaged']
  /** Whole records that were looked at, by id. */
  readonly read: ReadonlyMap<string, ArchivedRun>
  /** Ids of those that are compared, in the order they were marked. */
  readonly marked: readonly string[]
  /** Of them, the one that the others are held against; null for the first. */
  readonly baseline: string | null
  /** The one that is looked at. */
  readonly shown: string | null
  /** Bytes that the last removal freed. */
  readonly freed: number | null
  readonly imported: ImportedRuns | null
  /** Files of runs are being read. */
  readonly importing: boolean
  /** Packed results of new runs are kept, too. */
  readonly keepsResults: boolean
  readonly room: { readonly usage: number; readonly quota: number; readonly persisted: boolean } | null
  /** How the table shows them. */
  readonly table: RunsTableView
  /** The person was asked whether the browser may be asked to keep the runs for good. */
  readonly askedToPersist: boolean
}

export interface RunsTableView {
  readonly query: string
  /** Key of a column. */
  readonly sort: { readonly key: string; readonly descending: boolean }
  /** Keys of the columns shown; null for those that the page shows by itself. */
  readonly columns: readonly string[] | null
  /** Under which the runs are compared, as `settingKey` has it; null for the most common one. */
  readonly setting: string | null
}

/** Runs, or their packed results alone. */
export interface RemovedRuns {
  readonly what: 'runs' | 'results'
  readonly ids: readonly string[]
  /** Their bytes, as far as they are known. */
  readonly bytes: number
}

export const noArchive: Archive = {
  status: 'opening',
  runs: [],
  damaged: { count: 0, bytes: 0 },
  read: new Map(),
  marked: [],
  baseline: null,
  shown: null,
  freed: null,
  imported: null,
  importing: false,
  keepsResults: false,
  room: null,
  table: { query: '', sort: { key: 'number', descending: true }, columns: null, setting: null },
  askedToPersist: true,
}

/** What a list shows while something is being removed. */
export function withoutRemoved(runs: readonly ListedRun[], removed: RemovedRuns | null): readonly ListedRun[] {
  if (!removed) return runs
  const gone = new Set(removed.ids)
  return removed.what === 'runs'
    ? runs.filter(({ id }) => !gone.has(id))
    : runs.map((run) => (gone.has(run.id) ? { ...run, result: null } : run))
}

/** The run that others are compared with. */
export const baselineOf = ({ marked, baseline }: Pick<Archive, 'marked' | 'baseline'>): string | null =>
  baseline !== null && marked.includes(baseline) ? baseline : (marked[0] ?? null)
