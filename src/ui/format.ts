import { numberWords } from './words/numbers'

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB']

/** Decimal units, three significant digits: "7.88 MB". */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes)
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? Math.round(value) : trim(value)} ${UNITS[unit]}`
}

/** Limits of devices are powers of two: "128 MiB", "16 KiB". */
export function formatBinary(bytes: number): string {
  const power = Math.min(3, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)))
  return `${Number((bytes / 1024 ** power).toPrecision(4))} ${['B', 'KiB', 'MiB', 'GiB'][power]}`
}

/** Counts for reading: "3.93 M". */
export function formatCount(count: number): string {
  if (count >= 1e9) return `${trim(count / 1e9)} B`
  if (count >= 1e6) return `${trim(count / 1e6)} M`
  return formatInteger(count)
}

const trim = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)

/** A number in letters with the sign that is as wide as a digit, not a hyphen. Exponents keep theirs: "−4e-5". */
export const minus = (number: string): string => number.replace(/^-/, '−')

export const formatInteger = (value: number): string =>
  minus(Math.round(value).toLocaleString(numberWords.locale.numbers))
export const formatNumber = (value: number, digits: number): string => minus(value.toFixed(digits))

/** Measured numbers span decades: three significant digits, exponent once zeros would fill the cell. */
export function formatError(value: number): string {
  if (value === 0) return '0'
  if (Number.isNaN(value)) return numberWords.unknown
  const size = Math.abs(value)
  return minus(size >= 0.001 && size < 999.5 ? value.toPrecision(3) : value.toExponential(2).replace('e+', 'e'))
}

/** Chosen numbers, as ticks and settings are: no more digits than they have. */
export const formatSetting = (value: number): string => {
  const size = Math.abs(value)
  if (size === 0 || (size >= 0.001 && size < 1000)) return minus(String(Number(value.toPrecision(3))))
  return minus(value.toExponential(1).replace('e+', 'e').replace('.0e', 'e'))
}

export function formatDuration(seconds: number): string {
  if (seconds < 0.0995) return numberWords.milliseconds(String(Math.round(seconds * 1000)))
  if (seconds < 9.95) return numberWords.seconds(seconds.toFixed(1))
  if (seconds < 59.5) return numberWords.seconds(String(Math.round(seconds)))
  const minutes = Math.floor(Math.round(seconds) / 60)
  if (minutes < 60) return numberWords.minutes(minutes, Math.round(seconds) % 60)
  return numberWords.hours(Math.floor(minutes / 60), minutes % 60)
}

/** Both ends of an interval, as fine as they are far apart: "58.9 to 63.6". */
export function formatBounds({ low, high }: { readonly low: number; readonly high: number }): string {
  const digits = Math.min(4, Math.max(0, 1 - Math.floor(Math.log10(high - low || 1))))
  return numberWords.bounds(low.toFixed(digits), high.toFixed(digits))
}

export const formatShape = (shape: readonly number[]): string => shape.join(' × ')
export const formatPercent = (share: number): string => numberWords.percent(String(Math.round(share * 100)))
/** Shares that are small and move little. */
export const formatTenths = (share: number): string => numberWords.percent((share * 100).toFixed(1))
/** A share that may be tiny and is not nothing. */
export const formatShare = (share: number): string =>
  share > 0 && share < 0.0005 ? numberWords.percent(formatError(share * 100)) : formatTenths(share)
/** A chosen share, as a tick is. */
export const formatShareTick = (share: number): string => numberWords.percent(formatSetting(share * 100))

/** Spec keys as words: "normEps" and "norm_eps" both read "norm eps". */
export const words = (key: string): string =>
  key.replaceAll('_', ' ').replaceAll(/([a-z0-9])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`)

/** Milliseconds since 1970 as the person's clock has them: "30 Nov, 17:05". */
export const formatDate = (at: number): string =>
  new Date(at).toLocaleString(numberWords.locale.dates, {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  })
