import { describe, expect, it } from 'vitest'
import { FormatError } from '../errors'
import { describeMethod } from './options'
import { methods, resolveMethod } from './registry'

describe('describeMethod', () => {
  it('derives the form of GPTQ from its schema', () => {
    const { options } = describeMethod(methods.find((m) => m.id === 'gptq')!)
    expect(options.map((o) => [o.key, o.type, o.default, o.advanced])).toEqual([
      ['bits', 'choice', 4, false],
      ['groupSize', 'choice', 128, false],
      ['symmetric', 'boolean', false, true],
      ['actOrder', 'boolean', false, false],
      ['sequence', 'choice', 'layer', true],
      ['damping', 'number', 0.01, true],
    ])
    const groupSize = options[1]!
    expect(groupSize.type === 'choice' && groupSize.choices[0]).toEqual({ value: -1, label: 'per row' })
    expect(options[5]).toMatchObject({ min: 0.0001, max: 1, step: 0.005 })
  })
})

describe('resolveMethod', () => {
  it('fills in defaults', () => {
    expect(resolveMethod('rtn', { bits: 3 }).options).toEqual({ bits: 3, groupSize: 128, symmetric: false })
  })

  it('names the method or option that does not exist', () => {
    expect(() => resolveMethod('magic', {})).toThrow(FormatError)
    expect(() => resolveMethod('rtn', { bits: 9 })).toThrow(/option 'bits' of rtn.*got 9/)
    expect(() => resolveMethod('rtn', { bits: 4, groupSize: 100 })).toThrow(/groupSize/)
  })
})
