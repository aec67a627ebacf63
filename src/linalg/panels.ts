import { invariant } from '../errors'
import type { Gpu, GpuInfo } from '../gpu/device'
import type { Tensor } from '../gpu/tensor'

/** Rows [first, first + count) of a square matrix [n, n], a tensor [count, n]. */
export interface Panel {
  readonly tensor: Tensor
  readonly first: number
  readonly count: number
}

/** A square matrix in panels of rows, each of which can be bound; one where the whole can be. */
export type Panels = readonly Panel[]

/** Panels begin at multiples of what Cholesky and the column loops take at once, so that no block of either lies in two. */
export const STEP = 128

/** Rows of a panel of n columns on this device. A run's problems say beforehand where not even STEP of them fit. */
export function panelRows(
  n: number,
  { maxBindingBytes, maxBufferBytes }: Pick<GpuInfo, 'maxBindingBytes' | 'maxBufferBytes'>,
): number {
  const rows = Math.floor(Math.min(maxBindingBytes, maxBufferBytes) / 4 / n)
  return rows >= n ? n : Math.max(STEP, STEP * Math.floor(rows / STEP))
}

/** Where each panel begins and how many rows it has. */
export function panelsOf(n: number, rows: number): { first: number; count: number }[] {
  return Array.from({ length: Math.ceil(n / rows) }, (_, i) => ({
    first: i * rows,
    count: Math.min(rows, n - i * rows),
  }))
}

export const allocPanels = (gpu: Gpu, n: number, label: string): Panels =>
  panelsOf(n, panelRows(n, gpu.info)).map(({ first, count }) => ({
    ...{ first, count, tensor: gpu.alloc([count, n], 'f32', label) },
  }))

/** A matrix in the same panels as another. */
export const allocLike = (gpu: Gpu, panels: Panels, label: string): Panels =>
  panels.map((panel) => ({ ...panel, tensor: gpu.alloc(panel.tensor.shape, 'f32', label) }))

/** A matrix that is whole, as panels. */
export const asPanels = (matrix: Tensor | Panels): Panels =>
  'buffer' in matrix ? [{ tensor: matrix, first: 0, count: matrix.shape[0]! }] : matrix

export const tensorsOf = (panels: Panels): Tensor[] => panels.map(({ tensor }) => tensor)

export function panelWith(panels: Panels, row: number): Panel {
  const panel = panels.find(({ first, count }) => row >= first && row < first + count)
  invariant(panel, () => `no panel holds row ${row}`)
  return panel
}
