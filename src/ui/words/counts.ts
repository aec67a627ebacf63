import { formatInteger } from '../format'

/** "1 run", "2 runs", "1,024 runs": another language has other plurals, and all of them are made here. */
export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatInteger(count)} ${count === 1 ? one : many}`

/** How far something is. */
export const ofAll = (done: number | string, total: number | string): string => `${done} of ${total}`
