import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { FormatError } from '../../src/errors'
import { defaultRecipe } from '../../src/pipeline/recipe'
import { scratch } from '../../test/cli'
import { readArguments } from '../args'
import { UsageError } from '../command'
import { compare } from '../commands/compare'
import type { RecipeArguments } from '../recipe-flags'
import { planRuns } from './plan'

const folder = scratch()

function file(content: unknown): string {
  const path = join(folder, 'recipes.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

/** What a command line plans. */
function plan(...words: string[]) {
  const args = readArguments(compare, ['model', '--text', 'text', ...words])
  const { recipes, sweep } = args.values as unknown as { recipes?: string; sweep: string[] }
  return planRuns(args as unknown as RecipeArguments, recipes, sweep)
}

const seen = async (...words: string[]) =>
  (await plan(...words)).map(({ recipe: { method, options, seed } }) => [method, options.bits, seed])

it('combines every value with every other, the last sweep fastest', async () => {
  expect(await seen('--sweep', 'method=rtn,gptq', '--sweep', 'bits=2,3', '--sweep', 'seed=0,1')).toEqual([
    ...[
      ['rtn', 2, 0],
      ['rtn', 2, 1],
      ['rtn', 3, 0],
      ['rtn', 3, 1],
    ],
    ...[
      ['gptq', 2, 0],
      ['gptq', 2, 1],
      ['gptq', 3, 0],
      ['gptq', 3, 1],
    ],
  ])
})

it('takes an option by its key or its flag, switches too, and a recipe once', async () => {
  const options = async (...words: string[]) => (await plan(...words)).map(({ recipe }) => recipe.options)
  expect(await options('--sweep', 'groupSize=32,-1', '--sweep', 'act-order=true,false', '--bits', '2')).toMatchObject([
    { bits: 2, groupSize: 32, actOrder: true },
    { bits: 2, groupSize: 32, actOrder: false },
    { bits: 2, groupSize: -1, actOrder: true },
    { bits: 2, groupSize: -1, actOrder: false },
  ])
  expect(await seen('--sweep', 'bits=3;3')).toEqual([['gptq', 3, 0]])
  expect(await seen()).toEqual([['gptq', 4, 0]])
})

it('reads recipes with labels; flags and sweeps change them all', async () => {
  const [rtn, gptq] = [defaultRecipe('rtn'), { ...defaultRecipe('gptq'), options: { damping: 0.1 } }]
  const recipes = file([{ label: 'plain', recipe: rtn }, { recipe: gptq }])
  const planned = await plan('--recipes', recipes, '--sweep', 'samples=2,4', '--calibration', 'texts/calib.txt')
  expect(planned.map(({ label, recipe }) => [label, recipe.method, recipe.calibration])).toEqual(
    [
      ['plain', 'rtn'],
      [null, 'gptq'],
    ].flatMap(([label, method]) =>
      [2, 4].map((samples) => [label, method, { text: 'calib.txt', samples, length: 512, pick: 'first' }]),
    ),
  )
  expect(planned[2]!.recipe.options).toMatchObject({ bits: 4, damping: 0.1 })
})

it.each<[says: RegExp, sweep: string]>([
  [/expected option=value,value,…, got 'bits' — e\.g\. bits=2,3,4/, 'bits'],
  [/expected an option out of method, .*, got 'calibration' — choose one/, 'calibration=a,b'],
  [/expected an option out of .*got 'width'/, 'width=2'],
  [/--sweep bits: expected .*got 'x'/, 'bits=2,x'],
  [/--sweep act-order: expected true or false, got 'yes'/, 'actOrder=yes'],
])('refuses a sweep: %s', async (says, sweep) => {
  const failure = await plan('--sweep', sweep).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(UsageError)
  expect((failure as Error).message).toMatch(says)
})

it('refuses a sweep given twice, and two sources of recipes', async () => {
  await expect(plan('--sweep', 'bits=2', '--sweep', 'bits=3')).rejects.toThrow(/got it twice — join the values/)
  await expect(plan('--recipe', 'a', '--recipes', 'b')).rejects.toThrow(/add it to that file/)
})

it.each<[says: RegExp, content: unknown]>([
  [/^recipes\.json: expected recipes in JSON, got '.*' — correct it$/, '[{'],
  [/^recipes\.json: expected a list of .*got at 'document': .* — correct it$/, {}],
  [/^recipes\.json: expected a list of .*got at '0\.recipe'/, [{ label: 'x' }]],
  [/^recipes\.json: recipe 1 'x': recipe: version: .* — correct it/, [{ label: 'x', recipe: {} }]],
  [
    /^recipes\.json: recipe 1: recipe: option 'bits' of rtn: /,
    [{ recipe: { ...defaultRecipe('rtn'), options: { bits: 9 } } }],
  ],
])('refuses a file: %s', async (says, content) => {
  const failure = await plan('--recipes', file(content)).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(FormatError)
  expect((failure as Error).message).toMatch(says)
})

it('takes presets, which flags beside them change', async () => {
  const options = async (...words: string[]) =>
    (await plan('--method', 'mg-ptq', ...words)).map(({ recipe }) => {
      const { allocator, objective, budget, fit, correction } = recipe.options
      return [allocator, objective, budget, fit, correction]
    })
  expect(await options('--sweep', 'preset=best,network,published')).toEqual([
    ['messages', 'compensated', 'model', 'search', 0.5],
    ['gcn', 'compensated', 'model', 'search', 0.5],
    ['gcn', 'output', 'layer', 'minmax', 0],
  ])
  expect(await options('--preset', 'published', '--fit', 'search')).toEqual([['gcn', 'output', 'layer', 'search', 0]])
  await expect(plan('--method', 'gptq', '--preset', 'published')).rejects.toThrow(/--preset: expected a preset of gptq/)
})
