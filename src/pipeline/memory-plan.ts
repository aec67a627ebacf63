import { counted } from '../counted'
import type { GpuInfo } from '../gpu/device'
import type { Budget, MemoryForecast, Room, StatesPlace } from '../inspection-records'
import type { Method } from '../methods/method'
import type { ModelSpec } from '../models/spec'
import type { Recipe } from '../records'
import { batchWindows } from './batching'
import { forecastQuantize } from './forecast'
import { diskBytes, hostBytes } from './host-forecast'

/** Nothing is known, and nothing refused. */
export const anyRoom: Room = { gpu: null, host: null, disk: null }

/** WebGPU tells of no device how much memory it has: what is taken for granted is four of its largest buffers. */
const granted = ({ maxBufferBytes }: GpuInfo): Budget => ({
  bytes: Math.max(4 * 2 ** 30, 4 * maxBufferBytes),
  firm: false,
})

interface Planned<O> {
  readonly spec: ModelSpec
  readonly recipe: Recipe
  readonly resolved: { readonly method: Method<O, unknown>; readonly options: O }
  readonly gpu: GpuInfo
  readonly room: Room
}

/**
 * Where a run keeps its hidden states, and what it takes then: on the GPU where all fits there, else in the host's memory,
 * else on disk. Where nothing fits what is firm, `problems` says so, and what would.
 */
export function planMemory<O>(
  planned: Planned<O>,
  places: readonly StatesPlace[] = ['gpu', 'host', 'disk'],
): MemoryForecast {
  const { recipe, resolved, gpu, room } = planned
  const wanted = { ...room, gpu: room.gpu ?? granted(gpu) }
  const possible = resolved.method.needsCalibration ? places : (['gpu'] as const)
  const forecasts = possible.map((states) => forecastAt(planned, states))
  const fitting = forecasts.find((forecast) => excess(forecast, wanted, () => true) === null)
  if (fitting) return fitting
  const affordable = forecasts.filter((forecast) => excess(forecast, room, firm) === null)
  const elsewhere = affordable.find(
    ({ states, ...forecast }) => states !== 'gpu' && excess(forecast, { ...wanted, gpu: null }, () => true) === null,
  )
  const least = elsewhere ?? affordable.at(-1) ?? forecasts.at(-1)!
  const beyond = excess(least, room, firm)
  if (!beyond) return least
  const fits = (calibration: Recipe['calibration']) =>
    possible.some(
      (states) => !excess(forecastAt({ ...planned, recipe: { ...recipe, calibration } }, states), room, firm),
    )
  const { what, taken, budget } = beyond
  const problem = `${what}: expected a run within ${inWords(budget)}, got one that takes about ${inWords(taken)} — ${remedy(planned, fits, what)}`
  return { ...least, problems: [...least.problems, problem] }
}

function forecastAt<O>({ spec, recipe, resolved, gpu }: Planned<O>, states: StatesPlace): MemoryForecast {
  const { method } = resolved
  const options = resolved.options as Recipe['options']
  const { samples, length } = method.needsCalibration ? recipe.calibration : { samples: 0, length: 0 }
  const state = 4 * length * spec.hidden
  const setting = {
    ...{
      software: gpu.software,
      states,
      stream: samples * state,
      streams: method.memory(resolved.options).plan ? 3 : 2,
    },
    batch: Math.min(samples, batchWindows(gpu, spec, Math.max(1, length))) * state,
  }
  return {
    ...forecastQuantize(spec, recipe, resolved, gpu, states),
    ...{ states, host: hostBytes(spec, options, setting), disk: diskBytes(spec, options, setting) },
  }
}

const firm = (budget: Budget) => budget.firm

/** The first of the three that takes more than its budget, of those budgets that count. */
function excess(
  { peak, host, disk }: Pick<MemoryForecast, 'peak' | 'host' | 'disk'>,
  room: Room,
  counts: (budget: Budget) => boolean,
) {
  for (const [what, taken, budget] of [
    ['gpu memory', peak, room.gpu],
    ['host memory', host, room.host],
    ['disk', disk, room.disk],
  ] as const)
    if (budget && counts(budget) && taken > budget.bytes) return { what, taken, budget: budget.bytes }
  return null
}

/** What would fit, in numbers where less calibration data is enough. */
function remedy<O>(
  { recipe, resolved }: Planned<O>,
  fits: (calibration: Recipe['calibration']) => boolean,
  what: string,
): string {
  const { calibration } = recipe
  const more = what === 'disk' ? 'free some space' : `use a device with more, or say that there is more`
  if (!resolved.method.needsCalibration) return more
  const fewer = most(calibration.samples - 1, (samples) => fits({ ...calibration, samples }))
  if (fewer > 0) return `${counted(fewer, 'sample')} of ${counted(calibration.length, 'token')} would fit`
  const shorter = most(calibration.length - 1, (length) => fits({ ...calibration, samples: 1, length }))
  if (shorter > 0) return `windows of ${shorter} tokens would fit, one of them at least`
  return `even one token would not fit; use RTN, which needs no calibration, or ${more}`
}

/** The largest number up to `limit` that does, 0 where none does; what does not fit does not fit with more. */
function most(limit: number, does: (n: number) => boolean): number {
  let [low, high] = [0, limit]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (does(middle)) low = middle
    else high = middle - 1
  }
  return low
}

const inWords = (bytes: number): string =>
  bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${Math.ceil(bytes / 2 ** 20)} MiB`
