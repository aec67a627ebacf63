import type { ArchiveApi } from '../workers/archive-api'
import { type Archive, type Removal, withoutRemoved } from './archive'
import type { Context } from './context'
import { refreshKept } from './keeping'

/** Time to think better of a removal, in milliseconds. */
const UNDO_MS = 10_000

interface RemovalHost {
  readonly context: Context
  api(): ArchiveApi
  set(part: Partial<Archive>): void
  trying(work: () => Promise<void>): Promise<boolean>
  refresh(): Promise<void>
}

/** Removes kept runs, or their packed results, late: they leave the list at once, and the room is freed when it can no longer be undone. */
export function removalActions({ context, api, set, trying, refresh }: RemovalHost) {
  const state = context.store.getState

  let timer: ReturnType<typeof setTimeout> | undefined
  const holdRemoval = (): void => clearTimeout(timer)
  const resumeRemoval = (): void => {
    holdRemoval()
    if (state().archive.removal) timer = setTimeout(() => void settleRemoval(), UNDO_MS)
  }

  /** Takes runs, or results, off the list; they are gone for good when the time to undo it has passed. */
  const removeRuns = async (what: Removal['what'], ids: readonly string[]): Promise<void> => {
    await settleRemoval()
    const { runs, marked, shown } = state().archive
    const gone = runs.filter(({ id }) => ids.includes(id))
    if (gone.length === 0) return
    const records = what === 'runs' ? gone.reduce((sum, { bytes }) => sum + bytes, 0) : 0
    const results = gone.reduce((sum, { result }) => sum + (result?.bytes ?? 0), 0)
    const removal = { what, ids: gone.map(({ id }) => id), bytes: records + results }
    const stays = (id: string) => what === 'results' || !removal.ids.includes(id)
    set({
      ...{ removal, freed: null, runs: withoutRemoved(runs, removal), marked: marked.filter(stays) },
      shown: shown !== null && stays(shown) ? shown : null,
    })
    resumeRemoval()
  }

  const undoRemoval = async (): Promise<void> => {
    holdRemoval()
    set({ removal: null })
    await trying(refresh)
  }

  const settleRemoval = async (): Promise<void> => {
    holdRemoval()
    const { removal } = state().archive
    if (!removal) return
    await trying(async () => {
      const { what, ids } = removal
      const freed = await (what === 'runs' ? api().remove(ids) : api().dropResults(ids))
      set({ freed })
    })
    set({ removal: null })
    await trying(refresh)
    await refreshKept(context)
  }

  return { removeRuns, undoRemoval, settleRemoval, holdRemoval, resumeRemoval }
}
