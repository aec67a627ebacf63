import { useLayoutEffect, useRef, useSyncExternalStore } from 'react'

/** The studio's path, or the page beside it. */
export type View = 'studio' | 'benchmark'

const viewOf = (): View => (location.hash === '#benchmark' ? 'benchmark' : 'studio')

/** Where the studio stood when it was left. */
let left = 0

function subscribe(changed: () => void): () => void {
  const listen = () => {
    // before anything is drawn: once the studio is hidden the page is short and has lost its place
    if (viewOf() === 'benchmark') left = window.scrollY
    changed()
  }
  window.addEventListener('hashchange', listen)
  return () => window.removeEventListener('hashchange', listen)
}

/** What the address asks for: Back, Forward and bookmarks work as with any page. */
export const useView = (): View => useSyncExternalStore(subscribe, viewOf)

/** Leaves the benchmark where something happens in the studio. */
export function showStudio(): void {
  if (viewOf() === 'benchmark') location.hash = '#step-open'
}

/** Takes the eye and the focus along when the view changes: to the benchmark's title, and back to where one was. */
export function useArrival(view: View): void {
  const shown = useRef(view)
  useLayoutEffect(() => {
    if (shown.current === view) return
    shown.current = view
    if (view === 'benchmark') {
      window.scrollTo({ top: 0, behavior: 'instant' })
      document.getElementById('title-benchmark')?.focus({ preventScroll: true })
      return
    }
    const step = location.hash.startsWith('#step-') && document.getElementById(location.hash.slice(1))
    if (step) step.scrollIntoView({ behavior: 'instant' })
    else window.scrollTo({ top: left, behavior: 'instant' })
    // what had the focus went with the benchmark, unless it was in the header
    if (document.activeElement === document.body)
      document.getElementById('to-benchmark')?.focus({ preventScroll: true })
  }, [view])
}
