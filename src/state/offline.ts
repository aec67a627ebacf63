import type { Kept } from '../offline/release'

/** What the page knows of its copy in this browser. */
export interface Offline {
  /** A newer release waits until somebody asks for it. */
  readonly update: boolean
  /** Of bundled models and texts; null where nothing can be kept, or is not known yet. */
  readonly kept: Kept | null
  readonly keeping: boolean
}

export const notOffline: Offline = { update: false, kept: null, keeping: false }

/** The browser's half: a service worker, where there is one. */
export interface OfflineHost {
  /** Starts it; tells of what is kept, and when an update waits. Resolves when the page would open without a network. */
  start(tell: (news: Partial<Offline>) => void): Promise<void>
  /** Keeps all bundled models and texts, or forgets them. */
  keep(wanted: boolean, onProgress: (kept: Kept) => void): Promise<Kept>
  /** Changes to the update, and loads the page anew. */
  update(): void
}
