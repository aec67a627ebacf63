import { type RefObject, type UIEvent, useEffect, useRef, useState } from 'react'
import { laidOut, placeOf, type ScrollPlace, scrolled } from './scroll-scale'

/** Pixels of the head and of a row of any table; table.css has the same. */
const HEAD = 26
const ROW = 24
const OVERSCAN = 8

/** The rows of a table that are in view, and the pixels of what stands for the others. */
interface RowsInView {
  readonly area: RefObject<HTMLElement | null>
  readonly onScroll: (event: UIEvent<HTMLElement>) => void
  /** The first row, and the one behind the last. */
  readonly first: number
  readonly end: number
  readonly above: number
  readonly below: number
}

/**
 * @param followed a row that is brought into view at first and when it becomes another; −1 for none
 * @param chosen one that is when it becomes another
 */
export function useRows(count: number, view: number, followed = -1, chosen = -1): RowsInView {
  const area = useRef<HTMLElement>(null)
  const [place, setPlace] = useState<ScrollPlace>({ list: 0, bar: 0, leaping: false, at: 0 })
  const whole = HEAD + count * ROW
  // of a table that has just become shorter; the browser moves the scrollbar next
  const list = Math.min(place.list, whole - HEAD)
  const bar = Math.min(place.bar, laidOut(whole) - HEAD)

  // less than `view` under a scrollbar of the other direction
  const seen = () => ({ whole, view: area.current?.clientHeight || view })
  const go = (to: ScrollPlace) => {
    if (area.current && to.bar !== area.current.scrollTop) area.current.scrollTop = to.bar
    setPlace(to)
  }
  const reveal = (row: number) => {
    const at = row * ROW
    if (row >= 0 && (at < list || at > list + view - 3 * ROW))
      go(placeOf(at - Math.round(view / 2 / ROW) * ROW, seen(), performance.now()))
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: what it reads is of the moment when another row is followed
  useEffect(() => reveal(followed), [followed, view])
  const shown = useRef(chosen)
  // biome-ignore lint/correctness/useExhaustiveDependencies: likewise
  useEffect(() => {
    if (shown.current !== chosen) reveal(chosen)
    shown.current = chosen
  }, [chosen])

  const first = Math.max(0, Math.floor(list / ROW) - OVERSCAN)
  const end = Math.min(count, Math.ceil((list + view) / ROW) + OVERSCAN)
  // rows stand where they are seen, wherever the scrollbar is
  const above = Math.max(0, bar - list + first * ROW)
  const below = Math.max(0, laidOut(whole) - HEAD - above - (end - first) * ROW)
  return {
    ...{ area, first, end, above, below },
    onScroll: ({ currentTarget, timeStamp }) => go(scrolled(place, currentTarget.scrollTop, seen(), timeStamp)),
  }
}
