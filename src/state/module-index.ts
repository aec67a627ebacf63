import type { ModuleRecord } from '../records'
import type { Growing } from './growing'
import type { PlannedModule } from './modules'

/** What is known of a list of finished modules, and is brought up to date with those that are new alone. */
interface Index {
  seen: number
  readonly places: Map<string, number>
  damped: boolean
  flipped: boolean
  /** Columns differ in width, somewhere. */
  varied: boolean
  /** By layer, the place of the module that has the record of its block's reconstruction. */
  readonly fitted: Map<number, number>
  /** The plan it was last asked about, how much of its beginning is finished, and the modules that are not in it. */
  plan: readonly PlannedModule[]
  planned: ReadonlyMap<string, number>
  finished: number
  beyond: { seen: number; readonly modules: ModuleRecord[] }
}

const indexes = new WeakMap<object, Index>()

function indexOf(modules: Growing<ModuleRecord>): Index {
  let index = indexes.get(modules.origin)
  if (!index) {
    index = {
      ...{ seen: 0, places: new Map(), damped: false, flipped: false, varied: false, fitted: new Map() },
      ...{ plan: [], planned: new Map(), finished: 0, beyond: { seen: 0, modules: [] } },
    }
    indexes.set(modules.origin, index)
  }
  for (; index.seen < modules.length; index.seen++) {
    const { name, layer, damping, flips, columns, reconstruction } = modules.at(index.seen)!
    const [width] = modules.at(0)!.columns.bits
    index.places.set(name, index.seen)
    if (reconstruction) index.fitted.set(layer, index.seen)
    index.varied ||= columns.bits.some((bits) => bits !== width)
    index.damped ||= damping !== null
    index.flipped ||= flips !== null
  }
  return index
}

function indexFor(modules: Growing<ModuleRecord>, plan: readonly PlannedModule[]): Index {
  const index = indexOf(modules)
  if (index.plan !== plan)
    Object.assign(index, { plan, planned: placesIn(plan), finished: 0, beyond: { seen: 0, modules: [] } })
  for (; index.beyond.seen < modules.length; index.beyond.seen++) {
    const module = modules.at(index.beyond.seen)!
    if (!index.planned.has(module.name)) index.beyond.modules.push(module)
  }
  return index
}

const places = new WeakMap<readonly PlannedModule[], ReadonlyMap<string, number>>()

/** Where each module of a plan stands in it. */
export function placesIn(plan: readonly PlannedModule[]): ReadonlyMap<string, number> {
  const known = places.get(plan) ?? new Map(plan.map(({ name }, place) => [name, place]))
  places.set(plan, known)
  return known
}

/** The finished module of this name. */
export function moduleNamed(modules: Growing<ModuleRecord>, name: string): ModuleRecord | null {
  const place = indexOf(modules).places.get(name)
  return (place !== undefined && modules.at(place)) || null
}

/** The module of a block with the record of its reconstruction. */
export function fittedIn(modules: Growing<ModuleRecord>, layer: number): ModuleRecord | null {
  const place = indexOf(modules).fitted.get(layer)
  return (place !== undefined && modules.at(place)) || null
}

/** The first module of a plan that is not finished; found from where the last one was, since modules finish in the plan's order. */
export function firstUnfinished(
  modules: Growing<ModuleRecord>,
  plan: readonly PlannedModule[],
): PlannedModule | undefined {
  const index = indexFor(modules, plan)
  const done = (at: number) => at < plan.length && moduleNamed(modules, plan[at]!.name) !== null
  let at = index.finished
  // a list that is behind the one that was asked about last
  while (at > 0 && !done(at - 1)) at--
  while (done(at)) at++
  index.finished = at
  return plan[at]
}

/** Finished modules that the plan does not name. */
export const modulesBeyond = (
  modules: Growing<ModuleRecord>,
  plan: readonly PlannedModule[],
): readonly ModuleRecord[] => indexFor(modules, plan).beyond.modules

/** Whether any module has a damping, any a part of codes unlike nearest, and whether columns differ in width. */
export function knownOf(modules: Growing<ModuleRecord>): Readonly<Pick<Index, 'damped' | 'flipped' | 'varied'>> {
  const { damped, flipped, varied } = indexOf(modules)
  return { damped, flipped, varied }
}
