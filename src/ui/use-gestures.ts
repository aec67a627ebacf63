import { type PointerEvent, type RefObject, useEffect, useRef } from 'react'

export interface Point {
  readonly x: number
  readonly y: number
}

/** What hands do on a map, in pixels of it. */
export interface Gestures {
  /** `factor` below 1 shows fewer places; false where there is nothing more to show, and the page may scroll. */
  zoom(factor: number, at: Point): boolean
  pan(dx: number, dy: number): void
  /** A drag that begins here picks a range instead of moving what is shown. */
  picks(at: Point, shift: boolean): boolean
  /** While a range is being picked, and null once it is not. */
  picking(range: readonly [Point, Point] | null): void
  picked(from: Point, to: Point): void
  tap(at: Point): void
}

/** Pixels that a press may move and still be a tap. */
const SLIP = 4
/** Of a wheel, what doubles or halves. */
const WHEEL = 300

/**
 * Drag, pinch and wheel on an element. A wheel alone scrolls the page, unless the map has the focus; with Ctrl or ⌘, which is
 * also what a pinch on a trackpad says, it zooms.
 */
export function useGestures(element: RefObject<HTMLElement | null>, gestures: Gestures) {
  const now = useRef(gestures)
  now.current = gestures
  const fingers = useRef(new Map<number, Point>())
  const press = useRef<{ at: Point; last: Point; mode: 'none' | 'pan' | 'pick' } | null>(null)

  useEffect(() => {
    const host = element.current
    if (!host) return
    const wheel = (event: WheelEvent) => {
      const box = host.getBoundingClientRect()
      const at = { x: event.clientX - box.left, y: event.clientY - box.top }
      const step = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1
      if (event.ctrlKey || event.metaKey || (document.activeElement === host && !event.shiftKey && !event.deltaX)) {
        const turned = Math.max(
          -WHEEL,
          Math.min(WHEEL, event.deltaY * step * (event.ctrlKey && !event.deltaMode ? 3 : 1)),
        )
        if (now.current.zoom(2 ** (turned / WHEEL), at) || event.ctrlKey || event.metaKey) event.preventDefault()
        return
      }
      const sideways = event.shiftKey && !event.deltaX ? event.deltaY : event.deltaX
      if (Math.abs(sideways) <= Math.abs(event.shiftKey ? 0 : event.deltaY)) return
      now.current.pan(-sideways * step, 0)
      event.preventDefault()
    }
    // React's own listeners may not keep the page from scrolling
    host.addEventListener('wheel', wheel, { passive: false })
    return () => host.removeEventListener('wheel', wheel)
  }, [element])

  const pointOf = (event: PointerEvent): Point => {
    const box = event.currentTarget.getBoundingClientRect()
    return { x: event.clientX - box.left, y: event.clientY - box.top }
  }
  const spread = (): { at: Point; distance: number } => {
    const [a, b] = [...fingers.current.values()] as [Point, Point]
    return { at: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }, distance: Math.hypot(a.x - b.x, a.y - b.y) }
  }
  const release = (event: PointerEvent, whole: boolean) => {
    const held = press.current
    fingers.current.delete(event.pointerId)
    const [rest] = fingers.current.values()
    if (rest) {
      // the one that stays goes on from where it is
      if (held) held.last = rest
      return
    }
    press.current = null
    if (held?.mode === 'pick') now.current.picking(null)
    if (!held || !whole) return
    if (held.mode === 'none') now.current.tap(held.at)
    else if (held.mode === 'pick') now.current.picked(held.at, pointOf(event))
  }

  return {
    onPointerDown: (event: PointerEvent) => {
      if (event.button !== 0) return
      const at = pointOf(event)
      fingers.current.set(event.pointerId, at)
      press.current = fingers.current.size === 1 ? { at, last: at, mode: 'none' } : { at, last: at, mode: 'pan' }
    },
    /** Whether the pointer is busy with a gesture. */
    onPointerMove: (event: PointerEvent): boolean => {
      const held = press.current
      if (!held || !fingers.current.has(event.pointerId)) return false
      const at = pointOf(event)
      if (fingers.current.size === 2) {
        const before = spread()
        fingers.current.set(event.pointerId, at)
        const after = spread()
        now.current.pan(after.at.x - before.at.x, after.at.y - before.at.y)
        if (after.distance > 0) now.current.zoom(before.distance / after.distance, after.at)
        return true
      }
      fingers.current.set(event.pointerId, at)
      if (held.mode === 'none') {
        if (Math.hypot(at.x - held.at.x, at.y - held.at.y) < SLIP) return false
        held.mode = now.current.picks(held.at, event.shiftKey) ? 'pick' : 'pan'
        event.currentTarget.setPointerCapture(event.pointerId)
      }
      if (held.mode === 'pick') now.current.picking([held.at, at])
      else now.current.pan(at.x - held.last.x, at.y - held.last.y)
      held.last = at
      return true
    },
    onPointerUp: (event: PointerEvent) => release(event, true),
    onPointerCancel: (event: PointerEvent) => release(event, false),
  }
}
