import type { Remarks, RunMeasured } from '../archived-run'
import { plainName } from '../formats/file-name'
import { digest } from '../pipeline/digest'
import type { RunReport } from '../records'
import { memoryStore } from '../storage/memory-store'
import type { ArchiveApi, ImportedRuns, ListedRun, RunChange } from '../workers/archive-api'
import { type Archive, type RunsTableView, withoutRemoved } from './archive'
import { archivedRunOf, measuredOf } from './archived'
import { type Context, patch, setFailure, textNamed } from './context'
import { isLost } from './failure'
import type { ModelOpener } from './keeping'
import { reopening } from './reopening'
import { runRemoval } from './run-removal'

/** Changes that come in one after the other are looked at once. */
const LOOK_MS = 50

const ASKED = 'bitloom-asked-to-persist'
const KEEPS = 'bitloom-keeps-results'
const COLUMNS = 'bitloom-run-columns'

/** Runs that are kept for good: their records, what is said of them, and their packed results. */
export function archivingActions(context: Context, opening: ModelOpener) {
  const { store, host } = context
  const state = store.getState
  const api = (): ArchiveApi => context.archive ?? context.engine.api.archive
  const set = (part: Partial<Archive>): void => patch(context, { archive: { ...state().archive, ...part } })
  const runOf = (id: string): ListedRun | undefined => state().archive.runs.find((run) => run.id === id)

  /** What goes wrong is told in the view of runs. */
  const trying = async (work: () => Promise<void>): Promise<boolean> => {
    setFailure(context, 'runs', null)
    try {
      await work()
      return true
    } catch (error) {
      setFailure(context, 'runs', error)
      return false
    }
  }

  const openArchive = async (): Promise<void> => {
    const columns = host.browser?.recall(COLUMNS)?.split('\n') ?? null
    set({
      table: { ...state().archive.table, columns },
      keepsResults: host.browser?.recall(KEEPS) === 'yes',
      askedToPersist: !host.browser || host.browser.recall(ASKED) === 'yes',
    })
    let looking: ReturnType<typeof setTimeout> | undefined
    host.browser?.onArchiveChange(() => {
      clearTimeout(looking)
      looking = setTimeout(() => void refresh().catch(() => {}), LOOK_MS)
    })
    try {
      await refresh()
    } catch (error) {
      if (isLost(error)) return
      const { RunArchive } = await import('../workers/run-archive')
      context.archive = new RunArchive({ store: memoryStore() })
      set({ status: 'memory' })
    }
  }

  const refresh = async (): Promise<void> => {
    const { runs, damaged } = await api().list()
    const room = context.archive ? null : ((await host.browser?.room()) ?? null)
    const { archive, removed } = state()
    const here = new Set(runs.map(({ id }) => id))
    const changed = new Map(runs.map(({ id, changed }) => [id, changed]))
    set({
      ...{
        runs: withoutRemoved(runs, removed && typeof removed.what !== 'string' ? removed.what : null),
        damaged,
        room,
      },
      status: context.archive ? 'memory' : 'kept',
      marked: archive.marked.filter((id) => here.has(id)),
      shown: archive.shown !== null && here.has(archive.shown) ? archive.shown : null,
      read: new Map([...archive.read].filter(([id, { head }]) => changed.get(id) === head.changed)),
    })
  }

  const replace = (run: ListedRun | null): void => {
    if (!run) return
    const { runs, read } = state().archive
    const [known] = [read.get(run.id)]
    const kept = new Map(read)
    if (known) kept.delete(run.id)
    set({ runs: runs.map((other) => (other.id === run.id ? run : other)), read: kept })
  }

  /** Keeps a run that has just finished; resolves to its number, whether or not there was room for it. */
  const keepRun = async (report: RunReport): Promise<number> => {
    const { model, archive, runs } = state()
    const fallback = 1 + Math.max(0, ...runs.map(({ run }) => run), ...archive.runs.map(({ number }) => number))
    try {
      const origin = await context.engine.api.origin()
      const run = archivedRunOf(report, {
        ...{ id: crypto.randomUUID(), now: host.now(), browser: host.browser?.name ?? 'unknown' },
        ...{ origin, files: model!.inspection, kept: archive.keepsResults },
      })
      const kept = await api().add(run)
      set({ runs: [kept, ...state().archive.runs.filter(({ id }) => id !== kept.id)] })
      return kept.number
    } catch (error) {
      if (isLost(error)) throw error
      setFailure(context, 'runs', error)
      return fallback
    }
  }

  /** Changes are written one after the other. */
  let writing: Promise<unknown> = Promise.resolve()
  const change = (id: string, what: RunChange | (() => Promise<RunChange>)): Promise<boolean> => {
    const write = async () => replace(await api().change(id, typeof what === 'function' ? await what() : what))
    const turn = writing.then(() => trying(write))
    writing = turn
    return turn
  }

  // whatever is measured of a run goes into its record, wherever it was asked for
  store.subscribe((now, before) => {
    const fresh = new Set<number>()
    for (const lines of ['measurements', 'divergences', 'taskLines'] as const) {
      if (now[lines] === before[lines]) continue
      const known = new Set<unknown>(before[lines])
      for (const line of now[lines]) if (!known.has(line)) fresh.add(line.run)
    }
    for (const { id, number } of now.archive.runs)
      if (fresh.has(number)) void change(id, async () => ({ measured: await withTexts(measuredOf(now, number)) }))
  })

  /** A name alone does not say what was read: with digests of the page's texts and of the person's files. */
  const withTexts = async (measured: RunMeasured): Promise<RunMeasured> => {
    const texts: Record<string, string> = {}
    for (const name of new Set(measured.perplexities.map(({ text }) => text))) {
      // one of the Hub is named by its repository
      const read = name.startsWith('hub:') ? null : await textNamed(context, name).catch(() => null)
      if (read) texts[name] = await digest(read.text)
    }
    return { ...measured, texts }
  }

  const remark = (id: string, remarks: Partial<Remarks>): Promise<boolean> => change(id, { remarks })

  /** Reads a whole record once; null, and said, where that fails. */
  const readRun = async (id: string) => {
    const known = state().archive.read.get(id)
    if (known) return known
    const read = await api()
      .read(id)
      .catch((error) => {
        setFailure(context, 'runs', error)
        void refresh().catch(() => {})
        return null
      })
    if (read) set({ read: new Map([...state().archive.read, [id, read]]) })
    return read
  }

  const showRun = (shown: string | null): void => set({ shown })
  const markRuns = (marked: readonly string[]): void => set({ marked })
  const chooseBaseline = (baseline: string): void => set({ baseline })

  const viewRuns = (part: Partial<RunsTableView>): void => {
    if (part.columns) host.browser?.remember(COLUMNS, part.columns.join('\n'))
    set({ table: { ...state().archive.table, ...part } })
  }

  const removeRuns = runRemoval({ context, api, set, trying, refresh })

  const removeDamaged = (): Promise<boolean> =>
    trying(async () => {
      set({ freed: await api().removeDamaged() })
      await refresh()
    })

  /** Whether the packed result of a run stays when another takes its place; one that does not is removed. */
  const keepResult = async (id: string, kept: boolean): Promise<void> => {
    const run = runOf(id)
    if (!run?.result) return
    if (kept || state().result?.run === run.number) await change(id, { result: { ...run.result, kept } })
    else await removeRuns('results', [id])
  }

  const keepResults = (keepsResults: boolean): void => {
    host.browser?.remember(KEEPS, keepsResults ? 'yes' : 'no')
    set({ keepsResults })
  }

  const exportRuns = (ids: readonly string[]): Promise<boolean> =>
    trying(async () => {
      const [only] = ids.length === 1 ? [runOf(ids[0]!)] : []
      const name = only ? `${plainName(only.model.name)}-run-${only.number}.json` : `bitloom-${ids.length}-runs.json`
      const open = async () => {
        const file = await api().exportRuns(ids)
        return { name, stream: file.stream(), size: file.size }
      }
      await host.save(open, name, () => {})
    })

  const importRuns = (files: readonly File[]): Promise<boolean> =>
    trying(async () => {
      set({ importing: true, imported: null })
      let all: ImportedRuns = { added: 0, known: 0, refused: 0, reason: null }
      try {
        for (const file of files) {
          const { added, known, refused, reason } = await api().importRuns(file)
          all = {
            ...{ added: all.added + added, known: all.known + known, refused: all.refused + refused },
            reason: all.reason ?? reason,
          }
        }
      } finally {
        set({ importing: false, imported: all.added + all.known + all.refused > 0 ? all : null })
        await refresh()
      }
    })

  const copyTable = (text: string): Promise<boolean> => trying(() => host.copy(text))

  /** Asks the browser, once, not to clear what is kept; `wanted` false is an answer, too. */
  const askToPersist = async (wanted: boolean): Promise<void> => {
    host.browser?.remember(ASKED, 'yes')
    set({ askedToPersist: true })
    if (wanted) await trying(async () => void (await host.browser?.persist()))
    await trying(refresh)
  }

  return {
    ...{ openArchive, keepRun, remark, readRun, showRun, markRuns, chooseBaseline, viewRuns, copyTable },
    ...{ removeRuns, removeDamaged },
    ...{ keepResult, keepResults, exportRuns, importRuns, askToPersist },
    ...reopening({ context, opening, runOf, readRun }),
  }
}
