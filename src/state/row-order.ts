import type { RowRecord } from '../workers/matrix-api'

/** How the rows of a matrix are laid under each other: as they were, or by a falling norm or error. */
export type RowOrder = 'original' | 'norm' | 'error'

/**
 * Original row at each place. Where `group` rows belong together, groups change places as wholes, by the sum of their
 * squares, and the rows of each keep their order.
 */
export function rowArrangement(
  rows: number,
  order: RowOrder,
  record: RowRecord | null,
  group: number,
): Uint32Array<ArrayBuffer> {
  const places = new Uint32Array(rows).map((_, row) => row)
  const lane = order === 'original' ? null : order === 'norm' ? record?.norm.map((norm) => norm * norm) : record?.error
  if (!lane) return places
  const size = Math.max(1, group)
  const sums = new Float64Array(Math.ceil(rows / size))
  lane.forEach((value, row) => {
    sums[Math.floor(row / size)]! += Number.isNaN(value) ? 0 : value
  })
  const groups = Uint32Array.from(sums.keys()).sort((a, b) => sums[b]! - sums[a]! || a - b)
  let place = 0
  for (const index of groups)
    for (let row = index * size; row < Math.min(rows, (index + 1) * size); row++) places[place++] = row
  return places
}
