import type { Kept } from './release'

/** The browser's half of offline use: a service worker, where there is one. */
export interface OfflineHost {
  /** Starts it; tells of what is kept, and when an update waits. Resolves when the page would open without a network. */
  start(tell: (news: { readonly update?: boolean; readonly kept?: Kept }) => void): Promise<void>
  /** Keeps all bundled models and texts, or forgets them. */
  keep(wanted: boolean, onProgress: (kept: Kept) => void): Promise<Kept>
  /** Changes to the update, and loads the page anew. */
  update(): void
}
