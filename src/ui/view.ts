import { useEffect, useLayoutEffect, useRef, useSyncExternalStore } from 'react'
import { type Beside, isBeside, parseAddress } from '../state/address'

/** The studio's path, or a page beside it. */
export type View = 'studio' | Beside

const viewOf = (): View => {
  const { place } = parseAddress(location.hash)
  return isBeside(place) ? place : 'studio'
}

function subscribe(changed: () => void): () => void {
  window.addEventListener('hashchange', changed)
  return () => window.removeEventListener('hashchange', changed)
}

/** What the address asks for: Back, Forward and bookmarks work as with any page. */
export const useView = (): View => useSyncExternalStore(subscribe, viewOf)

/** Leaves a page beside the path where something happens in the studio. */
export function showStudio(step: 'step-open' | 'step-recipe' = 'step-open'): void {
  if (viewOf() !== 'studio') location.hash = `#${step}`
}

/** Takes the eye and the focus along when the view changes: to the page's title, and back to where one was. */
export function useArrival(view: View): void {
  const shown = useRef(view)
  const place = useRef(0)
  useLayoutEffect(() => {
    const before = shown.current
    if (before === view) return
    shown.current = view
    if (view !== 'studio') {
      window.scrollTo({ top: 0, behavior: 'instant' })
      focusTitle(view)
      return
    }
    const { place: asked } = parseAddress(location.hash)
    const step = asked.startsWith('step-') && document.getElementById(asked)
    if (step) step.scrollIntoView({ behavior: 'instant' })
    else scrollBack(place.current, FRAMES)
    // what had the focus went with the page, unless it was in the header
    if (document.activeElement === document.body)
      document.getElementById(`to-${before}`)?.focus({ preventScroll: true })
  }, [view])

  useEffect(() => {
    if (view !== 'studio') return
    // once it is hidden the page is short, and Back and Forward have moved it before they say so
    const keep = () => {
      if (viewOf() === 'studio') place.current = window.scrollY
    }
    window.addEventListener('scroll', keep, { passive: true })
    return () => window.removeEventListener('scroll', keep)
  }, [view])
}

/** Frames in which drawings find their height again. */
const FRAMES = 20

/** As soon as it is there: its script may be on its way. */
function focusTitle(view: View): void {
  const title = document.getElementById(`title-${view}`)
  if (title) title.focus({ preventScroll: true })
  else if (viewOf() === view) requestAnimationFrame(() => focusTitle(view))
}

/** To where the studio was left, as soon as it is as long again. */
function scrollBack(top: number, frames: number): void {
  window.scrollTo({ top, behavior: 'instant' })
  if (window.scrollY < top - 1 && frames > 0) requestAnimationFrame(() => scrollBack(top, frames - 1))
}
