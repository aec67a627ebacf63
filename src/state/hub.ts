import type { CachedModel } from '../hub/cache'
import type { HubOffer } from '../workers/hub-api'

export { addressText } from '../hub/address'
export { hubTexts } from '../hub/text-list'

/** What the page knows of the Hugging Face Hub: nothing until somebody asks. */
export interface Hub {
  /** What stands in the field for an address. */
  readonly address: string
  readonly looking: boolean
  readonly offer: HubOffer | null
  /** One of the offer's choices, by id. */
  readonly choice: string
  /** The choice whose header is being read. */
  readonly describing: string | null
  readonly fetching: Fetching | null
  /** A text on its way: rows. */
  readonly text: { readonly name: string; readonly done: number; readonly total: number } | null
  readonly cached: readonly CachedModel[]
  /** Of everything that is kept. */
  readonly bytes: number
  /** Where the last upload is. */
  readonly pushed: string | null
}

export interface Fetching {
  readonly address: string
  readonly choice: string
  readonly file: string
  readonly done: number
  readonly total: number
  readonly bytesPerSecond: number | null
  readonly secondsLeft: number | null
  /** Files that started over, and why. */
  readonly notes: readonly string[]
  readonly stopping: boolean
}

export const noHub: Hub = {
  ...{ address: '', looking: false, offer: null, choice: '', describing: null, fetching: null, text: null },
  ...{ cached: [], bytes: 0, pushed: null },
}
