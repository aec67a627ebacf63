import { invariant } from '../errors'
import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { COLUMN_WORDS, columnTable, findRange, wholeLevels } from '../kernels/mixed'
import type { MixedLayout } from './mixed-layout'

/** Ranges of a matrix whose columns have several widths, and what it takes to find them. */
export interface RangeTensors {
  readonly layout: MixedLayout
  /** Rows. */
  readonly out: number
  /** u32 [in, COLUMN_WORDS]: what each place of the quantization order is. */
  readonly columns: Tensor
  /** u32 [in]: the places of each group together, groups as they begin. */
  readonly members: Tensor
  /** u32 [groups, 2]: where in `members` a group begins, and how many it has. */
  readonly runs: Tensor
  /** The same runs on the host. */
  readonly starts: readonly Run[]
  /** f32 [in]: importance where none is given. */
  readonly ones: Tensor
  /** f32 [out, groups], float16 values, or those of whole levels. */
  readonly lows: Tensor
  readonly ranges: Tensor
}

interface Run {
  /** Place of the group's first column. */
  readonly place: number
  readonly count: number
}

export interface RangeOptions {
  /** Looks for the range with the least error instead of taking the ends. */
  readonly search: boolean
  /** Levels are whole multiples of a step, as formats with integer zeros need; groups must have columns of one width. */
  readonly whole?: boolean
  /** f32 [in], original order: weight of each column's squared error in the search, e.g. diag H; all 1 when missing. */
  readonly importance?: Tensor
}

/** @param order original column at each place of the quantization order */
export function allocRanges(
  gpu: Gpu,
  rec: Recorder,
  out: number,
  layout: MixedLayout,
  order: Uint32Array<ArrayBuffer>,
): RangeTensors {
  const { widths, groupOf, groups } = layout
  const n = widths.length
  invariant(order.length === n, () => `an order of ${order.length} for ${n} columns`)
  const byGroup = new Map<number, number[]>()
  order.forEach((column, place) => {
    const group = byGroup.get(groupOf[column]!)
    if (group) group.push(place)
    else byGroup.set(groupOf[column]!, [place])
  })
  const lists = [...byGroup.values()]
  const tensors = {
    ...{ layout, out },
    starts: lists.map((list) => ({ place: list[0]!, count: list.length })),
    columns: gpu.alloc([n, COLUMN_WORDS], 'u32'),
    members: gpu.alloc([n], 'u32'),
    runs: gpu.alloc([groups, 2], 'u32'),
    ones: gpu.alloc([n]),
    lows: gpu.alloc([out, groups], 'f32', 'lows'),
    ranges: gpu.alloc([out, groups], 'f32', 'ranges'),
  }
  const columns = Array.from(order, (source) => ({ source, group: groupOf[source]!, bits: widths[source]! }))
  let begin = 0
  rec.write(tensors.columns, columnTable(columns))
  rec.write(tensors.members, Uint32Array.from(lists.flat()))
  rec.write(tensors.runs, Uint32Array.from(lists.flatMap(({ length }) => [(begin += length) - length, length])))
  rec.write(tensors.ones, new Float32Array(n).fill(1))
  return tensors
}

export function freeRanges(gpu: Gpu, { columns, members, runs, ones, lows, ranges }: RangeTensors): void {
  gpu.free(columns, members, runs, ones, lows, ranges)
}

/** Finds the ranges of the groups that begin at places [begin, end) of `w` [out, in], which is in quantization order. */
export function recordFindRange(
  rec: Recorder,
  w: Tensor,
  { layout, out, columns, members, runs, starts, ones, lows, ranges }: RangeTensors,
  { search, whole = false, importance = ones }: RangeOptions,
  begin = 0,
  end = layout.widths.length,
): void {
  const wanted = starts.filter(({ place }) => place >= begin && place < end)
  if (wanted.length === 0) return
  const cells = {
    ...{ rows: out, groups: layout.groups, first: starts.indexOf(wanted[0]!), count: wanted.length },
  }
  rec.run(
    findRange(search),
    { w, columns, members, runs, importance: search ? importance : ones, lows, ranges },
    { ...cells, columns: layout.widths.length, members: wanted.reduce((sum, { count }) => sum + count, 0) },
  )
  if (whole) rec.run(wholeLevels, { columns, members, runs, lows, ranges }, cells)
}
