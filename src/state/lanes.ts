import type { ColumnRecord } from '../records'

/** Everything there is to say of a column beside its width. */
export type Lane = 'hessian' | 'factor' | 'norm' | 'error' | 'saliency' | 'salient'

/** How the columns of a matrix are laid side by side: as they were, as they are stored, by falling width, or by a falling lane. */
export type Order = 'original' | 'stored' | 'width' | Lane

const LANES: readonly Lane[] = ['hessian', 'factor', 'norm', 'error', 'saliency', 'salient']

/** ‖w_j‖² / U_jj²: what a column's rounding costs at a given width, up to a factor; null where one of them is unknown. */
export function saliencyOf({ norm, factor }: ColumnRecord): Float32Array<ArrayBuffer> | null {
  return norm && factor && norm.map((value, column) => (value / factor[column]!) ** 2)
}

/** Many views ask for the same lanes of the same matrix. */
const known = new WeakMap<ColumnRecord, Map<Lane, Float32Array<ArrayBuffer> | null>>()

/** A lane of nothing but NaN is none: nobody knows the errors of a model that other software quantized. */
export function laneOf(columns: ColumnRecord, lane: Lane): Float32Array<ArrayBuffer> | null {
  const lanes = known.get(columns) ?? new Map<Lane, Float32Array<ArrayBuffer> | null>()
  known.set(columns, lanes)
  if (!lanes.has(lane)) {
    const values = lane === 'saliency' ? saliencyOf(columns) : columns[lane]
    lanes.set(lane, values?.every(Number.isNaN) ? null : values)
  }
  return lanes.get(lane) ?? null
}

/** The lanes that a record has, in the order in which maps and documents list them. */
export const lanesOf = (columns: ColumnRecord): Lane[] => LANES.filter((lane) => laneOf(columns, lane))

/**
 * Original column at each place; columns that are alike stay in their original order. NaN goes last.
 *
 * @param stored the same as they are stored, once that is known
 */
export function arrangement(
  columns: ColumnRecord,
  order: Order,
  stored: Uint32Array<ArrayBuffer> | null = null,
): Uint32Array<ArrayBuffer> {
  if (order === 'stored' && stored?.length === columns.bits.length) return stored
  const places = new Uint32Array(columns.bits.length).map((_, place) => place)
  if (order === 'original' || order === 'stored') return places
  const values = order === 'width' ? columns.bits : laneOf(columns, order)
  if (!values) return places
  const key = values.map((value) => (Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value))
  return places.sort((a, b) => (key[a] === key[b] ? a - b : key[a]! < key[b]! ? 1 : -1))
}

/** Values of a lane in the order of `places`. */
export function arranged(values: Float32Array, places: Uint32Array): Float32Array<ArrayBuffer> {
  const inOrder = new Float32Array(places.length)
  for (let i = 0; i < places.length; i++) inOrder[i] = values[places[i]!]!
  return inOrder
}

/** Mean width of a module's columns. */
export const meanWidth = ({ bits }: ColumnRecord): number => bits.reduce((sum, width) => sum + width, 0) / bits.length
