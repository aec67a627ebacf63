import { StorageError } from '../errors'
import { type Context, patch, setFailure } from './context'
import type { Offline } from './offline'

/** Working without a network: what is kept of what ships with the page, and updates of the page itself. */
export function offlineActions(context: Context) {
  const { offline: host } = context.host
  const know = (news: Partial<Offline>) => patch(context, { offline: { ...context.store.getState().offline, ...news } })

  const startOffline = async (): Promise<void> => {
    // a browser that does not let the page keep itself shows it as before
    await host?.start(know).catch(() => {})
  }

  const keepBundled = async (wanted: boolean): Promise<void> => {
    if (!host || context.store.getState().offline.changing) return
    setFailure(context, 'open', null)
    know({ changing: wanted ? 'keep' : 'forget' })
    try {
      know({ kept: await host.keep(wanted, (kept) => know({ kept })) })
    } catch (error) {
      setFailure(
        context,
        'open',
        new StorageError(
          `offline: expected the bundled models to be ${wanted ? 'kept' : 'let go'}, got '${(error as Error).message}' — ${
            wanted
              ? 'see that there is a connection and room, then try again'
              : 'try again, or clear the data of this page in the browser'
          }`,
        ),
      )
    } finally {
      know({ changing: null })
    }
  }

  /** Never under something at work: that would be lost. */
  const update = (): void => {
    if (context.store.getState().busy === null) host?.update()
  }

  return { startOffline, keepBundled, update }
}
