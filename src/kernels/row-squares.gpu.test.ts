import { expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { rowSquares } from './row-squares'

it.each([
  [1, 1],
  [3, 257],
  [70, 63],
])('sums the squares of %d rows of %d', async (rows, columns) => {
  const gpu = await testGpu()
  const x = noise(rows * columns, 1)
  const y = gpu.alloc([rows])
  const rec = gpu.record()
  rec.run(rowSquares, { x: gpu.upload(x), y }, { rows, columns })
  await gpu.submit(rec)
  const sums = Array.from({ length: rows }, (_, i) =>
    x.subarray(i * columns, (i + 1) * columns).reduce((sum, value) => sum + value * value, 0),
  )
  expectClose(await gpu.readF32(y), sums, { rtol: 1e-6 })
  expect(rowSquares.passes({ rows: 70000, columns: 1 }, gpu.traits)[0]!.groups).toEqual([65535, 2])
})
