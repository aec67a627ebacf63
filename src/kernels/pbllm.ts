import grid from '../../shaders/lib/grid.wgsl?raw'
import saliency from '../../shaders/lib/saliency.wgsl?raw'
import levelsSource from '../../shaders/pbllm_levels.wgsl?raw'
import markSource from '../../shaders/pbllm_mark.wgsl?raw'
import saliencySource from '../../shaders/pbllm_saliency.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'
import { type BlockShape, type MeasureShape, measured, measureParams } from './billm'
import { signCodeSources } from './sign-codes'

const SIZE = 64

/** Saliency of a run of columns; w²/U² or |w|. */
export const pbllmSaliency: Kernel<'w' | 'pivots' | 's', MeasureShape> = {
  label: 'pb-llm saliency',
  wgsl: wgsl([grid, saliency, saliencySource], { SIZE }),
  bindings: { w: 'read', pivots: 'read', s: 'read_write' },
  params: measureParams,
  passes: (shape, device) => [{ groups: grid1d(shape.rows * shape.count, SIZE, device), params: measured(shape) }],
  cost: ({ rows, count }) => ({ flops: 5 * rows * count, bytes: 8 * rows * count }),
}

/** Marks the salient ones of a run of columns. */
export const pbllmMark: Kernel<'s' | 'threshold' | 'codes', BlockShape> = {
  label: 'pb-llm mark',
  wgsl: wgsl([grid, ...signCodeSources, markSource], { SIZE }),
  bindings: { s: 'read', threshold: 'read', codes: 'read_write' },
  params: { rows: 'u32', columns: 'u32', first: 'u32', count: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.rows * shape.count, SIZE, device), params: { ...shape } }],
  cost: ({ rows, count }) => ({ flops: rows * count, bytes: 8 * rows * count }),
}

export interface CellShape {
  readonly rows: number
  readonly columns: number
  readonly cellColumns: number
  readonly cells: number
  /** Whether salient weights are left out of the means, instead of counting as zeros. */
  readonly own: boolean
}

/** Center and amplitude of every cell. */
export const pbllmLevels: Kernel<'w' | 'codes' | 'levels', CellShape> = {
  label: 'pb-llm levels',
  wgsl: wgsl([grid, ...signCodeSources, levelsSource], { SIZE }),
  bindings: { w: 'read', codes: 'read', levels: 'read_write' },
  params: { rows: 'u32', columns: 'u32', cellColumns: 'u32', cells: 'u32', own: 'u32' },
  passes: (shape, device) => [
    { groups: grid1d(shape.rows * shape.cells, SIZE, device), params: { ...shape, own: Number(shape.own) } },
  ],
  cost: ({ rows, columns }) => ({ flops: 8 * rows * columns, bytes: 16 * rows * columns }),
}
