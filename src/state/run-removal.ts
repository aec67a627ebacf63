import type { ArchiveApi } from '../workers/archive-api'
import type { Archive, RemovedRuns } from './archive'
import type { Context } from './context'
import { refreshKept } from './keeping'

interface RemovalHost {
  readonly context: Context
  api(): ArchiveApi
  set(part: Partial<Archive>): void
  trying(work: () => Promise<void>): Promise<boolean>
  refresh(): Promise<void>
}

/** Takes kept runs, or their packed results, off the list; the room is freed when that can no longer be undone. */
export const runRemoval =
  ({ context, api, set, trying, refresh }: RemovalHost) =>
  async (what: RemovedRuns['what'], ids: readonly string[]): Promise<void> => {
    // what it frees is told before this begins
    await context.undoing.settle()
    const { runs, marked, shown } = context.store.getState().archive
    const gone = runs.filter(({ id }) => ids.includes(id))
    if (gone.length === 0) return
    const records = what === 'runs' ? gone.reduce((sum, { bytes }) => sum + bytes, 0) : 0
    const results = gone.reduce((sum, { result }) => sum + (result?.bytes ?? 0), 0)
    const removed: RemovedRuns = { what, ids: gone.map(({ id }) => id), bytes: records + results }
    const stays = (id: string) => what === 'results' || !removed.ids.includes(id)
    set({ freed: null, marked: marked.filter(stays), shown: shown !== null && stays(shown) ? shown : null })
    await context.undoing.remove({
      ...{ key: `archive/${what}`, what: removed },
      async remove() {
        await trying(async () => {
          set({ freed: await (what === 'runs' ? api().remove(removed.ids) : api().dropResults(removed.ids)) })
        })
      },
      async refresh() {
        await trying(refresh)
        await refreshKept(context)
      },
    })
  }
