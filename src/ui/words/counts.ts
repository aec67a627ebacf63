import { counted } from '../../counted'
import { formatInteger } from '../format'

/**
 * "1 run", "2 runs", "1,024 runs": another language has other plurals, and all of them are made here. A count that is a text
 * stays as it is written; one with digits behind the point is many: "1.00 bits".
 */
export const plural = (count: number | string, one: string, many = `${one}s`): string =>
  counted(typeof count === 'number' ? formatInteger(count) : count, one, many)

/** Widths may be parts of a bit: "1 bit", "1.5 bits". */
export const inBits = (width: number | string): string => counted(width, 'bit')

/** How far something is. */
export const ofAll = (done: number | string, total: number | string): string => `${done} of ${total}`
