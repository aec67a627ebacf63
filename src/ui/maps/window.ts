import type { Span } from '../../pipeline/matrix/bins'

/** A span of `factor` times the places with the place `around` kept where it is, inside the axis; of `least` places at least. */
export function zoom(span: Span, factor: number, around: number, total: number, least: number): Span {
  const places = span.end - span.start
  const wanted = Math.min(total, Math.max(Math.min(least, total), places * factor))
  return shifted(around - ((around - span.start) / places) * wanted, wanted, total)
}

/** The same places further on, as far as there are any. */
export const pan = ({ start, end }: Span, places: number, total: number): Span =>
  shifted(start + places, end - start, total)

/** The least move that brings a place wholly into view. */
export function reveal(span: Span, place: number, total: number): Span {
  const places = span.end - span.start
  if (place < span.start) return shifted(place, places, total)
  if (place + 1 > span.end) return shifted(place + 1 - places, places, total)
  return span
}

/** `places` places with one in their middle. */
export const centred = (place: number, places: number, total: number): Span =>
  shifted(place + 0.5 - Math.min(places, total) / 2, Math.min(places, total), total)

function shifted(start: number, places: number, total: number): Span {
  const first = Math.min(Math.max(0, start), total - places)
  return { start: first, end: first + places }
}
