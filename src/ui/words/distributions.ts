import { inBits, plural } from './counts'

/** What the page says about how weights, errors and saliency are spread. */
export const DISTRIBUTIONS = {
  title: 'Distributions',
  waits: 'Histograms are counted once the run has finished and the engine is free.',
  counting: 'Counting the weights…',
  look: (rows: number, out: number) => `From ${rows} of ${out} rows; all are being counted.`,
  noOriginal:
    'The original is not open: what stands here is of the stored weights. Errors, and where the original weights lay, need the checkpoint that they came from.',
  rescaled: 'The run scaled this matrix before it rounded; the original is taken scaled alike.',
  counts: 'Counts',
  linear: 'linear',
  log: 'by factors',
  asTable: (what: string | undefined) => `${what ?? 'Figure'} as a table`,
  csv: 'CSV',
  head: ['of', 'from', 'to', 'weights'],
  of: (name: string) => `Distributions of ${name}`,
  panels: (title: string, name: string, panels: readonly string[]) =>
    `${title} of ${name}: ${panels.join('; ')}. Arrow keys move from bar to bar and from histogram to histogram.`,
  table: (title: string, name: string) => `${title} of ${name}`,
  bar: (panel: string, low: string, high: string, unit: string, weights: string, part: string) =>
    `${panel}, ${low} to ${high} ${unit}: ${plural(weights, 'weight')}, ${part}`,
  key: { original: 'original', stored: 'stored' },
  level: (code: string, part: string) => `${code}: ${part} of the weights are stored so`,
} as const

export const WEIGHTS = {
  title: 'Weights',
  original: 'original weights',
  stored: 'stored weights',
  counted: (weights: string) => plural(weights, 'weight'),
  beyond: (part: string) => `${part} beyond the ends`,
  largest: (value: string, column: number) => `largest |w| ${value}, in column ${column}`,
} as const

export const CODES = {
  title: 'Codes',
  about: 'original weights over the levels of their group, in steps; stems are the codes as stored',
  alone: 'how often each code is stored',
  kinds: {
    affine: inBits,
    sign: () => 'sign and group',
    pair: () => 'two signs',
    apart: (bits: number) => `apart, ${inBits(bits)}`,
  },
  code: (code: number) => `code ${code}`,
  group: (group: number, plus: boolean) => `group ${group + 1}, ${plus ? '+' : '−'}`,
  pair: (first: boolean, second: boolean) => `signs ${first ? '+' : '−'} ${second ? '+' : '−'}`,
  told: (entropy: string, bits: string, unused: number, clipped: string | null) =>
    [
      `entropy ${entropy} of ${inBits(bits)}`,
      ...(unused > 0 ? [`${unused} unused`] : []),
      ...(clipped ? [`${clipped} of the originals lie beyond the levels`] : []),
    ].join(', '),
  flat: (count: string) =>
    plural(
      count,
      'weight lies in a group whose levels all coincide and has no place among them.',
      'weights lie in groups whose levels all coincide and have no place among them.',
    ),
  head: ['codes', 'weights', 'share', 'width', 'entropy', 'used', 'beyond'],
  table: 'What the codes tell',
  levels: 'Levels',
  levelHead: ['codes', 'level', 'at', 'share'],
  used: (used: number, codes: number) => `${used} of ${codes}`,
  mean: (entropy: string, width: string) => `Codes tell ${entropy} of ${inBits(width)} a weight.`,
  summary:
    'Bars: the part of the original weights in a step around each place. Stems: the part that is stored as each code.',
  unitSteps: 'step',
  unitWeight: 'w',
} as const

export const ERRORS = {
  title: 'Errors',
  raw: 'stored − original',
  relative: 'in steps',
  rms: (value: string) => `root mean square ${value}`,
  within: (part: string) => `${part} within half a step`,
  unit: 'Δw',
  summary: 'What rounding changed. Dashed: half a step.',
} as const

export const OUTLIERS = {
  title: 'Outliers',
  columns: 'Columns',
  weights: 'Largest weights',
  order: 'List by',
  orders: { norm: 'norm', largest: 'largest |w|', kurtosis: 'kurtosis' },
  find: (column: number) => `Column ${column} in the matrix map`,
  head: { column: 'Column', bits: 'Bits', norm: 'Norm', largest: 'Largest |w|', kurtosis: 'Kurtosis', row: 'Row' },
  value: 'Weight',
  stored: 'Stored',
  about: 'Kurtosis is in excess of a normal distribution’s: 0 for one, large where few weights of a column stand out.',
} as const

export const SALIENCY = {
  title: 'Saliency and bits',
  about: 'saliency of the columns at each width: median, middle half, 5 to 95 %',
  missing: 'Saliency needs a calibrated run whose record has norms and the factor of the inverse Hessian.',
  same: (bits: string, n: number) =>
    `${n === 1 ? 'The only column has' : `All ${n} columns have`} ${inBits(bits)}: there is nothing for saliency to go together with.`,
  label: (name: string, whole: string) => `Saliency and bits, ${name}: ${whole}. Arrow keys move.`,
  axis: 'saliency ‖w‖² ÷ U², log',
  width: inBits,
  rho: (rho: string, n: number) => `Spearman’s ρ = ${rho} over ${plural(n, 'column')}`,
  head: ['bits', 'columns', '5 %', '25 %', 'median', '75 %', '95 %'],
  box: (bits: string, n: number, median: string, low: string, high: string) =>
    `${inBits(bits)}: ${plural(n, 'column')}, median saliency ${median}, middle half ${low} to ${high}`,
} as const

export const KINDS = {
  title: (what: string) => `${what} by kind of module`,
  about: 'modules by their error, on one axis by factors; a line at the median',
  label: (title: string, kinds: number) =>
    `${title}: ${plural(kinds, 'kind')}. Up and down walk the kinds, Enter selects the worst module of one.`,
  head: ['kind', 'modules', 'least', 'median', 'greatest', 'worst module'],
  row: (kind: string, n: number, median: string, low: string, high: string, worst: string) =>
    `${kind}: ${plural(n, 'module')}, median ${median}, ${low} to ${high}, worst ${worst}`,
} as const
