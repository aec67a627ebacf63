import { expect, it } from 'vitest'
import { noise, testGpu } from '../../test/device'
import { argmax, NO_COLUMN } from './argmax'

async function run(x: Float32Array<ArrayBuffer>, rows: number, row?: number) {
  const gpu = await testGpu()
  const y = gpu.alloc([(row ?? 0) + rows], 'u32')
  const rec = gpu.record()
  rec.write(y, new Uint32Array(y.shape[0]!).fill(7777))
  rec.run(argmax, { x: gpu.upload(x), y }, { rows, columns: x.length / rows, ...(row === undefined ? {} : { row }) })
  await gpu.submit(rec)
  return [...(await gpu.readU32(y))]
}

it.each([
  [1, 1],
  [3, 255],
  [2, 257],
  [4, 8192],
])('finds the largest of each of %i rows of %i', async (rows, columns) => {
  const x = noise(rows * columns, 1).map((value) => value - 2)
  const rowsOfX = Array.from({ length: rows }, (_, r) => x.subarray(r * columns, (r + 1) * columns))
  expect(await run(x, rows)).toEqual(rowsOfX.map((row) => row.indexOf(Math.max(...row))))
})

it('takes the lowest of equals, across lanes and within one', async () => {
  const x = new Float32Array(3 * 600).fill(-1)
  for (const at of [300, 44, 599]) x[at] = 5
  for (const at of [600 + 10, 600 + 266]) x[at] = 5
  expect(await run(x, 3)).toEqual([44, 10, 0])
})

it.each([
  [Number.NaN, 0],
  [Number.NaN, 299],
  [Number.POSITIVE_INFINITY, 257],
  [Number.NEGATIVE_INFINITY, 1],
])('takes none of a row with %d at %i, and does not mind the others', async (value, at) => {
  const x = noise(3 * 300, 1)
  x[300 + at] = value
  const [first, second, third] = await run(x, 3)
  expect(second).toBe(NO_COLUMN)
  for (const found of [first, third]) expect(found).toBeLessThan(300)
})

it('writes where it is told to, and nowhere else', async () => {
  expect(await run(Float32Array.of(1, 5, 2, 9, 8, 7), 2, 3)).toEqual([7777, 7777, 7777, 1, 0])
})
