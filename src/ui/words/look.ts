import { inBits, plural } from './counts'
import { MEASURE_WORDS } from './model-map'

export const lookWords = {
  status: (modules: number) => plural(modules, 'module'),
  colour: 'Colour the model by',
  modulesCsv: 'Modules as CSV',
  columnsCsv: 'Columns as CSV',
  selected: 'Selected module',
  facts: {
    shape: 'Out × in',
    output: MEASURE_WORDS.output.title,
    weight: MEASURE_WORDS.weight.title,
    damping: MEASURE_WORDS.damping.title,
    flips: 'Codes unlike nearest',
    dead: MEASURE_WORDS.dead.title,
    seconds: 'Time',
  },
  noOutput: 'none without calibration',
  noDamping: 'none needed',
  difference: (a: { readonly run: number; readonly label: string }, b: typeof a) =>
    `Run ${a.run} (${a.label}) less run ${b.run} (${b.label})`,
}

/** The graph by which columns take each other's errors. */
export const graphWords = {
  title: 'Graph of columns',
  titleOf: (module: string) => `Graph of columns: ${module}`,
  /** What is drawn, before, between and behind U with its indices ij, and U with ii. */
  edges: (edges: number) => `${edges} strongest of`,
  among: (columns: number) => `among ${plural(columns, 'column')}`,
  label: (module: string, columns: number, edges: number) =>
    `Graph of ${plural(columns, 'column')} of ${module} with ${plural(edges, 'edge')}. Arrow keys move, Enter selects the column.`,
  how: 'An arc leads from the column whose error is pushed, on the left, to the one that absorbs it. Click a column to find it in the matrix map.',
  column: (column: number, facts: readonly string[]) => `Column ${column}: ${facts.join('; ')}`,
  bits: inBits,
  pushes: (columns: number, weight: string, to: number) =>
    `pushes to ${columns}, ${weight} of its error to column ${to}`,
  absorbs: (columns: number, weight: string, from: number) => `absorbs from ${columns}, ${weight} of column ${from}`,
  axis: { column: 'column', positive: 'positive', negative: 'negative' },
}

/** Into which groups weights were split by their magnitude. */
export const groupingWords = {
  title: 'Magnitudes',
  titleOf: (module: string) => `Magnitudes: ${module}`,
  about: 'groups left to right, salient weights beyond the last upright',
  label: (module: string, bars: number) =>
    `Histogram of the magnitudes of ${module}, ${plural(bars, 'bar')}. Arrow keys read out a bar.`,
  histogram: 'weights by magnitude',
  sample: (magnitudes: number, clusters: number) =>
    `graph of ${plural(magnitudes, 'sampled magnitude')}, ${plural(clusters, 'cluster')}`,
  groups: (amplitudes: readonly string[]) => `${plural(amplitudes.length, 'group')} at ± ${amplitudes.join(', ± ')}`,
  boundaries: (boundaries: readonly string[]) => `boundaries ${boundaries.join(', ')}`,
  salient: (part: string, beyond: string) => `${part} salient, beyond ${beyond}`,
  silhouettes: (byGroups: readonly (readonly [groups: number, silhouette: string])[]) =>
    `silhouette by groups ${byGroups.map((pair) => pair.join(': ')).join(', ')}`,
  bar: (low: string, high: string, weights: string, part: string, group: string) =>
    `${low} to ${high}: ${plural(weights, 'weight')}, ${part}; ${group}`,
  isSalient: 'salient',
  group: (group: number, groups: number, amplitude: string) => `group ${group} of ${groups}, stored as ± ${amplitude}`,
}

/** How modules spend their bits. */
export const widthsWords = {
  title: 'Widths of the columns',
  mean: (bits: string) => `mean ${bits} bits over all weights`,
  label: (modules: number, mean: string) =>
    `Widths of the columns of ${plural(modules, 'module')}, mean ${mean} bits. Arrow keys move, Enter selects.`,
  caption: (mean: string) => `Widths of the columns, mean ${mean} bits`,
  table: 'Widths of the columns by module',
  head: { module: 'module', mean: 'mean' },
  bar: (module: string, mean: string, shares: readonly (readonly [part: string, bits: number])[]) =>
    `${module}: mean ${mean} bits; ${shares.map(([part, bits]) => `${part} at ${bits}`).join(', ')}`,
  axis: { layer: 'layer', columns: 'columns' },
}
