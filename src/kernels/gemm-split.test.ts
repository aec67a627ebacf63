import { expect, it } from 'vitest'
import { chooseSplit } from './gemm-split'

it.each([
  ['one tile', { m: 64, n: 64, k: 4096, batch: 1 }, 1, 128],
  ['many tokens of a small layer', { m: 512, n: 512, k: 65536, batch: 1 }, 36, 4704],
  ['a triangle by a few columns', { m: 4096, n: 64, k: 4096, batch: 1 }, 32, 256],
  ['partial products of more than 16 MiB otherwise', { m: 2048, n: 512, k: 8192, batch: 1 }, 127, 2048],
  ['no finer than the result is narrow', { m: 512, n: 512, k: 2048, batch: 1 }, 36, 512],
  ['several small products', { m: 64, n: 64, k: 1100, batch: 50 }, 50, 160],
])('splits %s', (_, shape, groups, partK) => {
  expect(chooseSplit(shape, groups)).toBe(partK)
  expect(4 * shape.m * shape.n * shape.batch * Math.ceil(shape.k / partK)).toBeLessThanOrEqual(
    4 * Math.min(2 ** 22, shape.k * shape.batch * Math.max(shape.m, shape.n)),
  )
})

it.each([
  ['enough workgroups', { m: 1024, n: 512, k: 65536, batch: 1 }, 128],
  ['a short product', { m: 64, n: 64, k: 1023, batch: 1 }, 1],
  ['a result of which two do not fit 16 MiB', { m: 4096, n: 1024, k: 65536, batch: 1 }, 100],
])('leaves %s whole', (_, shape, groups) => {
  expect(chooseSplit(shape, groups)).toBeUndefined()
})
