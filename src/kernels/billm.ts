import binarizeSource from '../../shaders/billm_binarize.wgsl?raw'
import chooseColumnsSource from '../../shaders/billm_choose_columns.wgsl?raw'
import chooseSplitSource from '../../shaders/billm_choose_split.wgsl?raw'
import columnErrorsSource from '../../shaders/billm_column_errors.wgsl?raw'
import columnSumsSource from '../../shaders/billm_column_sums.wgsl?raw'
import gatherSource from '../../shaders/billm_gather.wgsl?raw'
import rankSource from '../../shaders/billm_rank.wgsl?raw'
import splitErrorsSource from '../../shaders/billm_split_errors.wgsl?raw'
import totalsSource from '../../shaders/billm_totals.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import reduce from '../../shaders/lib/reduce.wgsl?raw'
import saliency from '../../shaders/lib/saliency.wgsl?raw'
import { grid1d, type Kernel, splitRows, wgsl } from '../gpu/kernel'
import { GPTQ_BLOCK } from './quantize'
import { signCodeSources } from './sign-codes'

/** The search of BiLLM, a block of columns at a time, and its binarization; everything stays on the GPU. */

const SIZE = 64
/** Thresholds that are tried: the quantiles 0.10, 0.11, … 0.90. */
export const QUANTILES = 81
/** Numbers of a row and cell: center and amplitude of small and of large, center, first and second of salient. */
export const BILLM_LEVELS = 7

export interface BlockShape {
  readonly rows: number
  readonly columns: number
  readonly first: number
  /** Columns of this block, at most GPTQ_BLOCK. */
  readonly count: number
}

export interface MeasureShape extends BlockShape {
  /** Whether w²/U² is taken for a weight, times `unit`; else itself. */
  readonly hessian: boolean
  readonly unit: number
}

export const measureParams = {
  rows: 'u32',
  columns: 'u32',
  first: 'u32',
  count: 'u32',
  hessian: 'u32',
  unit: 'f32',
} as const
export const measured = (shape: MeasureShape) => ({ ...shape, hessian: Number(shape.hessian) })

/** Rows that one partial sum covers. */
const SLICE = 512
export const rowSlices = (rows: number): number => Math.ceil(rows / SLICE)

export const billmColumnSums: Kernel<'w' | 'pivots' | 'sums', MeasureShape> = {
  label: 'billm column sums',
  wgsl: wgsl([saliency, columnSumsSource], { SIZE }),
  bindings: { w: 'read', pivots: 'read', sums: 'read_write' },
  params: { ...measureParams, slice: 'u32' },
  passes: (shape) => [
    { groups: [Math.ceil(shape.count / SIZE), rowSlices(shape.rows)], params: { ...measured(shape), slice: SLICE } },
  ],
  cost: ({ rows, count }) => ({ flops: 5 * rows * count, bytes: 4 * rows * count }),
}

export const billmRank: Kernel<'sums' | 'ranked', { readonly count: number; readonly slices: number }> = {
  label: 'billm rank',
  wgsl: wgsl([rankSource], { BLOCK: GPTQ_BLOCK }),
  bindings: { sums: 'read', ranked: 'read_write' },
  params: { count: 'u32', slices: 'u32' },
  passes: (shape) => [{ groups: [1], params: { ...shape } }],
  cost: ({ count, slices }) => ({ flops: count * (count + slices), bytes: 4 * count * slices }),
}

export const billmGather: Kernel<'w' | 'pivots' | 'ranked' | 'search', MeasureShape> = {
  label: 'billm gather',
  wgsl: wgsl([grid, saliency, gatherSource], { SIZE }),
  bindings: { w: 'read', pivots: 'read', ranked: 'read', search: 'read_write' },
  params: measureParams,
  passes: (shape, device) => [{ groups: grid1d(shape.rows * shape.count, SIZE, device), params: measured(shape) }],
  cost: ({ rows, count }) => ({ flops: 5 * rows * count, bytes: 8 * rows * count }),
}

interface SearchShape extends Pick<BlockShape, 'rows' | 'count'> {
  /** How many choices are compared. */
  readonly choices: number
}

/** Operations a weight and choice; three walks over the columns, or two. */
const COLUMN_OPERATIONS = 24
const SPLIT_OPERATIONS = 20

