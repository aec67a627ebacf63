import { expect, it } from 'vitest'
import { formatError, formatInteger, formatNumber, formatSetting } from './format'

it('negative numbers have a minus sign, their exponents a hyphen', () => {
  expect([-0.25, -1234, -0.00004, 4e-5].map(formatError)).toEqual(['−0.250', '−1.23e3', '−4.00e-5', '4.00e-5'])
  expect([-0.5, -8, -1e-5, -25000, 0.5].map(formatSetting)).toEqual(['−0.5', '−8', '−1e-5', '−2.5e4', '0.5'])
  expect([formatInteger(-1234), formatInteger(1234), formatNumber(-0.5, 2)]).toEqual(['−1,234', '1,234', '−0.50'])
})
