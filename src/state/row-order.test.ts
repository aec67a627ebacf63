import { expect, it } from 'vitest'
import { rowArrangement } from './row-order'

const record = { norm: Float32Array.of(1, 5, 2, 3), error: Float32Array.of(0.4, 0.1, 0.9, 0.3) }

it('lays rows by falling norm or error', () => {
  expect([...rowArrangement(4, 'original', record, 0)]).toEqual([0, 1, 2, 3])
  expect([...rowArrangement(4, 'norm', record, 0)]).toEqual([1, 3, 2, 0])
  expect([...rowArrangement(4, 'error', record, 0)]).toEqual([2, 0, 3, 1])
})

it('moves groups as wholes, by the sum of their squares', () => {
  expect([...rowArrangement(4, 'norm', record, 2)]).toEqual([0, 1, 2, 3])
  expect([...rowArrangement(4, 'error', record, 2)]).toEqual([2, 3, 0, 1])
})

it('keeps rows where they were while their record is not there', () => {
  expect([...rowArrangement(3, 'norm', null, 0)]).toEqual([0, 1, 2])
  expect([...rowArrangement(3, 'error', { norm: new Float32Array(3), error: null }, 0)]).toEqual([0, 1, 2])
})
