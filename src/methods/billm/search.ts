import type { Gpu } from '../../gpu/device'
import type { Recorder } from '../../gpu/recorder'
import type { Tensor } from '../../gpu/tensor'
import {
  BILLM_LEVELS,
  type BlockShape,
  billmBinarize,
  billmChooseColumns,
  billmChooseSplit,
  billmColumnErrors,
  billmColumnSums,
  billmGather,
  billmRank,
  billmSplitErrors,
  billmTotals,
  QUANTILES,
  rowSlices,
} from '../../kernels/billm'
import { GPTQ_BLOCK } from '../../kernels/quantize'
import { allocSelection, freeSelection, recordSelect, type Selection, selectionShapes } from '../../kernels/select'
import { billmBlock } from '../../kernels/sign-block'
import { recordDiagonal } from '../../linalg/hessian'
import { recordColumns } from '../columns'
import type { Factor } from '../factor'
import type { Shape } from '../memory'
import { saliencyUnit } from '../saliency-unit'
import { type BillmOptions, MOST_SALIENT } from './options'

/** What becomes of a linear. */
export interface Binarized {
  /** u32 [out, in]; see shaders/lib/sign_codes.wgsl. */
  readonly codes: Tensor
  /** f32 [out, cells a row, 7]: center and amplitude of small and of large; center, first and second of salient. */
  readonly levels: Tensor
}

/** What the search of a block works with. */
interface Search {
  /** Of columns, slice by slice. */
  readonly parts: Tensor
  /** Columns of the block by falling saliency. */
  readonly ranked: Tensor
  /** What is searched on, [columns of the block by rank, out]. */
  readonly matrix: Tensor
  /** [choices, out] */
  readonly errors: Tensor
  readonly sums: Tensor
  /** Weights of salient columns, these columns, bits of the threshold. */
  readonly choice: Tensor
  readonly selection: Selection
}

const searchShapes = (rows: number): Shape[] => [
  [rowSlices(rows), GPTQ_BLOCK],
  [GPTQ_BLOCK],
  [GPTQ_BLOCK, rows],
  [QUANTILES, rows],
  [QUANTILES],
  [3],
]

/** Everything that `recordBillm` holds beside what it leaves. */
export const workingShapes = (rows: number, columns: number): Shape[] => [
  ...searchShapes(rows),
  ...selectionShapes(QUANTILES),
  [rows, columns],
  [rows, GPTQ_BLOCK],
  [columns],
]

function allocSearch(gpu: Gpu, rows: number): Search {
  const [parts, ranked, matrix, errors, sums, choice] = searchShapes(rows).map((shape) => gpu.alloc(shape))
  return {
    ...{ parts: parts!, ranked: ranked!, matrix: matrix!, errors: errors!, sums: sums!, choice: choice! },
    selection: allocSelection(gpu, QUANTILES),
  }
}

function freeSearch(gpu: Gpu, { selection, ...tensors }: Search): void {
  gpu.free(...Object.values(tensors))
  freeSelection(gpu, selection)
}

/** Codes and levels of a linear, block after block, the blocks behind absorbing the errors of those before. */
export function recordBillm(
  gpu: Gpu,
  rec: Recorder,
  weight: Tensor,
  factor: Pick<Factor, 'upper' | 'order' | 'diagonal' | 'inputs'>,
  { codes, levels }: Binarized,
  options: BillmOptions,
): void {
  const [rows = 0, columns = 0] = weight.shape
  const cells = Math.ceil(columns / options.blockSize)
  const search = allocSearch(gpu, rows)
  const pivots = gpu.alloc([columns], 'f32', 'pivots')
  recordDiagonal(rec, factor.upper, columns, pivots)
  const unit = saliencyUnit(factor.inputs)
  recordColumns(gpu, rec, weight, factor, options.blockSize, ({ w, errors, u, uRow, first, count }) => {
    const shape = { rows, columns, first, count }
    const cell = first / options.blockSize
    recordSearch(rec, w, pivots, unit, search, shape, options)
    const { matrix, ranked, choice } = search
    const found = { w, pivots, search: matrix, ranked, choice, levels, codes, errors }
    rec.run(billmBinarize, found, { ...shape, cell, cells })
    if (options.propagate)
      rec.run(
        billmBlock(rec.traits.software),
        { w, u, codes, errors, levels },
        { ...shape, uRow, cellColumns: options.blockSize, cells, top: 0 },
      )
  })
  gpu.free(pivots)
  freeSearch(gpu, search)
}

/** Which columns of a block are salient, and from where on magnitudes of the others are large. */
function recordSearch(
  rec: Recorder,
  w: Tensor,
  pivots: Tensor,
  unit: number,
  { parts, ranked, matrix, errors, sums, choice, selection }: Search,
  shape: BlockShape,
  { metric, searchOn, restOrder, ownQuantiles, mostSalient }: BillmOptions,
): void {
  const { rows, count } = shape
  const hessian = metric === 'hessian'
  rec.run(billmColumnSums, { w, pivots, sums: parts }, { ...shape, hessian, unit })
  rec.run(billmRank, { sums: parts, ranked }, { count, slices: rowSlices(rows) })
  rec.run(
    billmGather,
    { w, pivots, ranked, search: matrix },
    { ...shape, hessian: hessian && searchOn === 'saliency', unit },
  )
  // at least one column is left
  const choices = Math.min(mostSalient, MOST_SALIENT, count - 1)
  if (choices > 0) {
    rec.run(billmColumnErrors, { search: matrix, errors }, { rows, count, choices, restOrder })
    rec.run(billmTotals, { errors, sums }, { rows, choices })
  }
  rec.run(billmChooseColumns, { sums, choice, ranks: selection.ranks }, { rows, count, choices, ownQuantiles })
  // salient columns come first in the matrix, and count as zeros
  recordSelect(rec, matrix, choice, rows * count, selection)
  const thresholds = selection.selected
  rec.run(billmSplitErrors, { search: matrix, choice, thresholds, errors }, { rows, count, choices: QUANTILES })
  rec.run(billmTotals, { errors, sums }, { rows, choices: QUANTILES })
  rec.run(billmChooseSplit, { sums, thresholds, choice }, null)
}

export const levelShape = (rows: number, columns: number, blockSize: number): Shape => [
  rows,
  Math.ceil(columns / blockSize),
  BILLM_LEVELS,
]
