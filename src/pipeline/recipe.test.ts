import { describe, expect, it } from 'vitest'
import { FormatError } from '../errors'
import { methods } from '../methods/registry'
import { defaultRecipe, recipeFromJson } from './recipe'

const read = (value: unknown) => recipeFromJson({ name: 'saved.json', text: JSON.stringify(value) })
const recipe = defaultRecipe('gptq')
const calibration = (change: object) => ({ ...recipe, calibration: { ...recipe.calibration, ...change } })

describe('defaultRecipe', () => {
  it('is 128 windows of 512 tokens, four bits in groups of 128', () => {
    expect(recipe).toEqual({
      version: 1,
      method: 'gptq',
      options: {
        ...{ grid: 'free', bits: 4, groupSize: 128, symmetric: false, storedBits: 4, actOrder: false },
        ...{ sequence: 'layer', damping: 0.01 },
      },
      calibration: { text: 'moby-dick', samples: 128, length: 512, pick: 'first' },
      seed: 0,
    })
  })
})

describe('recipeFromJson', () => {
  it('reads what was saved, for every method', () => {
    for (const { id } of methods) expect(read(defaultRecipe(id))).toEqual(defaultRecipe(id))
  })

  it('fills in what an older or shorter recipe leaves out', () => {
    const { pick: _, ...older } = recipe.calibration
    expect(read({ ...recipe, options: { bits: 3 }, calibration: older })).toEqual({
      ...recipe,
      options: { ...recipe.options, bits: 3 },
    })
  })

  it.each<[what: string, value: unknown, says: RegExp]>([
    ['not an object', 7, /saved\.json: document:/],
    ['another version', { ...recipe, version: 2 }, /saved\.json: version:/],
    ['no method', { ...recipe, method: undefined }, /saved\.json: method:/],
    ['an unknown method', { ...recipe, method: 'nearest' }, /expected a method out of mg-ptq, .*rtn.*, got 'nearest'/],
    ['a width that does not exist', { ...recipe, options: { bits: 9 } }, /option 'bits' of gptq.*got 9/],
    ['a group size that does not exist', { ...recipe, options: { groupSize: 100 } }, /option 'groupSize'.*got 100/],
    ['an option of another method', { ...recipe, options: { clip: 1 } }, /clip/],
    ['damping out of range', { ...recipe, options: { damping: 0 } }, /option 'damping'.*got 0/],
    ['no samples', calibration({ samples: 0 }), /saved\.json: calibration\.samples:/],
    ['half a token', calibration({ length: 2.5 }), /saved\.json: calibration\.length:/],
    ['windows nobody could hold', calibration({ length: 1e9 }), /saved\.json: calibration\.length:/],
    ['an unknown pick', calibration({ pick: 'last' }), /saved\.json: calibration\.pick:/],
    ['a negative seed', { ...recipe, seed: -1 }, /saved\.json: seed:/],
    ['a seed beyond 32 bits', { ...recipe, seed: 2 ** 32 }, /saved\.json: seed:/],
  ])('refuses %s and says which field', (_, value, says) => {
    expect(() => read(value)).toThrow(FormatError)
    expect(() => read(value)).toThrow(says)
    expect(() => read(value)).toThrow(/ — /)
  })

  it('refuses what is no JSON', () => {
    expect(() => recipeFromJson({ name: 'saved.json', text: 'bits: 4' })).toThrow(
      /^saved\.json: expected a recipe in JSON/,
    )
  })
})
