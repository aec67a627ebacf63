import { describe, expect, it } from 'vitest'
import { tinyConfig } from '../../../test/tiny-checkpoint'
import { specFromConfig } from '../../models/spec'
import { describeMethod } from '../options'
import { methods, resolveMethod } from '../registry'
import type { AwqOptions } from './options'
import { awqWork } from './work'

describe('the options of AWQ', () => {
  it('are asked for in its form', () => {
    const { options, needsCalibration } = describeMethod(methods.find(({ id }) => id === 'awq')!)
    expect(needsCalibration).toBe(true)
    expect(options.map(({ key, type, default: value, advanced }) => [key, type, value, advanced])).toEqual([
      ['bits', 'choice', 4, false],
      ['groupSize', 'choice', 128, false],
      ['grid', 'choice', 'free', false],
      ['search', 'choice', 'both', false],
    ])
  })

  it('know no symmetric grid, and no other search', () => {
    expect(() => resolveMethod('awq', { symmetric: true })).toThrow(/awq/)
    expect(() => resolveMethod('awq', { search: 'half' })).toThrow(/option 'search' of awq.*got "half"/)
    expect(resolveMethod('awq', { search: 'clips' }).options).toEqual({
      ...{ bits: 4, groupSize: 128, grid: 'free', search: 'clips' },
    })
  })
})

describe('the work of AWQ', () => {
  const spec = specFromConfig(tinyConfig)
  const options: AwqOptions = { bits: 4, groupSize: 32, grid: 'free', search: 'both' }
  const flops = (changes: Partial<AwqOptions>, samples = 4, length = 64) =>
    awqWork({ ...options, ...changes }, spec, { samples, length }).flops

  it('is what its searches take', () => {
    const both = awqWork(options, spec, { samples: 4, length: 64 })
    expect(both.dispatches).toBeGreaterThan(0)
    expect(flops({ search: 'clips' }) + flops({ search: 'scales' })).toBe(both.flops)
    expect(awqWork({ ...options, search: 'none' }, spec, { samples: 4, length: 64 })).toEqual({
      flops: 0,
      dispatches: 0,
    })
    expect(flops({ groupSize: -1 })).toBeGreaterThan(both.flops)
  })

  it('grows with the text, slower when enough of it is looked at', () => {
    const growth = (samples: number) => flops({}, samples + 1) - flops({}, samples)
    expect(growth(4)).toBe(growth(127))
    expect(growth(128)).toBeLessThan(growth(127) / 5)
    expect(growth(128)).toBeGreaterThan(0)
  })
})
