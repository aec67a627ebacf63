/** How numbers are written, as format.ts rounds them. */
export const numberWords = {
  /** Of separators in numbers, and of dates. */
  locale: { numbers: 'en-US', dates: 'en-GB' },
  unknown: 'unknown',
  bounds: (low: string, high: string) => `${low} to ${high}`,
  /** Number and sign stay on one line. */
  percent: (percent: string) => `${percent}\u00a0%`,
  milliseconds: (ms: string) => `${ms} ms`,
  seconds: (seconds: string) => `${seconds} s`,
  minutes: (minutes: number, seconds: number) => `${minutes} min ${seconds} s`,
  hours: (hours: number, minutes: number) => `${hours} h ${minutes} min`,
}
