import type { Gpu } from '../../gpu/device'
import type { Recorder } from '../../gpu/recorder'
import type { Tensor } from '../../gpu/tensor'
import { pbllmLevels, pbllmMark, pbllmSaliency } from '../../kernels/pbllm'
import { findGrid, GPTQ_BLOCK } from '../../kernels/quantize'
import { allocSelection, freeSelection, recordSelect, selectionShapes } from '../../kernels/select'
import { pbllmBlock } from '../../kernels/sign-block'
import { recordDiagonal } from '../../linalg/hessian'
import { type ColumnBlock, recordColumns } from '../columns'
import type { Factor } from '../factor'
import type { Shape } from '../memory'
import { saliencyUnit } from '../saliency-unit'
import type { PbllmOptions } from './options'

/** What becomes of a linear. */
export interface PartlyBinarized {
  /** u32 [out, in]; see shaders/lib/sign_codes.wgsl. */
  readonly codes: Tensor
  /** f32 [out, cells a row, 2]: center, amplitude. */
  readonly levels: Tensor
  /** f32 [out]: the grid of salient weights. */
  readonly steps: Tensor
  readonly zeros: Tensor
}

/** Columns a cell. */
export const cellColumns = (columns: number, groupSize: number): number =>
  groupSize === -1 ? columns : Math.min(groupSize, columns)

export const leftShapes = (rows: number, columns: number, groupSize: number): Shape[] => [
  [rows, columns],
  [rows, Math.ceil(columns / cellColumns(columns, groupSize)), 2],
  [rows],
  [rows],
]

/** diag U, saliencies of a group, and that no saliency counts as 0. */
const ownShapes = (rows: number, columns: number, groupSize: number): Shape[] => [
  [columns],
  [rows, cellColumns(columns, groupSize)],
  [1],
]

/** Everything that `recordPbllm` holds beside what it leaves. */
export const workingShapes = (rows: number, columns: number, groupSize: number): Shape[] => [
  ...ownShapes(rows, columns, groupSize),
  ...selectionShapes(1),
  // of the column loop
  [rows, columns],
  [rows, GPTQ_BLOCK],
]

export function allocBinarized(gpu: Gpu, rows: number, columns: number, groupSize: number): PartlyBinarized {
  const [codes, levels, steps, zeros] = leftShapes(rows, columns, groupSize).map((shape) => gpu.alloc(shape))
  return { codes: codes!, levels: levels!, steps: steps!, zeros: zeros! }
}

/** GPTQ's column loop: salient weights on a grid of their row, all others to two levels, both found beforehand. */
export function recordPbllm(
  gpu: Gpu,
  rec: Recorder,
  weight: Tensor,
  factor: Pick<Factor, 'upper' | 'order' | 'diagonal' | 'inputs'>,
  { codes, levels, steps, zeros }: PartlyBinarized,
  options: PbllmOptions,
): void {
  const [rows = 0, columns = 0] = weight.shape
  const { salient, metric, salientBits: bits, ownLevels: own } = options
  const width = cellColumns(columns, options.groupSize)
  const cells = Math.ceil(columns / width)
  const [pivots, s, none] = ownShapes(rows, columns, options.groupSize).map((shape) => gpu.alloc(shape)) as [
    Tensor,
    Tensor,
    Tensor,
  ]
  const selection = allocSelection(gpu, 1)

  // as in the authors' code, the grid comes before dead columns are set to 0
  const wholeRow = { rows, columns, groupSize: columns, groups: 1, bits, symmetric: false, firstGroup: 0, count: 1 }
  rec.run(findGrid, { w: weight, steps, zeros }, wholeRow)
  recordDiagonal(rec, factor.upper, columns, pivots)
  rec.clear(none)
  const unit = saliencyUnit(factor.inputs)
  const mark = (w: Tensor) => {
    for (let first = 0; first < columns; first += width) {
      const shape = { rows, columns, first, count: Math.min(width, columns - first) }
      const size = rows * shape.count
      rec.run(pbllmSaliency, { w, pivots, s }, { ...shape, hessian: metric === 'hessian', unit })
      rec.write(selection.ranks, Uint32Array.of(Math.min(size - 1, Math.floor(size * (1 - salient)))))
      recordSelect(rec, s, none, size, selection)
      rec.run(pbllmMark, { s, threshold: selection.selected, codes }, shape)
    }
    rec.run(pbllmLevels, { w, codes, levels }, { rows, columns, cellColumns: width, cells, own })
  }
  const matrix = { rows, columns, cellColumns: width, cells, top: 2 ** bits - 1 }
  const round = ({ w, errors, u, ...place }: ColumnBlock) =>
    rec.run(pbllmBlock(rec.traits.software), { w, u, codes, errors, levels, steps, zeros }, { ...matrix, ...place })
  recordColumns(gpu, rec, weight, factor, GPTQ_BLOCK, round, mark)
  gpu.free(pivots, s, none)
  freeSelection(gpu, selection)
}
