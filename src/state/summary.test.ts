import { expect, it } from 'vitest'
import { fakeMethods } from '../../test/fake-methods'
import { fakeInspection, fakeModule } from '../../test/fake-model'
import type { RunReport } from '../records'
import { nothingKnown } from './exports'
import { defaultRecipe } from './recipe'
import { summaryOf } from './summary'

const inspection = fakeInspection('wren', 2)
const plan = inspection.modules
const model = { inspection, plan, serial: 1 }
const recipe = defaultRecipe(fakeMethods[1]!, '', 'software')
const modules = plan.map((module, at) => {
  const record = fakeModule(module, recipe)
  return { ...record, error: { weight: 0.1, output: at / 100 } }
})
const report = { modules, model: { name: 'wren', parameters: 1000, bytes: 2000 } } as unknown as RunReport
const result = { report, run: 3, alive: true, exports: nothingKnown }
const line = { model: 'wren#1', recipe: 'r', run: 3, protocol: 'windows:4', text: 't', maxTokens: null }
const number = (perplexity: number) => ({
  ...line,
  perplexity,
  nll: 0,
  interval: null,
  positions: [],
  tokens: 1,
  windows: 1,
  stored: false,
  seconds: 1,
})

it('names the worst module and the median', () => {
  const { error } = summaryOf({ model, result, measurements: [] })!
  expect(error).toMatchObject({ kind: 'output', median: 0.07, worst: { name: plan.at(-1)!.name } })
})

it('falls back to errors of weights without calibration', () => {
  const uncalibrated = modules.map((module) => ({ ...module, error: { weight: 0.1, output: null } }))
  const { error } = summaryOf({
    model,
    result: { ...result, report: { ...report, modules: uncalibrated } },
    measurements: [],
  })!
  expect(error).toMatchObject({ kind: 'weight', median: 0.1 })
})

it('takes the last finished measurement of this very result', () => {
  const measurements = [
    { ...line, before: number(50), after: number(60) },
    { ...line, text: 'u', before: number(40), after: number(44) },
    { ...line, text: 'v', before: number(30), after: null },
    { ...line, run: 2, before: number(50), after: number(99) },
    { ...line, model: 'wren#2', before: number(50), after: number(98) },
  ]
  expect(summaryOf({ model, result, measurements })!.perplexity).toMatchObject({ after: { perplexity: 44 } })
})
