import { expect, it } from 'vitest'
import { fakeInspection, fakeMethods, fakeModule } from '../../test/fake-engine'
import { columnsCsv, modulesCsv, reportJson } from './documents'
import { planModules } from './modules'
import { defaultRecipe } from './recipe'

const plan = planModules(fakeInspection('wren', 1).tensors)
const rtn = fakeModule(plan[0]!, defaultRecipe(fakeMethods[0]!, '', 'software'))
const gptq = fakeModule(plan[0]!, defaultRecipe(fakeMethods[1]!, '', 'software'))

it('writes one line a column, empty where a lane is absent', () => {
  const rows = columnsCsv(rtn).trimEnd().split('\n')
  expect(rows).toHaveLength(1 + 192)
  expect(rows[1]).toBe(`0,4,${rtn.columns.error[0]},`)
  expect(columnsCsv(gptq).split('\n')[1]).toBe(`0,4,${gptq.columns.error[0]},${gptq.columns.hessian![0]}`)
})

it('quotes names and disarms formulas', () => {
  const csv = modulesCsv([{ ...rtn, name: '=cmd("x"),y' }])
  expect(csv.split('\n')[1]).toMatch(/^"'=cmd\(""x""\),y",0,q,192,192,4.125,/)
})

it('writes lanes of a report as plain arrays', () => {
  const report = { modules: [gptq] } as unknown as Parameters<typeof reportJson>[0]
  expect(JSON.parse(reportJson(report)).modules[0].columns.hessian[77]).toBe(gptq.columns.hessian![77])
})
