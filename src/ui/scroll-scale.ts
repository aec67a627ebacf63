/**
 * Scrolling through more than a browser can lay out. An element may be about 17 million pixels high (Firefox; 33 million
 * elsewhere): a longer list is laid out `TALLEST` high, and where it stands is a place of its own beside the scrollbar's. Short
 * steps, of a wheel or a key, move it by as many pixels; long ones, of the scrollbar, in proportion, but for its first and last part.
 */
export interface ScrollPlace {
  /** Pixels from the top of the list. */
  readonly list: number
  /** Of the scrollbar: the element's scrollTop. */
  readonly bar: number
  /** In the midst of a long step, which some browsers draw out into many that end in short ones; when it was last moved. */
  readonly leaping: boolean
  readonly at: number
}

export const TALLEST = 8_000_000

/** Milliseconds without an event after which a step is over. */
const GESTURE_MS = 150

export interface ScrollExtent {
  /** Pixels of the whole list, and of what is seen of it. */
  readonly whole: number
  readonly view: number
}

export const laidOut = (whole: number): number => Math.min(whole, TALLEST)

const farthest = (extent: ScrollExtent) => ({
  list: Math.max(0, extent.whole - extent.view),
  bar: Math.max(0, laidOut(extent.whole) - extent.view),
})

const within = (value: number, most: number): number => Math.min(most, Math.max(0, value))

/** Pixels at either end that are laid out as they are: else steps towards an end would become shorter and shorter. */
const EDGE = 100_000

/** A map of [0, from] onto [0, to], which keeps distances at both ends. */
function scale(value: number, from: number, to: number): number {
  const edge = Math.min(EDGE, from / 4, to / 4)
  if (value <= edge) return value
  if (value >= from - edge) return to - (from - value)
  return edge + ((value - edge) * (to - 2 * edge)) / (from - 2 * edge)
}

/** Where the scrollbar stands when the list stands at `list`. */
export function placeOf(list: number, extent: ScrollExtent, at: number): ScrollPlace {
  const most = farthest(extent)
  const there = within(list, most.list)
  return { list: there, bar: scale(there, most.list, most.bar), leaping: false, at }
}

/** Where the list stands when the scrollbar has come to `bar`. Its `bar` is another where the scrollbar has to be moved after it. */
export function scrolled(from: ScrollPlace, bar: number, extent: ScrollExtent, at: number): ScrollPlace {
  const most = farthest(extent)
  if (most.list === most.bar) return { list: bar, bar, leaping: false, at }
  const step = bar - from.bar
  const leaping = Math.abs(step) > extent.view || (from.leaping && at - from.at < GESTURE_MS)
  if (leaping) return { list: scale(within(bar, most.bar), most.bar, most.list), bar, leaping, at }
  const list = within(from.list + step, most.list)
  // the scrollbar has come to its end before the list, or the list before it
  const ends = bar <= 0 || bar >= most.bar || list === 0 || list === most.list
  return ends ? placeOf(list, extent, at) : { list, bar, leaping, at }
}
