import type { Reduction } from '../pipeline/matrix/reduce'
import type { Quantity } from '../pipeline/matrix/sources'
import type { Order } from './lanes'
import type { RowOrder } from './row-order'

/** How sizes become places on a ramp: by their root, as they are, or as they are up to what few exceed. */
export const CONTRASTS = ['root', 'linear', 'clipped'] as const
export type Contrast = (typeof CONTRASTS)[number]

/** How a matrix is looked at. */
export interface MatrixChoices {
  readonly order: Order
  /** Of each a strip, in this order. */
  readonly quantities: readonly Quantity[]
  readonly reduction: Reduction
  readonly contrast: Contrast
  readonly rowOrder: RowOrder
  /** Rows that belong together; 0 for none. */
  readonly group: number
  readonly table: boolean
}

export const startingChoices: MatrixChoices = {
  ...{ order: 'original', quantities: ['weight'], reduction: 'extreme', contrast: 'root' },
  ...{ rowOrder: 'original', group: 0, table: false },
}

type Known<T extends string> = Readonly<Record<T, true>>

const ORDERS: Known<Order> = {
  ...{ original: true, stored: true, width: true, hessian: true, factor: true },
  ...{ norm: true, error: true, saliency: true, salient: true },
}
const ROW_ORDERS: Known<RowOrder> = { original: true, norm: true, error: true }
const QUANTITIES: Known<Quantity> = {
  ...{ weight: true, original: true, error: true, other: true, difference: true },
  ...{ code: true, bits: true, sign: true },
}
const REDUCTIONS: Known<Reduction> = { extreme: true, largest: true, mean: true, size: true }
/** What an address calls a map without any strip. */
const NO_STRIPS = 'none'

const oneOf = <T extends string>(known: Known<T>, text: string | null): T | undefined =>
  text !== null && Object.hasOwn(known, text) ? (text as T) : undefined

/** What an address says of the choices; it may come from anybody: what is not as it should be is left out. */
export function readChoices(query: URLSearchParams): Partial<MatrixChoices> {
  const shown = query.get('show')
  const quantities = shown === NO_STRIPS ? [] : (shown ?? '').split(',').map((one) => oneOf(QUANTITIES, one))
  const whole = shown !== null && quantities.every((one) => one !== undefined)
  const contrast = CONTRASTS.find((one) => one === query.get('colour'))
  const group = /^[1-9]\d{0,5}$/.exec(query.get('group') ?? '')
  const named = {
    ...{ order: oneOf(ORDERS, query.get('order')), rowOrder: oneOf(ROW_ORDERS, query.get('rows')) },
    quantities: whole ? [...new Set(quantities)] : undefined,
    ...{ reduction: oneOf(REDUCTIONS, query.get('bin')), contrast, group: group ? Number(group[0]) : undefined },
    table: query.get('table') === '1' || undefined,
  }
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined))
}

/** Says, in an address, what of the choices is not as at the start. */
export function writeChoices(query: URLSearchParams, choices: MatrixChoices): void {
  const start = startingChoices
  if (choices.order !== start.order) query.set('order', choices.order)
  if (choices.rowOrder !== start.rowOrder) query.set('rows', choices.rowOrder)
  const shown = choices.quantities.join(',') || NO_STRIPS
  if (shown !== start.quantities.join(',')) query.set('show', shown)
  if (choices.reduction !== start.reduction) query.set('bin', choices.reduction)
  if (choices.contrast !== start.contrast) query.set('colour', choices.contrast)
  if (choices.group !== start.group) query.set('group', String(choices.group))
  if (choices.table) query.set('table', '1')
}
