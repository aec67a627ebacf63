import { expect, it } from 'vitest'
import { roughly } from './duration'

it('says no more than a forecast knows', () => {
  const said = [0, 4.9, 7, 42, 57, 58, 89, 91, 700, 5900, 5970, 9000, 33_000, 36_000, 1e6].map(roughly)
  expect(said).toEqual([
    ...['a few seconds', 'a few seconds', '5 s', '40 s', '55 s', '1 min', '1 min', '2 min', '12 min', '98 min'],
    ...['1.5 h', '2.5 h', '9 h', '10 h', '278 h'],
  ])
})
