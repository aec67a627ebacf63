import { plural } from './counts'

/** What the page says on the map of a model. */
export const MODEL_MAP = {
  title: 'Model map',
  point: 'Point at a cell, or walk with the arrow keys',
  none: 'No such module',
  noValue: 'none',
  axis: { layer: 'layer', expert: 'expert' },
  waiting: (name: string) => `${name}: not quantized yet`,
  waitingExperts: (kind: string, layer: number, count: number) =>
    `${kind} of layer ${layer}: none of ${count} quantized yet`,
  awaited: (waiting: string) => `${waiting}, selected as soon as it is`,
  keys: 'Arrow keys move, Home and End along a row, Page Up and Page Down along a column, Enter selects.',
  label: (title: string, rows: number, columns: number, axis: string) =>
    `${title}, ${plural(rows, 'module')} by ${plural(columns, axis)}.`,
  experts: (layer: number) => `Experts of layer ${layer}`,
  spread: 'Experts show',
  spreads: { mean: 'their mean', largest: 'their largest', smallest: 'their smallest' },
  group: (
    kind: string,
    layer: number,
    done: number,
    count: number,
    values: { readonly mean: string; readonly low: string; readonly high: string },
    at: { readonly low: string; readonly high: string },
  ) =>
    `${kind} of layer ${layer}: ${done} of ${plural(count, 'expert')}, mean ${values.mean}, least ${values.low} in ${at.low}, greatest ${values.high} in ${at.high}`,
  table: (title: string) => `${title} by layer and module`,
} as const

/** What is said of one module of a run. */
export const MODULE_WORDS = {
  bits: (total: number, code: number, scale: number, index: number) =>
    `${total.toFixed(3)} bits = ${code.toFixed(3)} codes + ${scale.toFixed(3)} scales + ${index.toFixed(3)} indices`,
  measure: (title: string, value: string) => `${title.toLowerCase()} ${value}`,
} as const

/** Of two runs' widths. */
export const DIFFERENCE_WORDS = { title: 'Difference', unit: 'mean bits of a column' } as const

export const MEASURE_WORDS = {
  bits: { title: 'Effective bits', unit: 'bits a weight, from stored bytes' },
  share: { title: 'Share of size', unit: 'of the stored bytes of all finished modules' },
  output: { title: 'Output error', unit: 'tr(D H Dᵀ) ÷ tr(W H Wᵀ)' },
  weight: { title: 'Weight error', unit: '‖W − Ŵ‖² ÷ ‖W‖²' },
  saliency: { title: 'Saliency', unit: 'Σ ‖w_j‖² ÷ U_jj², of all finished modules' },
  flips: { title: 'Flipped codes', unit: 'part of the codes that are unlike nearest' },
  dead: { title: 'Dead columns', unit: 'part of the columns' },
  damping: { title: 'Damping', unit: 'λ ÷ mean diag H' },
  seconds: { title: 'Seconds', unit: 'wall-clock a module' },
} as const
