import { expect, it } from 'vitest'
import type { SensitivityReport } from '../measurement-records'
import { limitsFor, parseLimits } from '../methods/allocation/limits'
import { limitsText, middleLoss, minimumWidths } from './scan-limits'

const losses: Readonly<Record<string, readonly number[]>> = {
  'model.layers.1.mlp.up_proj': [0.001, 0.0001, 0],
  'model.layers.11.mlp.up_proj': [0.04, 0.009, 0.001],
  'model.layers.2.mlp.down_proj': [0.5, 0.2, 0.1],
}
const widths = [2, 3, 4]
const report = {
  widths,
  records: Object.entries(losses).flatMap(([unit, kls]) =>
    kls.map((kl, i) => ({
      unit,
      modules: [unit],
      bits: widths[i]!,
      kl,
      interval: null,
      topAgreement: 1,
      perplexity: 1,
    })),
  ),
} as unknown as SensitivityReport

it('takes the narrowest width that loses no more than is allowed', () => {
  expect(minimumWidths(report, 0.01).map(({ bits, beyond }) => [bits, beyond])).toEqual([
    [2, false],
    [3, false],
    [4, true],
  ])
  expect(middleLoss(report)).toBe(0.04)
  expect(minimumWidths(report, middleLoss(report))[1]).toMatchObject({ bits: 2, beyond: false })
})

it('says so in the words of a recipe, that mean these modules and no others', () => {
  const rules = parseLimits(limitsText(minimumWidths(report, 0.01), report))
  const allowed = (name: string) => [2, 3, 4].filter((_, k) => limitsFor(name, rules, [2, 3, 4]) & (1 << k))
  expect(allowed('model.layers.1.mlp.up_proj')).toEqual([2, 3, 4])
  expect(allowed('model.layers.11.mlp.up_proj')).toEqual([3, 4])
  expect(allowed('model.layers.2.mlp.down_proj')).toEqual([4])
  expect(limitsText(minimumWidths(report, 1), report)).toBe('')
})
