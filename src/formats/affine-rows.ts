import { groupOfColumn, placeSegments } from './affine'
import { codeReader } from './affine-codes'
import { type Levels, levelReader } from './affine-levels'
import { binExtremes } from './bin-extremes'
import type { AffineLinear } from './quantized'
import type { RowLanes, RowReader } from './row-reader'

/** How many times as long a weight takes by itself as in its row. */
const DEARER = 8

export function affineRows(linear: AffineLinear): RowReader {
  const { out, in: columns, groups, segments, perm } = linear
  const widths: number[] = [...new Set(segments.map(({ bits }) => bits))].sort((a, b) => a - b)
  // by stored column
  const groupOf = new Uint16Array(columns).map((_, place) => groupOfColumn(linear, place))
  const widthOf = new Uint8Array(columns)
  for (const { bits, first, columns: count } of placeSegments(segments, out)) widthOf.fill(bits, first, first + count)
  const runs = runsOf(widthOf, groupOf)
  const places = perm && inverse(perm)
  const placeOf = (column: number) => (places ? places[column]! : column)
  const kindOf = new Uint8Array(columns).map((_, column) => widths.indexOf(widthOf[placeOf(column)]!))
  const stored = codeReader(linear)
  const levelsOf = levelReader(linear)
  const at: Levels = { min: 0, step: 0, zero: 0 }
  const unpacked = new Uint8Array(columns)

  const readFew = (row: number, { weights, codes, bases, steps }: Partial<RowLanes>, some: Uint32Array) => {
    let [group, bits] = [-1, 0]
    for (let i = 0; i < some.length; i++) {
      const column = some[i]!
      const place = placeOf(column)
      // neighbours mostly share their levels
      if (groupOf[place] !== group || widthOf[place] !== bits) {
        group = groupOf[place]!
        bits = widthOf[place]!
        levelsOf(row * groups + group, bits, at)
      }
      const code = stored.one(row, place)
      if (codes) codes[column] = code
      if (weights) weights[column] = at.min + at.step * (code - at.zero)
      if (bases) bases[column] = at.min - at.step * at.zero
      if (steps) steps[column] = at.step
    }
  }
  const readRow = (row: number, lanes: Partial<RowLanes>) => {
    const { weights, codes, bases, steps } = lanes
    if (!weights && !codes && !bases && !steps) return
    if (weights || codes) stored.row(row, unpacked)
    if (!perm) codes?.set(unpacked)
    for (const { start, end, group, bits } of runs) {
      levelsOf(row * groups + group, bits, at)
      if (perm) {
        scatter(lanes, unpacked, at, start, end, perm)
        continue
      }
      const { min, step, zero } = at
      if (weights) for (let i = start; i < end; i++) weights[i] = min + step * (unpacked[i]! - zero)
      bases?.fill(min - step * zero, start, end)
      steps?.fill(step, start, end)
    }
  }
  return {
    kinds: widths.map((bits) => ({ kind: 'affine', bits, codes: 2 ** bits, even: true })),
    read: (row, lanes, some) => {
      lanes.kinds?.set(kindOf)
      if (some && some.length * DEARER < columns) readFew(row, lanes, some)
      else readRow(row, lanes)
    },
    extremes: (binOf) => binExtremes(linear, binOf, levelsOf),
    source: (row, column) => {
      const place = placeOf(column)
      const group = groupOf[place]!
      levelsOf(row * groups + group, widthOf[place]!, at)
      return { group, scale: at.step, zero: at.step === 0 ? at.zero : at.zero - at.min / at.step }
    },
  }
}

/** Stored columns [start, end) of one group and one width, one run after another. */
function runsOf(widthOf: Uint8Array, groupOf: Uint16Array) {
  const runs: { start: number; end: number; group: number; bits: number }[] = []
  for (let start = 0, end = 0; start < widthOf.length; start = end) {
    const [group, bits] = [groupOf[start]!, widthOf[start]!]
    while (end < widthOf.length && groupOf[end] === group && widthOf[end] === bits) end++
    runs.push({ start, end, group, bits })
  }
  return runs
}

/** Fills lanes from codes [start, end), which share their levels; stored column i is column perm[i]. */
function scatter(
  { weights, codes, bases, steps }: Partial<RowLanes>,
  stored: Uint8Array,
  { min, step, zero }: Levels,
  start: number,
  end: number,
  perm: Uint32Array,
): void {
  const base = min - step * zero
  for (let i = start; i < end; i++) {
    const column = perm[i]!
    const code = stored[i]!
    if (codes) codes[column] = code
    if (weights) weights[column] = min + step * (code - zero)
    if (bases) bases[column] = base
    if (steps) steps[column] = step
  }
}

function inverse(perm: Uint32Array): Uint32Array<ArrayBuffer> {
  const places = new Uint32Array(perm.length)
  for (let i = 0; i < perm.length; i++) places[perm[i]!] = i
  return places
}
