import { expect, it } from 'vitest'
import { counted } from './counted'

it('tells one from many', () => {
  expect([0, 1, 2, 1.5].map((count) => counted(count, 'bit'))).toEqual(['0 bits', '1 bit', '2 bits', '1.5 bits'])
  expect(['1', '1.00', '1,024'].map((count) => counted(count, 'entry', 'entries'))).toEqual([
    ...['1 entry', '1.00 entries', '1,024 entries'],
  ])
})
