import type { Kept } from '../offline/release'

/** What the page knows of its copy in this browser. */
export interface Offline {
  /** A newer release waits until somebody asks for it. */
  readonly update: boolean
  /** Of bundled models and texts; null where nothing can be kept, or is not known yet. */
  readonly kept: Kept | null
  /** What was asked for and is under way: to keep them, or to forget them. */
  readonly changing: 'keep' | 'forget' | null
}

export const notOffline: Offline = { update: false, kept: null, changing: null }
