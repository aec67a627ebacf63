import type { CachedModel, FetchProgress } from '../hub/cache'
import type { PushProgress } from '../hub/push'
import type { ExportFormat } from '../pipeline/exports'
import type { Preview } from '../pipeline/preview'
import type { TextInput } from './api'

/** How the Hub is asked: the token lives in memory only and goes nowhere else. */
export interface HubAccess {
  readonly token: string | null
  /** Another server on this machine in place of the Hub; tests have one. */
  readonly standIn: string | null
}

/** What the page may ask of the engine's worker about the Hugging Face Hub. Nothing is requested before. */
export interface HubApi {
  /** What an address names and what fetching it takes: reads the list of files, and headers of the first choice. */
  look(address: string, access: HubAccess): Promise<HubOffer>
  /** The same of another choice than an offer's first. */
  describe(wish: HubWish, access: HubAccess): Promise<HubChoice>
  /** Fetches what is not here yet and resolves to the folder. `stop` leaves it to be gone on with by the same call. */
  fetch(wish: HubWish, access: HubAccess, onProgress: (progress: FetchProgress) => void): Promise<string>
  /** Uploads the result. */
  push(wish: PushWish, access: HubAccess, onProgress: (progress: PushProgress) => void): Promise<string>
  /** Ends what is under way of this kind; that call rejects with CancelledError. */
  stop(work: HubWork): Promise<void>
  cached(): Promise<HubCache>
  /** One folder, or all with the texts. */
  clear(folder: string | null): Promise<void>
  /** A text by its `hub:` name; downloaded the first time. The engine's `cancel` ends it, too. */
  text(name: string, access: HubAccess, onProgress: (done: number, total: number) => void): Promise<TextInput>
}

/** What takes a while. One of each may be under way. */
export type HubWork = 'fetch' | 'push' | 'text'

export interface HubOffer {
  readonly repo: string
  readonly revision: string
  readonly commit: string
  readonly files: readonly { readonly path: string; readonly size: number; readonly whyNot: string }[]
  /** The likeliest first. */
  readonly choices: readonly HubChoice[]
}

export interface HubChoice {
  /** The path of a GGUF or of a single file; '' for the checkpoint. */
  readonly id: string
  /** The type that a GGUF's name tells; null where it tells none. */
  readonly type: string | null
  readonly bytes: number
  readonly paths: readonly string[]
  /** Null where nobody has asked yet, or where there is a problem. */
  readonly preview: Preview | null
  /** Why Bitloom cannot open it. */
  readonly problem: string | null
}

/** `address` reads as the person wrote it; the choice is one of its offer's. */
export interface HubWish {
  readonly address: string
  readonly choice: string
}

export interface PushWish {
  readonly what: ExportFormat
  readonly repo: string
  readonly isPrivate: boolean
}

export interface HubCache {
  readonly models: readonly CachedModel[]
  /** Of everything that is kept, texts too. */
  readonly bytes: number
}
