import type { MappedModule, RunRecord } from '../../state/runs'
import type { Measure } from '../../state/store'
import { formatDuration, formatError, formatNumber, formatSetting } from '../format'
import { bitPosition, cividis, type Ramp, viridis } from './colour'
import { errorScale, linearScale, niceAbove, type Scale } from './scale'

/** What a cell of a map of layers and roles may show of a module. */
export interface MapView<M> {
  readonly id: Measure | 'difference' | 'sensitivity' | 'size'
  readonly title: string
  readonly unit: string
  /** Null for the theme's own: signed values around zero. */
  readonly ramp: Ramp | null
  value(module: M): number | null
  format(value: number): string
  tick(value: number): string
  scale(values: readonly number[]): Scale
  /** All that is to say of a module. */
  text(module: M): string
}

export type MeasureView = MapView<MappedModule>

const BITS_SCALE: Scale = { ...linearScale(1, 8, [1, 2, 3, 4, 5, 6, 8]), at: bitPosition }

const VIEWS: Readonly<Record<Measure, Omit<MeasureView, 'text'> & { readonly id: Measure }>> = {
  bits: {
    id: 'bits',
    title: 'Effective bits',
    unit: 'bits a weight, from stored bytes',
    ramp: viridis,
    value: (module) => module.bits.total,
    format: (value) => formatNumber(value, 2),
    tick: String,
    scale: () => BITS_SCALE,
  },
  output: {
    id: 'output',
    title: 'Output error',
    unit: 'tr(D H Dᵀ) ÷ tr(W H Wᵀ)',
    ramp: cividis,
    value: (module) => module.error.output,
    format: formatError,
    tick: formatSetting,
    scale: errorScale,
  },
  weight: {
    id: 'weight',
    title: 'Weight error',
    unit: '‖W − Ŵ‖² ÷ ‖W‖²',
    ramp: cividis,
    value: ({ error }) => (Number.isNaN(error.weight) ? null : error.weight),
    format: formatError,
    tick: formatSetting,
    scale: errorScale,
  },
  seconds: {
    id: 'seconds',
    title: 'Seconds',
    unit: 'wall-clock a module',
    ramp: cividis,
    value: (module) => module.seconds,
    format: formatDuration,
    tick: formatDuration,
    scale: (values) => linearScale(0, niceAbove(Math.max(1e-3, ...values))),
  },
}

/** A finished module in words, what the map is coloured by first. */
function told(view: Omit<MeasureView, 'text'>, module: MappedModule): string {
  const { name, out, in: columns, bits, error } = module
  const value = view.value(module)
  const own = view.id === 'bits' || value === null ? [] : [`${view.title.toLowerCase()} ${view.format(value)}`]
  const facts = [
    `${out} × ${columns}`,
    ...own,
    `${bits.total.toFixed(3)} bits = ${bits.code.toFixed(3)} codes + ${bits.scale.toFixed(3)} scales + ${bits.index.toFixed(3)} indices`,
  ]
  if (view.id !== 'output' && error.output !== null) facts.push(`output error ${formatError(error.output)}`)
  return `${name}: ${facts.join(', ')}`
}

const spoken = <V extends Omit<MeasureView, 'text'>>(view: V): V & Pick<MeasureView, 'text'> => ({
  ...view,
  text: (module) => told(view, module),
})

export const MEASURES: Readonly<Record<Measure, MeasureView & { readonly id: Measure }>> = {
  ...{ bits: spoken(VIEWS.bits), output: spoken(VIEWS.output) },
  ...{ weight: spoken(VIEWS.weight), seconds: spoken(VIEWS.seconds) },
}

/** Widths further apart than scale overhead makes them: a spread that is worth a colour. */
const TELLING_SPREAD = 0.25

/** What says most of a run: the bits where they differ, else what the layers lost. */
export function tellingMeasure(modules: readonly MappedModule[]): Measure {
  const bits = modules.map((module) => module.bits.total)
  const lost = modules.some(({ error }) => !Number.isNaN(error.weight))
  if (!lost || Math.max(...bits) - Math.min(...bits) > TELLING_SPREAD) return 'bits'
  return modules.some((module) => module.error.output !== null) ? 'output' : 'weight'
}

/** Mean width of the columns in one run less that in another, by module. */
export function differenceMeasure(a: RunRecord, b: RunRecord): MeasureView {
  const signed = (value: number) => `${value > 0 ? '+' : value < 0 ? '−' : ''}${formatNumber(Math.abs(value), 2)}`
  return spoken({
    id: 'difference' as const,
    title: 'Difference',
    unit: 'mean bits of a column',
    ramp: null,
    value: ({ name }: MappedModule) => {
      const [left, right] = [a.widths.get(name), b.widths.get(name)]
      return left === undefined || right === undefined ? null : left - right
    },
    format: signed,
    tick: signed,
    scale: (values: readonly number[]) => {
      const reach = niceAbove(Math.max(0.01, ...values.map(Math.abs)))
      return linearScale(-reach, reach, [-reach, 0, reach])
    },
  })
}
