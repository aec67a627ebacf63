import { roughly } from '../../duration'
import type { ScanUnit } from '../../measurement-records'
import { inBits, plural } from './counts'

const UNITS: Readonly<Record<ScanUnit, string>> = { module: 'module', layer: 'layer', role: 'role' }

/** What the original loses where one part of it alone is rounded. */
export const sensitivityWords = {
  title: 'Sensitivity scan',
  round: 'Round',
  every: (unit: ScanUnit) => `every ${UNITS[unit]}`,
  to: 'To',
  bits: inBits,
  groupSize: 'Group size',
  perRow: 'per row',
  scan: 'Scan',
  stop: 'Stop',
  /** `seconds` of one perplexity, where one was measured. */
  work: (unit: ScanUnit, passes: number, seconds: number | null) =>
    `The original, with one ${UNITS[unit]} after the other rounded to nearest, on the evaluation text above: about as much work as ${plural(passes, 'perplexity', 'perplexities')} of it${
      seconds === null ? '' : `, ${roughly(passes * seconds)} by the one that was measured`
    }.`,

  map: 'Sensitivity',
  mapOf: (unit: ScanUnit, bits: number) => `Loss where one ${UNITS[unit]} has ${inBits(bits)}`,
  unit: 'KL divergence, nats a token',
  withAll: (module: string, unit: string) => `${module}, with all of ${unit}`,
  within: (low: string, high: string) => ` (95 %: ${low} to ${high})`,
  cell: (what: string, kl: string, left: string, original: string, agreement: string) =>
    `${what}: KL ${kl} nats, perplexity ${left} for ${original}, the same likeliest token in ${agreement} %`,

  allowed: (unit: ScanUnit) => `KL that a ${UNITS[unit]} may cost`,
  allowedHelp: (above: number, bits: number, minimum: number) =>
    `${above} ${above === 1 ? 'loses' : 'lose'} more at ${inBits(bits)} and would get ${minimum} at the least.`,
  use: 'Use as minimum widths of MG-PTQ',
  save: 'Scan as JSON',
}
