import type { TensorKind, TensorLane, TensorPicture } from '../../file-records'
import { formatInteger, formatPercent } from '../format'
import { inBits, plural } from './counts'

/** What the page says of files that are looked at. */
export const viewWords = {
  anyFile: 'Any other .safetensors or .gguf can be looked at.',
  toBeLookedAt: (format: string) => `${format}, to be looked at`,
  onlyLook: 'Can be looked at, not run',
  because: (reason: string) => `because ${reason}`,
  lookNow: 'Look at what is here',
  name: 'Name',
  architecture: 'Architecture',
  unnamed: 'not said',
  weights: 'Weights',
  size: 'Size of the tensors',
  files: 'Files',
  bits: 'Bits a weight',
  shares: 'Share of the size',
  byKind: 'By kind',
  byType: 'By type',
  shareOf: (tensors: number) => plural(tensors, 'tensor'),
  map: 'Map of the file',
  mapBy: 'Colour the map by',
  noMap: 'No matrices in numbered blocks.',
  metadata: 'Metadata',
  entries: (count: number) => plural(count, 'entry', 'entries'),
  someEntries: (shown: number, count: number) => `${formatInteger(shown)} of ${plural(count, 'entry', 'entries')}`,
  findEntries: 'Find entries: key or value',
  noMetadata: 'These files hold none.',
  metadataColumns: { key: 'Key', type: 'Type', value: 'Value' },
  bitsOf: inBits,
  module: (name: string, bits: string, weights: number, size: string) =>
    `${name}: ${inBits(bits)} a weight, ${plural(weights, 'weight')}, ${size}`,
  colours: {
    bits: { title: 'Bits', unit: 'bits a weight, from stored bytes' },
    size: { title: 'Size', unit: 'bytes, scales included' },
  },
  table: {
    ...{ name: 'Tensor', type: 'Type', kind: 'Kind', shape: 'Shape', bytes: 'Size', bits: 'Bits a weight' },
    find: 'Name, type, kind or shape',
    findLabel: 'Find tensors',
    look: (name: string) => `Look at ${name}`,
    label: 'Tensors',
    count: (shown: number, all: number) =>
      `${shown === all ? '' : `${formatInteger(shown)} of `}${plural(all, 'tensor')}`,
    beside: 'beside',
    belongs: 'belongs to codes beside it: counted with them',
  },
} as const

export const KIND_WORDS: Readonly<Record<TensorKind, string>> = {
  embedding: 'embedding',
  attention: 'attention',
  'feed-forward': 'feed-forward',
  experts: 'experts',
  norm: 'norms',
  head: 'head',
  other: 'other',
}

/** What a tensor is coloured by, and what a cell of many weights then shows. */
export const LANE_WORDS: Readonly<Record<TensorLane, { readonly title: string; readonly cell: string }>> = {
  peak: { title: 'Weights', cell: 'the weight furthest from zero' },
  rms: { title: 'Magnitude', cell: 'the root mean square of its weights' },
  code: { title: 'Codes', cell: 'the mean of its codes, as they are stored' },
  level: { title: 'Levels', cell: 'the mean of what the codebook gives, before scales' },
  entry: { title: 'Codebook entries', cell: 'the index of its first entry' },
  sign: { title: 'Signs', cell: 'the mean of its signs' },
  shift: { title: 'Shifts', cell: 'the mean of what is added to its levels' },
  scale: { title: 'Scales', cell: 'the block scale furthest from zero' },
  minimum: { title: 'Minimums', cell: 'the block minimum furthest from zero' },
  super: { title: 'Super-block scales', cell: 'the float16 that block scales are multiples of' },
}

export const tensorWords = {
  heading: 'Tensor',
  close: 'Close',
  colour: 'Colour by',
  zoomIn: 'Zoom in',
  zoomOut: 'Zoom out',
  whole: 'Whole tensor',
  cell: (shows: string) => `each cell: ${shows}`,
  cancel: 'Cancel',
  unknownType: (type: string) => `Weights of ${type} cannot be drawn: that type is not known here.`,
  empty: 'This tensor holds no weights.',
  label: (name: string, rows: number, columns: number) =>
    `Heatmap of ${name}, ${plural(rows, 'row')} by ${plural(columns, 'column')}. Arrow keys move, plus and minus zoom, 0 shows the whole.`,
  hint: 'Point at a cell, or walk with the arrow keys. Drag to zoom, + and − zoom, 0 shows the whole.',
  reading: (share: number) => `Reading, ${formatPercent(share)}`,
  readAll: (weights: number) => `Read all ${formatInteger(weights)}`,
  someRead: (read: number, weights: number) =>
    `${formatInteger(read)} of ${plural(weights, 'weight')} read, evenly spread`,
  allRead: (weights: number) => (weights === 1 ? 'its weight read' : `all ${formatInteger(weights)} weights read`),
  block: ({ weights, super: superBlock, book }: NonNullable<TensorPicture['block']>) =>
    [
      ...(book
        ? [`one of ${plural(book.entries, 'codebook entry', 'codebook entries')} for ${plural(book.weights, 'weight')}`]
        : []),
      `a scale for ${plural(weights, 'weight')}`,
      ...(superBlock === null ? [] : [`a super-block of ${superBlock}`]),
    ].join(', '),
  statistics: 'Statistics',
  histogram: 'Histogram of the weights',
  logCounts: 'height by the logarithm of the count',
  histogramLabel: (name: string, bars: number) =>
    `Histogram of ${name}, ${plural(bars, 'bar')}. Arrow keys read out a bar.`,
  histogramHint: 'Point at a bar to read it out.',
  bar: (from: string, to: string, weights: number) => `${from} to ${to}: ${plural(weights, 'weight')}`,
  rows: (first: number, last: number) =>
    first === last ? `Row ${formatInteger(first)}` : `Rows ${formatInteger(first)} to ${formatInteger(last)}`,
  columns: (first: number, last: number) =>
    first === last ? `column ${formatInteger(first)}` : `columns ${formatInteger(first)} to ${formatInteger(last)}`,
  axis: { row: 'row', column: 'column', count: 'count' },
  nothingFinite: 'nothing finite',
  largest: (value: string) => `largest ${value}`,
  none: 'none',
  facts: {
    ...{ min: 'Least', max: 'Greatest', mean: 'Mean', deviation: 'Deviation' },
    ...{ zeros: 'Zeros', nans: 'NaN', infinities: 'Infinite' },
  },
} as const
