import type { Recipe } from '../records'

/** Where the model of a run can be opened again: from the page, from what the Hub gave, or by the person. */
export type ModelHome =
  | { readonly from: 'page'; readonly name: string }
  | { readonly from: 'hub'; readonly folder: string; readonly name: string }
  | { readonly from: 'files'; readonly names: readonly string[] }

/** A run that this browser keeps: broken off, or finished and not replaced yet. */
export interface KeptRun {
  readonly id: string
  readonly model: string
  readonly home: ModelHome
  readonly recipe: Recipe
  readonly layers: number
  /** Of them, those that are finished. */
  readonly blocks: number
  readonly bytes: number
  /** When it was begun, in milliseconds since 1970. */
  readonly begun: number
  /** A tab is at work on it, or shows its result. */
  readonly held: boolean
}

/** Where the result at hand came from, for its record. */
export interface ResultOrigin {
  /** Digest of the model, as in a run's fingerprint. */
  readonly model: string
  readonly home: ModelHome
  /** Of its packed codes; null where they live in memory only. */
  readonly folder: string | null
  /** Of the folder. */
  readonly bytes: number
}

export interface RunsApi {
  /** The latest first; none where the browser keeps nothing, as in a private window. */
  list(): Promise<KeptRun[]>
  /** StorageError where another tab holds it. */
  forget(id: string): Promise<void>
}
