import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fakeMethods } from '../../test/fake-methods'
import { fakeInspection, fakeModule } from '../../test/fake-model'
import type { RunReport } from '../records'
import { columnsCsv, csvOf, modulesCsv, reportBytes, reportPieces, textStream } from './documents'
import { defaultRecipe } from './recipe'

const plan = fakeInspection('wren', 1).modules
const rtn = fakeModule(plan[0]!, defaultRecipe(fakeMethods[0]!, '', 'software'))
const learned = fakeModule(plan[0]!, defaultRecipe(fakeMethods[2]!, '', 'software'))
const gptq = fakeModule(plan[0]!, defaultRecipe(fakeMethods[1]!, '', 'software'))

it('writes one line a column, one column a lane that is known', () => {
  const rows = columnsCsv(rtn).trimEnd().split('\n')
  expect(rows).toHaveLength(1 + 192)
  expect(rows[0]).toBe('column,bits,norm,error')
  expect(rows[1]).toBe(`0,4,${rtn.columns.norm![0]},${rtn.columns.error[0]}`)
  const [head, first] = columnsCsv(gptq).split('\n')
  expect(head).toBe('column,bits,hessian_diagonal,factor_diagonal,norm,error,saliency')
  const { hessian, factor, norm, error } = gptq.columns
  const saliency = Math.fround((norm![0]! / factor![0]!) ** 2)
  expect(first).toBe([0, 4, hessian![0], factor![0], norm![0], error[0], saliency].join())
})

it('quotes names and disarms formulas', () => {
  const csv = modulesCsv([{ ...rtn, name: '=cmd("x"),y' }])
  expect(csv.split('\n')[1]).toMatch(/^"'=cmd\(""x""\),y",0,q,192,192,4.125,/)
})

it('writes numbers as any program reads them', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true }), (value) => {
      const written = csvOf([[value]]).trimEnd()
      expect(Number(written) + 0).toBe(value + 0)
    }),
  )
  expect(csvOf([[-0.25, 1e-7, -3e21, -Infinity, null, Number.NaN]])).toBe('-0.25,1e-7,-3e+21,-Infinity,,\n')
})

it('writes texts with the sign that a keyboard has, and no number among them as a text', () => {
  expect(csvOf([['A − B', '−4e-5', '-8', '+1', '-cmd', '−1+cmd', '-']])).toBe("A - B,-4e-5,-8,+1,'-cmd,'-1+cmd,'-\n")
})

it('writes a report piece by piece, lanes as plain arrays of six digits', async () => {
  const report = { version: 1, warnings: ['}'], modules: [gptq, rtn, learned] } as unknown as RunReport
  const text = await new Response(textStream(reportPieces(report))).text()
  const { modules, ...rest } = JSON.parse(text)
  expect(rest).toEqual({ version: 1, warnings: ['}'] })
  expect(modules).toHaveLength(3)
  expect(modules[2].graph.nodes).toEqual(Array.from(learned.graph!.nodes))
  expect(modules[2].training.chosen.slice(8, 11)).toEqual([null, expect.any(Number), null])
  expect(modules[0].columns.hessian[77]).toBeCloseTo(gptq.columns.hessian![77]!, 4)
  expect(modules[1].columns.hessian).toBeNull()
  expect(reportBytes(report) / text.length).toBeCloseTo(1, 0)
})
