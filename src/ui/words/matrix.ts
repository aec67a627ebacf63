import type { Reduction } from '../../pipeline/matrix/reduce'
import type { Quantity } from '../../pipeline/matrix/sources'
import type { Lane, Order } from '../../state/lanes'
import { inBits, plural } from './counts'

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

export const LANE_TITLES: Readonly<Record<Lane, string>> = {
  hessian: 'diag H',
  factor: 'diag U',
  norm: 'norm',
  error: 'error',
  saliency: 'saliency',
  salient: 'salient',
}

/** Orders of the columns. */
export const ORDER_TITLES: Readonly<Record<Order, string>> = {
  ...LANE_TITLES,
  original: 'original',
  stored: 'as stored',
  width: 'by width',
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

/** All there is, or from which to which place of it. */
const part = (what: string) => (first: number, last: number, all: number) =>
  all === 1 ? `1 ${what}` : last - first + 1 === all ? `all ${all} ${what}s` : `${what}s ${first} to ${last} of ${all}`

export const WORDS = {
  title: 'Matrix map',
  titleOf: (module: string) => `Matrix map: ${module}`,
  label: (module: string, columns: number) =>
    `Matrix map of ${module}, ${plural(String(columns), 'column')}. Arrow keys move, plus and minus zoom, Enter looks closer.`,
  inView: { columns: part('column'), ranks: part('rank'), rows: part('row') },
  widths: 'Bits of the columns',
  zoomIn: 'Zoom in',
  zoomOut: 'Zoom out',
  all: 'All',
  noErrors: 'Its errors are not known. Bins narrower than a pixel show their largest value.',
  worst: (column: number, error: string, share: string) =>
    `Largest error in column ${column}: ${error}, ${share} of the matrix.`,
  dead: (columns: number) => `${plural(columns, 'column')} never saw an input.`,
  saliency: 'Saliency is the norm over diag U, squared.',
  storedAsTheyWere: 'The columns are stored in their original order.',
  show: 'Show',
  bin: 'Bin',
  colour: 'Colours',
  order: 'Order',
  rows: 'Rows',
  groups: 'Groups',
  noGroups: 'none',
  heads: 'heads',
  rowsEach: (size: number) => plural(size, 'row'),
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
  weightsTable: (rows: number, columns: number) =>
    `Weights in view, ${plural(rows, 'row')} and ${plural(columns, 'column')}`,
  zoomForWeights: (most: number) => `Single weights are listed once at most ${most} are in view: zoom in.`,
  row: 'Row',
  column: 'Column',
  code: 'code',
  /** One column with all that is known of it. */
  columnFacts: (column: number, bits: number, lanes: readonly (readonly [title: string, value: string])[]) =>
    `Column ${column}: ${[inBits(bits), ...lanes.map((lane) => lane.join(' '))].join(', ')}`,
  axis: { column: 'column', rank: 'rank' },
  /** The end of a scale. */
  reach: (end: string) => `to ${end}`,
  logReach: (end: string) => `log, to ${end}`,
} as const

/** One weight with everything that is stored of it. */
export const CELL_WORDS = {
  told: (row: number, column: number, facts: readonly string[]) => `Row ${row}, column ${column}: ${facts.join(', ')}`,
  weight: (value: string) => `weight ${value}`,
  code: (code: number) => `code ${code}`,
  codeOf: (code: number, last: number) => `code ${code} of 0 to ${last}`,
  original: (value: string) => `original ${value}`,
  error: (value: string) => `error ${value}`,
  other: (value: string) => `B ${value}`,
  difference: (value: string) => `A − B ${value}`,
  bits: inBits,
  amplitude: (amplitude: string, center: string) => `amplitude ${amplitude} about ${center}`,
  group: (group: number, scale: string, zero: string) => `group ${group} with scale ${scale}, zero ${zero}`,
  salient: 'salient',
} as const
