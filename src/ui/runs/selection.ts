import { useMemo } from 'react'
import type { RunSetting } from '../../archived-run'
import { filterRuns, settingKey, settingsOf } from '../../state/run-table'
import type { ListedRun } from '../../workers/archive-api'
import { useStudioState } from '../studio-context'
import { FIRST_COLUMNS } from './columns'

/** Runs that the filter leaves. */
export function useFoundRuns(): readonly ListedRun[] {
  const runs = useStudioState((state) => state.archive.runs)
  const query = useStudioState((state) => state.archive.table.query)
  return useMemo(() => filterRuns(runs, query), [runs, query])
}

/** How perplexities are compared: as chosen, else as most runs were measured. */
export function useSetting(): RunSetting | null {
  const runs = useStudioState((state) => state.archive.runs)
  const chosen = useStudioState((state) => state.archive.table.setting)
  return useMemo(() => {
    const settings = settingsOf(runs)
    return settings.find((setting) => settingKey(setting) === chosen) ?? settings[0] ?? null
  }, [runs, chosen])
}

/** The marked runs, in the order in which they were marked. */
export function useMarkedRuns(): readonly ListedRun[] {
  const runs = useStudioState((state) => state.archive.runs)
  const marked = useStudioState((state) => state.archive.marked)
  return useMemo(() => marked.flatMap((id) => runs.find((run) => run.id === id) ?? []), [runs, marked])
}

/** Keys of the columns that are shown: as chosen, else those that have something to say. */
export function useShownColumns(): readonly string[] {
  const chosen = useStudioState((state) => state.archive.table.columns)
  const compared = useStudioState((state) =>
    state.archive.runs.some(({ scores }) => scores.some(({ kl }) => kl !== null)),
  )
  return useMemo(() => chosen ?? FIRST_COLUMNS.filter((key) => key !== 'kl' || compared), [chosen, compared])
}
