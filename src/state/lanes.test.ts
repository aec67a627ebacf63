import { describe, expect, it } from 'vitest'
import type { ColumnRecord } from '../records'
import { arranged, arrangement, lanesOf, meanWidth, saliencyOf } from './lanes'

const columns: ColumnRecord = {
  bits: Float32Array.of(2, 3, 2, 1),
  error: Float32Array.of(5, 1, Number.NaN, 7),
  hessian: null,
  factor: Float32Array.of(1, 2, 0.5, 1),
  norm: Float32Array.of(3, 2, 1, 1),
  salient: null,
}

describe('lanes', () => {
  it('know the saliency where norm and factor are known', () => {
    expect([...saliencyOf(columns)!]).toEqual([9, 1, 4, 1])
    expect(saliencyOf({ ...columns, norm: null })).toBeNull()
    expect(lanesOf(columns)).toEqual(['factor', 'norm', 'error', 'saliency'])
    expect(lanesOf({ ...columns, factor: null })).toEqual(['norm', 'error'])
    expect(lanesOf({ ...columns, factor: null, salient: columns.bits })).toEqual(['norm', 'error', 'salient'])
  })

  it('arrange columns by falling values, equals as they were, NaN last', () => {
    expect([...arrangement(columns, 'original')]).toEqual([0, 1, 2, 3])
    expect([...arrangement(columns, 'width')]).toEqual([1, 0, 2, 3])
    expect([...arrangement(columns, 'stored')]).toEqual([0, 1, 2, 3])
    expect([...arrangement(columns, 'stored', Uint32Array.of(2, 3, 0, 1))]).toEqual([2, 3, 0, 1])
    expect([...arrangement(columns, 'stored', Uint32Array.of(1, 0))]).toEqual([0, 1, 2, 3])
    expect([...arrangement(columns, 'saliency')]).toEqual([0, 2, 1, 3])
    expect([...arrangement(columns, 'error')]).toEqual([3, 0, 1, 2])
    expect([...arrangement(columns, 'hessian')]).toEqual([0, 1, 2, 3])
    expect([...arranged(columns.bits, arrangement(columns, 'error'))]).toEqual([1, 2, 3, 2])
  })

  it('know the mean width', () => {
    expect(meanWidth(columns)).toBe(2)
  })
})
