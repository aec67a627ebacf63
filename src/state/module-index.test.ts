import { expect, it } from 'vitest'
import { fakeMethods } from '../../test/fake-methods'
import { fakeInspection, fakeModule } from '../../test/fake-model'
import type { ModuleRecord } from '../records'
import { Growing } from './growing'
import { firstUnfinished, fittedIn, knownOf, moduleNamed, modulesBeyond, placesIn } from './module-index'
import type { PlannedModule } from './modules'
import { foldProgress, newRun, runningModule } from './progress'
import { defaultRecipe } from './recipe'

const plan = fakeInspection('wren', 2).modules
const recipe = defaultRecipe(fakeMethods[1]!, '', 'software')
const made = plan.map((module) => fakeModule(module, recipe))

it('finds modules by name in every list of those that grew out of one', () => {
  const some = Growing.of(made.slice(0, 3))
  const more = some.add(made.slice(3, 5))
  expect(moduleNamed(more, plan[4]!.name)).toBe(made[4])
  expect(moduleNamed(some, plan[4]!.name)).toBeNull()
  expect(moduleNamed(some, plan[2]!.name)).toBe(made[2])
  expect(moduleNamed(some, 'none')).toBeNull()
})

it('knows the first that is not finished, of the latest list and of one before it, and after the plan has changed', () => {
  const some = Growing.of(made.slice(0, 3))
  const more = some.add(made.slice(3, 5))
  expect(firstUnfinished(more, plan)).toBe(plan[5])
  expect(firstUnfinished(some, plan)).toBe(plan[3])
  expect(firstUnfinished(more, plan)).toBe(plan[5])
  expect(firstUnfinished(Growing.of(), plan)).toBe(plan[0])
  expect(firstUnfinished(Growing.of(made), plan)).toBeUndefined()
  expect(firstUnfinished(more, plan.slice(6))).toBe(plan[6])
})

it('lists what the plan does not name', () => {
  const list = Growing.of(made.slice(0, 3))
  expect(modulesBeyond(list, plan)).toEqual([])
  expect(modulesBeyond(list, plan.slice(2))).toEqual(made.slice(0, 2))
  expect(placesIn(plan).get(plan[5]!.name)).toBe(5)
})

it('says what any module has', () => {
  const [one, other] = [made[0]!, made[1]!]
  const bare = Growing.of<ModuleRecord>([{ ...one, damping: null }])
  expect(knownOf(bare)).toEqual({ damped: false, flipped: false, varied: false })
  expect(knownOf(bare.add([{ ...other, flips: 0.1 }]))).toEqual({ damped: true, flipped: true, varied: false })
  const bits = new Float32Array(other.in).fill(4)
  bits[3] = 2
  const varied = Growing.of([one, { ...other, columns: { ...other.columns, bits } }])
  expect(knownOf(varied)).toMatchObject({ flipped: false, varied: true })
  const fitted = { ...made[8]!, reconstruction: { step: new Float32Array(1) } as ModuleRecord['reconstruction'] }
  expect(fittedIn(Growing.of([one, fitted]), fitted.layer)).toBe(fitted)
  expect(fittedIn(Growing.of([one, fitted]), 5)).toBeNull()
})

/** A plan that counts how often its modules are looked at. */
function counted(modules: readonly PlannedModule[]) {
  const looked = { times: 0 }
  const proxy = new Proxy(modules, {
    get: (target, key) => {
      if (typeof key === 'string' && /^\d+$/.test(key)) looked.times++
      return Reflect.get(target, key)
    },
  })
  return { proxy, looked }
}

it.each([300, 3000])('follows a run of %i modules with a few looks at the plan for each', (count) => {
  const many = Array.from({ length: count }, (_, i) => ({ ...plan[0]!, name: `m${i}` }))
  const { proxy, looked } = counted(many)
  placesIn(proxy)
  looked.times = 0
  let run = newRun('RTN', 1, 0)
  const { origin } = run.modules
  for (const module of many) {
    run = foldProgress(run, [{ type: 'module', module: { ...made[0]!, ...module } }])
    runningModule(run, proxy)
  }
  expect(run.modules.length).toBe(count)
  expect(run.modules.origin).toBe(origin)
  expect(looked.times / count).toBeLessThan(6)
})
