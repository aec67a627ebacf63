import { useEffect } from 'react'
import { overallShare } from '../state/progress'
import type { StudioState } from '../state/store'
import { notify } from './notify'
import { settings } from './settings'
import { useStudio, useStudioState } from './studio-context'
import { noticeWords as words } from './words/notices'

/** Work that somebody may have turned away from, in milliseconds. */
const LONG_MS = 10_000

/** What the work under way shows outside the page: progress in the tab's title, a question before the tab is closed, a notice at its end. */
export function Outside() {
  const studio = useStudio()
  const title = useStudioState(titleOf)
  const running = useStudioState((state) => state.busy === 'run')
  useEffect(() => {
    document.title = title
  }, [title])
  useEffect(() => {
    if (!running) return
    const ask = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [running])
  useEffect(() => {
    let began = 0
    return studio.store.subscribe((state, before) => {
      if (state.busy && !before.busy) began = performance.now()
      const wasLong = performance.now() - began > LONG_MS
      // of a sweep, the end counts
      if (before.busy && !state.busy && !state.sweep && wasLong && document.hidden) tell(before.busy, state)
    })
  }, [studio])
  return null
}

/** Only whole percents, so that it changes no more often than anybody could read. */
function titleOf({ busy, run, model, work }: StudioState): string {
  const share =
    busy === 'run' && run && model
      ? overallShare(run, model.plan.length)
      : busy !== null && work && work.total > 0
        ? work.done / work.total
        : null
  return share === null
    ? words.product
    : words.progress(Math.round(share * 100), busy === 'run' && run?.status === 'paused')
}

function tell(busy: NonNullable<StudioState['busy']>, { run, model, failures }: StudioState): void {
  if (!settings().notify || !('Notification' in window) || Notification.permission !== 'granted') return
  const kind = busy === 'run' ? 'run' : 'other'
  if (kind === 'run' && run?.status === 'cancelled') return
  const failed = kind === 'run' ? run?.status === 'failed' : Object.values(failures).some(Boolean)
  void notify((failed ? words.failed : words.done)[kind], {
    body: words.of(model?.inspection.name ?? '', kind === 'run' ? (run?.label ?? '') : ''),
    icon: './icons/192.png',
    tag: 'bitloom',
  })
}
