import { expect, it } from 'vitest'
import { optionFlags, recipeFlags } from './recipe-flags'

it('no option of a method hides a flag of the recipe', () => {
  const own = ['method', 'preset', 'calibration', 'samples', 'seq-len', 'pick', 'seed', 'recipe', 'out', 'json']
  expect(Object.keys(optionFlags).filter((flag) => own.includes(flag))).toEqual([])
  // the flags of the recipe are where they are looked for
  expect(own.slice(0, 8).filter((flag) => !(flag in recipeFlags))).toEqual([])
})
