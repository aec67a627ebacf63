import type { Interval, Share } from '../../measurement-records'
import { formatError } from '../format'
import { reportWords } from '../words/report'

/** A perplexity with its 95 % interval: "61.20 (58.93 to 63.56)". */
export const withInterval = (value: number, interval: Interval | null, format = twoDigits): string =>
  interval ? reportWords.interval(format(value), format(interval.low), format(interval.high)) : format(value)

export const twoDigits = (value: number): string => value.toFixed(2)
export const nats = formatError

/** A part of the items in per cent, with its standard error. */
export const percentOf = (share: Share | null): string =>
  share === null
    ? ''
    : `${(100 * share.value).toFixed(2)}${share.error === null ? '' : ` ± ${(100 * share.error).toFixed(2)}`}`
