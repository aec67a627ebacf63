/** What a build of the page consists of; paths are relative to the page's folder. */
export interface Release {
  /** Changes with every file. */
  readonly version: string
  /** What the studio needs to open. */
  readonly shell: readonly string[]
  /** Bundled models and texts: by path, a hash of the content and bytes. */
  readonly data: Readonly<Record<string, { readonly hash: string; readonly bytes: number }>>
}

/** How much of the bundled models and texts is in this browser, in bytes. */
export interface Kept {
  readonly bytes: number
  readonly total: number
}

/** What the page says to its service worker; every one but `update` is answered by Kept through the port that comes with it. */
export type Order = 'status' | 'keep' | 'drop' | 'update'
export type Answer = { readonly kept: Kept; readonly done: boolean } | { readonly failure: string }
