import type { SensitivityRecord, SensitivityReport } from '../../measurement-records'
import type { PlannedModule } from '../../state/modules'
import { formatError, formatNumber, formatSetting } from '../format'
import { sensitivityWords as words } from '../words/sensitivity'
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
  title: words.mapOf(by, bits),
  unit: words.unit,
  ramp: cividis,
  spread: 'largest',
  value: ({ record }) => record.kl,
  format: formatError,
  tick: formatSetting,
  scale: errorScale,
  text: ({ name, record }) => {
    const { unit, kl, interval, perplexity: left, topAgreement } = record
    const within = interval ? words.within(formatError(interval.low), formatError(interval.high)) : ''
    return words.cell(
      unit === name ? name : words.withAll(name, unit),
      `${formatError(kl)}${within}`,
      formatNumber(left, 3),
      formatNumber(perplexity, 3),
      formatNumber(100 * topAgreement, 1),
    )
  },
})
