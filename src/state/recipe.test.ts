import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fakeMethods } from '../../test/fake-methods'
import {
  defaultRecipe,
  optionProblem,
  parseRecipe,
  recipeJson,
  recipeLabel,
  recipeProblems,
  targetWidth,
  withMethod,
} from './recipe'

const [rtn, gptq] = fakeMethods as [(typeof fakeMethods)[number], (typeof fakeMethods)[number]]
const recipe = defaultRecipe(gptq, 'moby-dick', 'software')
const parse = (change: object) => () => parseRecipe(JSON.stringify({ ...recipe, ...change }), fakeMethods)

describe('parseRecipe', () => {
  it('reads back what was saved', () => {
    expect(parseRecipe(recipeJson(recipe), fakeMethods)).toEqual(recipe)
  })

  it('completes options that were left out', () => {
    expect(parse({ options: { bits: 3 } })().options).toEqual({ ...recipe.options, bits: 3 })
  })

  it.each([
    [
      'a method nobody knows',
      { method: 'awq' },
      /recipe method: expected rtn or gptq or mg-ptq or tesseraq, got 'awq'/,
    ],
    ['an option of another method', { method: 'rtn', options: { damping: 0.1 } }, /got 'damping'/],
    ['bits out of reach', { options: { bits: 7 } }, /recipe bits: expected one of 1, 2, 3, 4, 5, 6, 8/],
    ['another version', { version: 2 }, /recipe: version/],
    ['no samples', { calibration: { ...recipe.calibration, samples: 0 } }, /recipe: calibration\.samples/],
    ['a broken seed', { seed: 1.5 }, /recipe: seed/],
    ['an unknown field', { note: 'hello' }, /recipe: document/],
  ])('refuses %s', (_, change, message) => {
    expect(parse(change)).toThrow(message)
    expect(parse(change)).toThrow(expect.objectContaining({ name: 'FormatError' }))
  })

  it('answers any text with a recipe or a FormatError', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(() => parseRecipe(text, fakeMethods)).toThrow(expect.objectContaining({ name: 'FormatError' }))
      }),
    )
  })
})

describe('the form', () => {
  it('checks texts against their pattern', () => {
    const candidates = fakeMethods[2]!.options.find((option) => option.key === 'candidates')!
    expect(optionProblem(candidates, '2,4')).toBeNull()
    expect(optionProblem(candidates, '2;4')).toBe('expected something like 1,2,3,4')
    expect(optionProblem(candidates, 4)).toBe('expected a text')
  })

  it('checks numbers against their range and step', () => {
    const damping = gptq.options.find((option) => option.key === 'damping')!
    expect(optionProblem(damping, 0.02)).toBeNull()
    expect(optionProblem(damping, Number.NaN)).toBe('expected a number')
    expect(optionProblem(damping, 2)).toBe('expected 0.0001 to 1')
    expect(optionProblem({ ...damping, type: 'number', min: 0, max: 9, step: 1, default: 1 }, 1.5)).toBe(
      'expected a whole number',
    )
  })

  it('names every field that is wrong', () => {
    const broken = { ...recipe, seed: Number.NaN, calibration: { ...recipe.calibration, text: '', length: 1 } }
    expect(Object.keys(recipeProblems(broken, gptq)).sort()).toEqual(['length', 'seed', 'text'])
    expect(recipeProblems(recipe, gptq)).toEqual({})
  })

  it('keeps what two methods share', () => {
    const changed = { ...recipe, options: { ...recipe.options, bits: 3, damping: 0.5 } }
    expect(withMethod(changed, rtn, gptq)).toMatchObject({
      method: 'rtn',
      options: { bits: 3, groupSize: 128, symmetric: false },
    })
    expect(withMethod(changed, rtn, gptq).options).not.toHaveProperty('damping')
    // what nobody chose is not carried over
    const finer = { ...rtn, options: rtn.options.map((option) => ({ ...option, default: 64 })) } as typeof rtn
    expect(withMethod(recipe, finer, gptq).options.groupSize).toBe(64)
    // a target that may be 2.5 is another thing than a width under the same name
    expect(withMethod(changed, fakeMethods[2]!, gptq).options).toMatchObject({ bits: 2.5 })
  })
})

it('recipeLabel tells recipes apart', () => {
  expect(recipeLabel(recipe)).toBe('GPTQ 4-bit g128')
  expect(recipeLabel({ ...recipe, options: { bits: 2, groupSize: -1 } })).toBe('GPTQ 2-bit per row')
  const mixed = { ...recipe, method: 'mg-ptq', options: { bits: 2.5, allocator: 'gcn' } }
  expect(recipeLabel(mixed)).toBe('MG-PTQ gcn 2.5-bit')
  const learned = { bits: 2.5, groupSize: 128, init: 'awq', allocation: 'mg-ptq' }
  expect(recipeLabel({ ...recipe, method: 'tesseraq', options: learned })).toBe('TesseraQ awq mg-ptq 2.5-bit g128')
  const plain = { bits: 2, groupSize: -1, init: 'none', allocation: 'uniform' }
  expect(recipeLabel({ ...recipe, method: 'tesseraq', options: plain })).toBe('TesseraQ 2-bit per row')
  const signs = (groups: number) => recipeLabel({ ...recipe, method: 'sage', options: { groups, salientBits: 4 } })
  expect([0, 1, 4].map(signs)).toEqual(['SAGE-PTQ', 'SAGE-PTQ 1 amplitude', 'SAGE-PTQ 4 amplitudes'])
  expect(targetWidth(mixed)).toBe(2.5)
  expect(targetWidth({ ...mixed, options: { ...mixed.options, budget: 'model' } })).toBeNull()
})
