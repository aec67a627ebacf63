import type { StoreApi } from 'zustand/vanilla'
import type { RemovedRuns } from './archive'

/** Time to think better of it, in milliseconds; it stands still while the banner is being read or reached. */
export const UNDO_MS = 12_000

/** Something that was taken off the page and will be gone for good in a while. */
export interface Removal {
  /** Names it among all that can be removed, as `runs/ID`: lists leave it out while it waits. */
  readonly key: string
  readonly what: Removed['what']
  /** Removes it for good. */
  remove(): Promise<void>
  /** Lists again what there is. */
  refresh(): Promise<void>
}

/** What the banner names. */
export interface Removed {
  readonly what: string | RemovedRuns
}

interface Undoable {
  readonly removed: Removed | null
}

/**
 * Deletes late, so that it can be undone: what is removed only leaves the lists at first. A second removal, work that
 * needs the room, or time makes the first final; a page that is closed before keeps it.
 */
export class UndoDesk {
  #waiting: Removal | null = null
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly store: Pick<StoreApi<Undoable>, 'setState'>) {}

  /** Whether a list should leave it out. */
  isRemoved = (key: string): boolean => this.#waiting?.key === key

  async remove(removal: Removal): Promise<void> {
    await this.settle()
    this.#waiting = removal
    this.store.setState({ removed: { what: removal.what } })
    this.resume()
    await removal.refresh()
  }

  undo = async (): Promise<void> => {
    const removal = this.#take()
    await removal?.refresh()
  }

  /** Makes what waits final. */
  settle = async (): Promise<void> => {
    const removal = this.#take()
    if (!removal) return
    await removal.remove()
    await removal.refresh()
  }

  /** Stops the clock, and starts it anew. */
  hold = (): void => clearTimeout(this.#timer)

  resume = (): void => {
    this.hold()
    if (this.#waiting) this.#timer = setTimeout(() => void this.settle(), UNDO_MS)
  }

  #take(): Removal | null {
    const removal = this.#waiting
    this.hold()
    this.#waiting = null
    this.store.setState({ removed: null })
    return removal
  }
}
