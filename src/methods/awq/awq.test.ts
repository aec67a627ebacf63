import { describe, expect, it } from 'vitest'
import { tinyConfig } from '../../../test/tiny-llama'
import { specFromConfig } from '../../models/spec'
import { describeMethod } from '../options'
import { methods, resolveMethod } from '../registry'
import type { AwqOptions } from './awq'
import { awqWork } from './work'

describe('the options of AWQ', () => {
  it('are asked for in its form', () => {
    const { options, needsCalibration } = describeMethod(methods.find(({ id }) => id === 'awq')!)
    expect(needsCalibration).toBe(true)
    expect(options.map(({ key, type, default: value, advanced }) => [key, type, value, advanced])).toEqual([
      ['bits', 'choice', 4, false],
      ['groupSize', 'choice', 128, false],
      ['scaling', 'choice', 'on', false],
      ['clipping', 'choice', 'on', false],
    ])
  })

  it('know no symmetric grid, and no third state of a search', () => {
    expect(() => resolveMethod('awq', { symmetric: true })).toThrow(/awq/)
    expect(() => resolveMethod('awq', { scaling: 'half' })).toThrow(/option 'scaling' of awq.*got "half"/)
    expect(resolveMethod('awq', { clipping: 'off' }).options).toEqual({
      ...{ bits: 4, groupSize: 128, scaling: 'on', clipping: 'off' },
    })
  })
})

describe('the work of AWQ', () => {
  const spec = specFromConfig(tinyConfig)
  const options: AwqOptions = { bits: 4, groupSize: 32, scaling: 'on', clipping: 'on' }
  const flops = (changes: Partial<AwqOptions>, samples = 4, length = 64) =>
    awqWork({ ...options, ...changes }, spec, { samples, length }).flops

  it('is what its searches take', () => {
    const both = awqWork(options, spec, { samples: 4, length: 64 })
    expect(both.steps).toBe(0)
    expect(both.dispatches).toBeGreaterThan(0)
    expect(flops({ scaling: 'off' }) + flops({ clipping: 'off' })).toBe(both.flops)
    expect(awqWork({ ...options, scaling: 'off', clipping: 'off' }, spec, { samples: 4, length: 64 })).toEqual({
      ...{ steps: 0, flops: 0, dispatches: 0 },
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
