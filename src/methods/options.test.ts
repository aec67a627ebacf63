import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { FormatError } from '../errors'
import { gridNames } from '../formats/gguf/grids'
import { matters, presetOf, presetOptions } from './description'
import { described, describeMethod } from './options'
import { methods, resolveMethod } from './registry'

describe('describeMethod', () => {
  it('derives the form of GPTQ from its schema', () => {
    const { options } = describeMethod(methods.find((m) => m.id === 'gptq')!)
    expect(options.map((o) => [o.key, o.type, o.default, o.advanced])).toEqual([
      ['bits', 'choice', 4, false],
      ['groupSize', 'choice', 128, false],
      ['symmetric', 'boolean', false, true],
      ['grid', 'choice', 'free', false],
      ['storedBits', 'number', 4, false],
      ['actOrder', 'boolean', false, false],
      ['sequence', 'choice', 'layer', true],
      ['damping', 'number', 0.01, true],
    ])
    const groupSize = options[1]!
    expect(groupSize.type === 'choice' && groupSize.choices[0]).toEqual({ value: -1, label: 'per row' })
    expect(options[7]).toMatchObject({ min: 0.0001, max: 1, step: 0.005 })
  })
})

describe('options', () => {
  const schema = z.strictObject({
    allocator: described(z.enum(['gcn', 'greedy']).default('gcn'), { label: 'Allocator', help: 'Who chooses.' }),
    widths: described(
      z
        .string()
        .regex(/^\d(,\d)*$/)
        .default('1,2,3,4'),
      { label: 'Widths', help: 'Candidates.', placeholder: '2,4' },
    ),
    target: described(z.number().min(1).max(8).default(2), { label: 'Bits', help: '', step: 0.05 }),
    steps: described(z.int().min(1).max(1000).default(300), {
      label: 'Steps',
      help: '',
      when: { allocator: ['gcn'] },
    }),
  })
  const { options } = describeMethod({ ...methods[0]!, schema })

  it('may be texts that match a pattern, and numbers between whole ones', () => {
    expect(options[1]).toMatchObject({
      ...{ type: 'text', pattern: '^\\d(,\\d)*$', placeholder: '2,4', default: '1,2,3,4' },
    })
    expect(options[2]).toMatchObject({ type: 'number', step: 0.05, default: 2 })
  })

  it('may matter only beside values of others', () => {
    const [allocator, , , steps] = options
    expect(matters(steps!, { allocator: 'gcn' })).toBe(true)
    expect(matters(steps!, { allocator: 'greedy' })).toBe(false)
    expect(matters(allocator!, {})).toBe(true)
  })
})

describe('presets', () => {
  const mgptq = describeMethod(methods.find(({ id }) => id === 'mg-ptq')!)
  const published = mgptq.presets.find(({ name }) => name === 'published')!
  const defaults = Object.fromEntries(mgptq.options.map((option) => [option.key, option.default]))

  it.each(methods.map(describeMethod))('of $id are settings that it takes, the defaults first', (method) => {
    for (const preset of method.presets) resolveMethod(method.id, presetOptions(method, preset))
    const [first] = method.presets
    if (first) expect(first.options).toEqual({})
  })

  it('set what any of them sets and leave the rest to the person', () => {
    expect(presetOptions(mgptq, published)).toEqual({
      ...{ allocator: 'gcn', objective: 'output', budget: 'layer', sensitivity: 'none', ranges: 'shared' },
      ...{ fit: 'minmax', order: 'original', correction: 0, sequence: 'layer' },
    })
    expect(Object.keys(presetOptions(mgptq, mgptq.presets[0]!)).sort()).toEqual(Object.keys(published.options).sort())
  })

  const calibration = { samples: 8, length: 64 }
  const followed = (method: typeof mgptq, options: Readonly<Record<string, unknown>>) =>
    presetOf(method, { options, calibration })?.preset

  it('are recognised whatever else was chosen, and not when one of their settings was changed', () => {
    expect(followed(mgptq, defaults)?.name).toBe('best')
    expect(followed(mgptq, { ...defaults, bits: 3, allocator: 'gcn' })?.name).toBe('network')
    const following = { ...defaults, bits: 2, steps: 100, ...published.options }
    expect(followed(mgptq, following)?.name).toBe('published')
    expect(followed(mgptq, { ...following, fit: 'search' })).toBeUndefined()
    expect(followed(describeMethod(methods.find(({ id }) => id === 'rtn')!), {})).toBeUndefined()
  })

  it('are followed in part where they are meant for other calibration data', () => {
    const meant = { ...mgptq, presets: [{ ...mgptq.presets[0]!, calibration }] }
    const whole = (samples: number) =>
      presetOf(meant, { options: defaults, calibration: { samples, length: 64 } })?.whole
    expect([whole(8), whole(9)]).toEqual([true, false])
    expect(presetOf(mgptq, { options: defaults, calibration })?.whole).toBe(true)
  })
})

describe('resolveMethod', () => {
  it('fills in defaults', () => {
    expect(resolveMethod('rtn', { bits: 3 }).options).toEqual({
      grid: 'free',
      bits: 3,
      groupSize: 128,
      symmetric: false,
    })
  })

  it('names the method or option that does not exist', () => {
    expect(() => resolveMethod('magic', {})).toThrow(FormatError)
    expect(() => resolveMethod('rtn', { bits: 9 })).toThrow(/option 'bits' of rtn.*got 9/)
    expect(() => resolveMethod('rtn', { bits: 4, groupSize: 100 })).toThrow(/groupSize/)
    expect(() => resolveMethod('rtn', { colour: 'red' })).toThrow(
      /expected an option of rtn, got 'colour' — leave it out$/,
    )
  })
})

describe('the grid of a GGUF type', () => {
  const title = (id: string) => methods.find((method) => method.id === id)!
  it.each(['rtn', 'gptq', 'awq', 'omniquant', 'tesseraq'])(
    'is a choice of %s, which bits and groups then have no say in',
    (id) => {
      const { options } = describeMethod(title(id))
      const grid = options.find(({ key }) => key === 'grid')
      expect(grid?.type === 'choice' && grid.choices.map(({ value }) => value)).toEqual(
        expect.arrayContaining(['free', ...gridNames]),
      )
      for (const key of ['bits', 'groupSize'])
        expect(matters(options.find((option) => option.key === key)!, { grid: 'Q4_K' })).toBe(false)
    },
  )

  it.each(['sage', 'sage-plus', 'billm', 'pb-llm', 'mg-ptq'])(
    'is refused by %s, which names those that take it',
    (id) => {
      expect(() => resolveMethod(id, { grid: 'Q4_0' })).toThrow(
        `expected an option of ${id}, whose levels are no GGUF type’s, got 'grid' — leave it out, or take tesseraq, gptq, awq, omniquant, rtn`,
      )
    },
  )

  it('is refused beside widths of MG-PTQ', () => {
    expect(() => resolveMethod('tesseraq', { grid: 'Q4_0', allocation: 'mg-ptq' })).toThrow(
      /option 'grid' of tesseraq: expected the free grid with widths of MG-PTQ.*take allocation uniform/,
    )
  })

  it('names the values that a number may have', () => {
    expect(() => resolveMethod('tesseraq', { rounds: 3 })).toThrow(
      "option 'rounds' of tesseraq: expected 20 or 10 (got 3)",
    )
    expect(() => resolveMethod('gptq', { groupSize: 48 })).toThrow(/'groupSize' of gptq: expected -1 or 32 or 64/)
  })
})
