import type { Reduction } from '../pipeline/matrix/reduce'
import type { Quantity } from '../pipeline/matrix/sources'
import type { Order } from '../state/lanes'
import type { RowOrder } from '../state/row-order'
import type { Contrast } from './maps/matrix-strips'

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
