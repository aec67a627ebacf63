import type { SensitivityRecord, SensitivityReport } from '../../measurement-records'
import type { PlannedModule } from '../../state/modules'
import { formatError, formatNumber, formatSetting } from '../format'
import { cividis } from './colour'
import type { MapView } from './measure'
import { errorScale } from './scale'

/** A linear with what was measured where it, or what it was rounded together with, is narrow. */
export interface ScannedModule extends PlannedModule {
  readonly record: SensitivityRecord
}

/** Every linear of the plan with its own record at a width. */
export function scannedModules(
  plan: readonly PlannedModule[],
  { records }: SensitivityReport,
  bits: number,
): ScannedModule[] {
  const found = new Map(
    records.filter((record) => record.bits === bits).flatMap((record) => record.modules.map((name) => [name, record])),
  )
  return plan.flatMap((module) => {
    const record = found.get(module.name)
    return record ? [{ ...module, record }] : []
  })
}

export const sensitivityView = ({ by, perplexity }: SensitivityReport, bits: number): MapView<ScannedModule> => ({
  id: 'sensitivity',
  title: `Loss where one ${by} has ${bits} bits`,
  unit: 'KL divergence, nats a token',
  ramp: cividis,
  spread: 'largest',
  value: ({ record }) => record.kl,
  format: formatError,
  tick: formatSetting,
  scale: errorScale,
  text: ({ name, record }) => {
    const { unit, kl, interval, perplexity: left, topAgreement } = record
    const within = interval ? ` (95 %: ${formatError(interval.low)} to ${formatError(interval.high)})` : ''
    const what = unit === name ? name : `${name}, with all of ${unit}`
    return `${what}: KL ${formatError(kl)}${within} nats, perplexity ${formatNumber(left, 3)} for ${formatNumber(perplexity, 3)}, the same likeliest token in ${formatNumber(100 * topAgreement, 1)} %`
  },
})
