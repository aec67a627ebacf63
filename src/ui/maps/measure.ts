import type { ModuleRecord } from '../../records'
import { saliencyOf } from '../../state/lanes'
import type { MappedModule, RunRecord } from '../../state/runs'
import type { Measure, Spread } from '../../state/store'
import {
  formatBytes,
  formatDuration,
  formatError,
  formatNumber,
  formatSetting,
  formatShare,
  formatShareTick,
  formatTenths,
} from '../format'
import { DIFFERENCE_WORDS, MEASURE_WORDS, MODULE_WORDS } from '../words/model-map'
import { bitPosition, cividis, type Ramp, viridis } from './colour'
import { errorScale, linearScale, niceAbove, type Scale, scaleFor } from './scale'

/** What a cell of a map of layers and roles may show of a module. */
export interface MapView<M> {
  readonly id: Measure | 'difference' | 'sensitivity' | 'size'
  readonly title: string
  readonly unit: string
  /** Null for the theme's own: signed values around zero. */
  readonly ramp: Ramp | null
  /** What says most of a cell of several modules. */
  readonly spread: Spread
  /** Shown as the part of the sum over all modules. */
  readonly part?: boolean
  value(module: M): number | null
  /** Of a value as it is shown. */
  format(value: number): string
  tick(value: number): string
  scale(values: readonly number[]): Scale
  /** All that is to say of a module. */
  text(module: M): string
}

/** A module of a run; of one that was kept, what its record has. */
export type MeasuredModule = MappedModule & Partial<Pick<ModuleRecord, 'flips' | 'deadColumns' | 'columns'>>

export type MeasureView = MapView<MeasuredModule> & { readonly id: Measure }

const BITS_SCALE: Scale = { ...linearScale(1, 8, [1, 2, 3, 4, 5, 6, 8]), at: bitPosition }

const fromZero = (least: number) => (values: readonly number[]) => linearScale(0, niceAbove(Math.max(least, ...values)))

/** Σ ‖w_j‖² ÷ U_jj² over the columns; null where one of them is unknown. Summed once a module. */
function saliencyMass({ columns }: MeasuredModule): number | null {
  if (!columns) return null
  const known = masses.get(columns)
  if (known !== undefined) return known
  const mass = saliencyOf(columns)?.reduce((sum, value) => (Number.isFinite(value) ? sum + value : sum), 0) ?? null
  masses.set(columns, mass)
  return mass
}
const masses = new WeakMap<ModuleRecord['columns'], number | null>()

/** `said` is how a module's own value reads where it is shown as a part of all. */
type Silent = Omit<MeasureView, 'text'> & { readonly said?: (value: number) => string }

const VIEWS: Readonly<Record<Measure, Silent>> = {
  bits: {
    ...{ id: 'bits', ...MEASURE_WORDS.bits, ramp: viridis, spread: 'mean' },
    value: (module) => module.bits.total,
    format: (value) => formatNumber(value, 2),
    tick: String,
    scale: () => BITS_SCALE,
  },
  share: {
    ...{ id: 'share', ...MEASURE_WORDS.share, ramp: cividis, spread: 'mean', part: true },
    value: ({ out, in: columns, bits }) => (out * columns * bits.total) / 8,
    format: formatShare,
    tick: formatShareTick,
    scale: fromZero(1e-4),
    said: formatBytes,
  },
  output: {
    ...{ id: 'output', ...MEASURE_WORDS.output, ramp: cividis, spread: 'largest' },
    value: (module) => module.error.output,
    format: formatError,
    tick: formatSetting,
    scale: errorScale,
  },
  weight: {
    ...{ id: 'weight', ...MEASURE_WORDS.weight, ramp: cividis, spread: 'largest' },
    value: ({ error }) => (Number.isNaN(error.weight) ? null : error.weight),
    format: formatError,
    tick: formatSetting,
    scale: errorScale,
  },
  saliency: {
    ...{ id: 'saliency', ...MEASURE_WORDS.saliency, ramp: cividis, spread: 'largest', part: true },
    value: saliencyMass,
    format: formatShare,
    tick: formatShareTick,
    scale: scaleFor,
    said: formatError,
  },
  flips: {
    ...{ id: 'flips', ...MEASURE_WORDS.flips, ramp: cividis, spread: 'largest' },
    value: ({ flips }) => flips ?? null,
    format: formatTenths,
    tick: formatShareTick,
    scale: fromZero(1e-3),
  },
  dead: {
    ...{ id: 'dead', ...MEASURE_WORDS.dead, ramp: cividis, spread: 'largest' },
    value: ({ deadColumns, in: columns }) => (deadColumns === undefined ? null : deadColumns / columns),
    format: formatShare,
    tick: formatShareTick,
    scale: fromZero(1e-3),
  },
  damping: {
    ...{ id: 'damping', ...MEASURE_WORDS.damping, ramp: cividis, spread: 'largest' },
    value: ({ damping }) => damping,
    format: formatSetting,
    tick: formatSetting,
    scale: scaleFor,
  },
  seconds: {
    ...{ id: 'seconds', ...MEASURE_WORDS.seconds, ramp: cividis, spread: 'largest' },
    value: (module) => module.seconds,
    format: formatDuration,
    tick: formatDuration,
    scale: fromZero(1e-3),
  },
}

type Told = Pick<MapView<never>, 'id' | 'title' | 'format'> & { readonly said?: (value: number) => string }

/** A finished module in words, what the map is coloured by first. */
function told({ id, title, format, said = format }: Told, value: number | null, module: MappedModule): string {
  const { name, out, in: columns, bits, error } = module
  const own = id === 'bits' || value === null ? [] : [MODULE_WORDS.measure(title, said(value))]
  const facts = [`${out} × ${columns}`, ...own, MODULE_WORDS.bits(bits.total, bits.code, bits.scale, bits.index)]
  if (id !== 'output' && error.output !== null)
    facts.push(MODULE_WORDS.measure(MEASURE_WORDS.output.title, formatError(error.output)))
  return `${name}: ${facts.join(', ')}`
}

const spoken = (view: Silent): MeasureView => ({
  ...view,
  text: (module) => told(view, view.value(module), module),
})

export const MEASURES = Object.fromEntries(
  Object.entries(VIEWS).map(([id, view]) => [id, spoken(view)]),
) as unknown as Readonly<Record<Measure, MeasureView>>

/** Modules that are asked: what the first and the last few of a run have no number for, none has. */
const PROBED = 64

/** The measures that have numbers for these modules. */
export function tellingMeasures(modules: readonly MeasuredModule[]): MeasureView[] {
  const probed = [...modules.slice(0, PROBED), ...modules.slice(-PROBED)]
  return Object.values(MEASURES).filter((view) => probed.some((module) => view.value(module) !== null))
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
export function differenceMeasure(a: Pick<RunRecord, 'widths'>, b: Pick<RunRecord, 'widths'>): MapView<MappedModule> {
  const signed = (value: number) => `${value > 0 ? '+' : value < 0 ? '−' : ''}${formatNumber(Math.abs(value), 2)}`
  const value = ({ name }: MappedModule) => {
    const [left, right] = [a.widths.get(name), b.widths.get(name)]
    return left === undefined || right === undefined ? null : left - right
  }
  const view = { id: 'difference', ...DIFFERENCE_WORDS, format: signed } as const
  return {
    ...{ ...view, ramp: null, spread: 'mean', tick: signed, value },
    scale: (values) => {
      const reach = niceAbove(Math.max(0.01, ...values.map(Math.abs)))
      return linearScale(-reach, reach, [-reach, 0, reach])
    },
    text: (module) => told(view, value(module), module),
  }
}
