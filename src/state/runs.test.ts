import { expect, it } from 'vitest'
import { fakeMethods } from '../../test/fake-methods'
import { fakeInspection, fakeModule } from '../../test/fake-model'
import { perplexityReport } from '../../test/perplexity'
import type { Recipe, RunReport } from '../records'
import { recordMeasurement } from './measurements'
import { defaultRecipe } from './recipe'
import { differences, perplexityColumns, runRecord } from './runs'

const plan = fakeInspection('wren', 2).modules
const base = defaultRecipe(fakeMethods[2]!, 'moby-dick', 'software')
const recordOf = (run: number, recipe: Recipe) =>
  runRecord(run, 'wren#1', {
    model: { name: 'wren', parameters: 1, bytes: 1 },
    ...{ recipe, seconds: { total: 3 }, bits: { code: 2.5, scale: 0.1, index: 0, total: 2.6 } },
    modules: plan.map((planned) => fakeModule(planned, recipe)),
  } as unknown as RunReport)

const mlp = { ...base, options: { ...base.options, allocator: 'mlp', bits: 2 } }
const runs = [recordOf(1, base), recordOf(2, mlp)]

it('keeps numbers of a run and none of its columns', () => {
  const [first] = runs
  expect(first!.modules).toHaveLength(plan.length)
  expect(JSON.stringify(first!.modules).length).toBeLessThan(500 * plan.length)
  expect(first!.modules[0]).not.toHaveProperty('columns')
  expect(first!.widths.get(plan[0]!.name)).toBeCloseTo(2.5, 1)
  expect(first!.width).toBeCloseTo(2.5, 1)
  const errors = first!.modules.map(({ error }) => error.output!).sort((a, b) => a - b)
  expect(first!.error).toBe(errors[errors.length / 2])
})

it('names what tells recipes apart, and nothing else', () => {
  expect(differences(runs)).toEqual([
    { key: 'bits', values: ['2.5', '2'] },
    { key: 'allocator', values: ['gcn', 'mlp'] },
  ])
  const plain = recordOf(3, defaultRecipe(fakeMethods[0]!, 'moby-dick', 'software'))
  expect(differences([...runs, plain]).find(({ key }) => key === 'allocator')?.values).toEqual(['gcn', 'mlp', ''])
  expect(differences(runs.slice(0, 1))).toEqual([])
})

it('puts perplexities of one setting into one column', () => {
  const key = { model: 'wren#1', recipe: 'r', run: 2, protocol: 'windows:64', text: 't', maxTokens: 512 }
  let lines = recordMeasurement([], key, 'before', perplexityReport(50))
  lines = recordMeasurement(lines, key, 'after', perplexityReport(60))
  lines = recordMeasurement(lines, { ...key, run: 9, text: 'u' }, 'after', perplexityReport(70))
  expect(perplexityColumns(runs, lines)).toMatchObject([
    { text: 't', protocol: 'windows:64', maxTokens: 512, values: [null, { perplexity: 60 }] },
  ])
})
