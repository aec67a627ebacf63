import { describe, expect, it } from 'vitest'
import { openedTiny, tinyConfig } from '../../test/tiny-checkpoint'
import { assumedGpu } from '../gpu/device'
import type { Room } from '../inspection-records'
import type { Recipe } from '../records'
import { forecastOf } from './inspect'
import { defaultRecipe } from './recipe'

const { model } = openedTiny({ ...tinyConfig, num_hidden_layers: 3 })
const gptq = (samples: number, length = 64): Recipe => ({
  ...defaultRecipe('gptq'),
  calibration: { text: 'letters', samples, length, pick: 'first' },
})
const rtn = defaultRecipe('rtn')
const room = (bytes: Partial<Record<keyof Room, number>>, firm = true): Room => {
  const budget = (of: keyof Room) => (bytes[of] === undefined ? null : { bytes: bytes[of], firm })
  return { gpu: budget('gpu'), host: budget('host'), disk: budget('disk') }
}
const at = (recipe: Recipe, given?: Room, places?: Parameters<typeof forecastOf>[4]) =>
  forecastOf(model, recipe, assumedGpu, given, places)

describe('where a run keeps its states', () => {
  const many = gptq(60000)
  const state = 4 * 60000 * 64 * 36

  it('is the GPU while all fits there, then the host, then the disk', () => {
    const resident = at(many)
    expect(resident.states).toBe('gpu')
    const spilled = at(many, room({ gpu: resident.peak - 1 }))
    expect(spilled).toMatchObject({ states: 'host', problems: [] })
    expect(resident.peak - spilled.peak).toBeGreaterThan(1.8 * state)
    expect(spilled.host - resident.host).toBeGreaterThan(2 * state)
    const onDisk = at(many, room({ gpu: resident.peak - 1, host: spilled.host - 1 }))
    expect(onDisk).toMatchObject({ states: 'disk', problems: [], peak: spilled.peak })
    expect(onDisk.disk - spilled.disk).toBe(2 * state)
    expect(at(rtn, room({ gpu: resident.peak })).states).toBe('gpu')
  })

  it('is decided by budgets that are not firm, which refuse nothing', () => {
    expect(at(many, room({ gpu: 1 }, false))).toMatchObject({ states: 'host', problems: [] })
    expect(at(many, room({ gpu: 1, host: 1 }, false))).toMatchObject({ states: 'disk', problems: [] })
    expect(at(many, room({ gpu: 1, host: 1 }, false), ['gpu', 'host'])).toMatchObject({ states: 'host', problems: [] })
  })
})

describe('a run that does not fit', () => {
  it('is refused with the samples that would', () => {
    const { peak } = at(gptq(20))
    const [problem = ''] = at(gptq(60000), room({ gpu: peak }), ['gpu']).problems
    const [, samples] = /^gpu memory: expected a run within .*, got one that takes about .* — (\d+) samples of 64/.exec(
      problem,
    )!
    expect(at(gptq(Number(samples)), room({ gpu: peak }), ['gpu']).problems).toEqual([])
    expect(at(gptq(Number(samples) + 1), room({ gpu: peak }), ['gpu']).problems).toHaveLength(1)
    expect(Number(samples)).toBeGreaterThanOrEqual(20)
  })

  it('is refused with shorter windows where one is too many', () => {
    const { peak } = at(gptq(1, 100))
    const problems = at(gptq(4, 20000), room({ gpu: peak }), ['gpu']).problems.join()
    const [, length] = /— windows of (\d+) tokens would fit/.exec(problems)!
    expect(at(gptq(1, Number(length)), room({ gpu: peak }), ['gpu']).problems).toEqual([])
  })

  it('is refused for the host and the disk as well', () => {
    expect(at(rtn, room({ host: 1000 })).problems.join()).toMatch(/^host memory: expected a run within 1 MiB/)
    expect(at(rtn, room({ disk: 1000 })).problems.join()).toMatch(/^disk: .* — free some space/)
    expect(at(gptq(2), room({ gpu: 1000 })).problems.join()).toMatch(/even one token would not fit; use RTN/)
  })
})