export const billmColumnErrors: Kernel<'search' | 'errors', SearchShape & { readonly restOrder: number }> = {
  label: 'billm column errors',
  wgsl: wgsl([columnErrorsSource], { SIZE }),
  bindings: { search: 'read', errors: 'read_write' },
  params: { rows: 'u32', count: 'u32', firstRow: 'u32', lastRow: 'u32', restOrder: 'u32' },
  passes: ({ rows, count, choices, restOrder }, device) =>
    splitRows(rows, SIZE, COLUMN_OPERATIONS * count * choices, device).map((part) => ({
      groups: [Math.ceil(part.rows / SIZE), choices],
      params: { rows, count, firstRow: part.row, lastRow: part.row + part.rows, restOrder },
    })),
  cost: ({ rows, count, choices }) => ({ flops: COLUMN_OPERATIONS * rows * count * choices, bytes: 4 * rows * count }),
}

export const billmSplitErrors: Kernel<'search' | 'choice' | 'thresholds' | 'errors', SearchShape> = {
  label: 'billm split errors',
  wgsl: wgsl([splitErrorsSource], { SIZE }),
  bindings: { search: 'read', choice: 'read', thresholds: 'read', errors: 'read_write' },
  params: { rows: 'u32', count: 'u32', firstRow: 'u32', lastRow: 'u32' },
  passes: ({ rows, count, choices }, device) =>
    splitRows(rows, SIZE, SPLIT_OPERATIONS * count * choices, device).map((part) => ({
      groups: [Math.ceil(part.rows / SIZE), choices],
      params: { rows, count, firstRow: part.row, lastRow: part.row + part.rows },
    })),
  cost: ({ rows, count, choices }) => ({ flops: SPLIT_OPERATIONS * rows * count * choices, bytes: 4 * rows * count }),
}

/** Sums of errors over rows, one a choice. */
export const billmTotals: Kernel<'errors' | 'sums', Pick<SearchShape, 'rows' | 'choices'>> = {
  label: 'billm totals',
  wgsl: wgsl([reduce, totalsSource], { RADIX: 8 }),
  bindings: { errors: 'read', sums: 'read_write' },
  params: { rows: 'u32' },
  passes: ({ rows, choices }) => [{ groups: [choices], params: { rows } }],
  cost: ({ rows, choices }) => ({ flops: rows * choices, bytes: 4 * rows * choices }),
}

export const billmChooseColumns: Kernel<'sums' | 'choice' | 'ranks', SearchShape & { readonly ownQuantiles: boolean }> =
  {
    label: 'billm choose columns',
    wgsl: wgsl([chooseColumnsSource], { QUANTILES }),
    bindings: { sums: 'read', choice: 'read_write', ranks: 'read_write' },
    params: { rows: 'u32', count: 'u32', choices: 'u32', ownQuantiles: 'u32' },
    passes: (shape) => [{ groups: [1], params: { ...shape, ownQuantiles: Number(shape.ownQuantiles) } }],
    cost: ({ choices }) => ({ flops: QUANTILES * choices, bytes: 4 * (choices + QUANTILES) }),
  }

export const billmChooseSplit: Kernel<'sums' | 'thresholds' | 'choice', null> = {
  label: 'billm choose split',
  wgsl: wgsl([chooseSplitSource], { QUANTILES }),
  bindings: { sums: 'read', thresholds: 'read', choice: 'read_write' },
  params: {},
  passes: () => [{ groups: [1] }],
  cost: () => ({ flops: QUANTILES, bytes: 8 * QUANTILES }),
}

export const billmBinarize: Kernel<
  'w' | 'pivots' | 'search' | 'ranked' | 'choice' | 'levels' | 'codes' | 'errors',
  BlockShape & { readonly cell: number; readonly cells: number }
> = {
  label: 'billm binarize',
  wgsl: wgsl([grid, ...signCodeSources, binarizeSource], { BLOCK: GPTQ_BLOCK, SIZE }),
  bindings: {
    ...{ w: 'read', pivots: 'read', search: 'read', ranked: 'read', choice: 'read' },
    ...{ levels: 'read_write', codes: 'read_write', errors: 'read_write' },
  },
  params: { rows: 'u32', columns: 'u32', first: 'u32', count: 'u32', cell: 'u32', cells: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.rows, SIZE, device), params: { ...shape } }],
  cost: ({ rows, count }) => ({ flops: 30 * rows * count, bytes: 28 * rows * count }),
}
