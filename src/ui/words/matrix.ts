import type { Reduction } from '../../pipeline/matrix/reduce'
import type { Quantity } from '../../pipeline/matrix/sources'

/** What a strip shows. */
export const QUANTITY_TITLES: Readonly<Record<Quantity, string>> = {
  weight: 'weights',
  original: 'original',
  error: 'error',
  code: 'codes',
  bits: 'bits',
  sign: 'signs',
  other: 'weights B',
  difference: 'A − B',
}

export const QUANTITY_HELP: Readonly<Record<Quantity, string>> = {
  weight: 'The weights that the stored codes stand for',
  original: 'The weights before, from the checkpoint',
  error: 'What rounding changed: weights less the original',
  code: 'Where each code lies among its levels, from the lowest to the highest',
  bits: 'Bits that stand for each weight',
  sign: 'Signs of the weights; the mean shows their balance',
  other: 'The weights of the other result',
  difference: 'Weights less those of the other result',
}

export const REDUCTION_TITLES: Readonly<Record<Reduction, string>> = {
  extreme: 'extreme',
  largest: 'largest size',
  mean: 'mean',
  size: 'mean size',
}

/** How sizes become colours. */
export const CONTRAST_TITLES = { root: 'by root', linear: 'linear', clipped: 'cut at 99.5 %' } as const

/** Orders of the rows; of whole groups where groups are marked. */
export const ROW_ORDER_TITLES = { original: 'original', norm: 'by norm', error: 'by error' } as const

export const WORDS = {
  show: 'Show',
  bin: 'Bin',
  colour: 'Colours',
  order: 'Order',
  rows: 'Rows',
  groups: 'Groups',
  noGroups: 'none',
  heads: 'heads',
  rowsEach: (size: number) => `${size} rows`,
  group: (heads: boolean, index: number) => `${heads ? 'head' : 'group'} ${index}`,
  table: 'Table',
  other: 'Compare with…',
  otherRun: 'or with',
  noRun: 'a kept run…',
  run: (number: number, recipe: string, model: string | null) => `run ${number}, ${model ? `${model}, ` : ''}${recipe}`,
  noOther: (name: string) => `Leave ${name}`,
  waits: 'Weights are shown once the run has finished and the engine is free.',
  ofBin: (weights: number) => `the largest of ${weights} here`,
  how: 'Ctrl and wheel or two fingers zoom, dragging the weights moves them, dragging over the lanes picks columns, double click goes to single weights.',
  salient: 'Framed weights are salient: stored with more than a sign and a group.',
  rescaled:
    'This run scaled rows or columns of the matrix before it rounded, and the inverse into what comes before. The original is shown scaled alike: the error is what rounding did.',
  columnsTable: (count: number) => `Columns in view, ${count}`,
  weightsTable: (rows: number, columns: number) => `Weights in view, ${rows} rows and ${columns} columns`,
  zoomForWeights: (most: number) => `Single weights are listed once at most ${most} are in view: zoom in.`,
  row: 'Row',
  column: 'Column',
} as const
