import { describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { blockError, sumInto } from './block-error'

describe.each([
  ['workgroups', false],
  ['invocations alone', true],
])('the error of a block by %s', (_, software) => {
  it.each([
    [1, 1],
    [7, 65],
    [9, 64],
    [33, 300],
  ])('of %i rows of %i is what float64 gives', async (rows, columns) => {
    const gpu = await testGpu()
    const [y, t] = [noise(rows * columns, 1), noise(rows * columns, 2)]
    const [d, sums] = [gpu.alloc([rows, columns]), gpu.alloc([rows])]
    const to = gpu.upload(Float32Array.of(5, 5, 5))
    const rec = gpu.record()
    rec.run(blockError(software), { y: gpu.upload(y), t: gpu.upload(t), d, sums }, { rows, columns, scale: 0.25 })
    const total = { x: sums, to }
    rec.run(sumInto(software), total, { count: rows, at: 1, scale: 0.5, accumulate: false })
    rec.run(sumInto(software), total, { count: rows, at: 2, scale: 0.5, accumulate: true })
    await gpu.submit(rec)
    const differences = Float64Array.from(y, (value, i) => value - t[i]!)
    expectClose(
      await gpu.readF32(d),
      differences.map((value) => 0.25 * value),
      { atol: 1e-7 },
    )
    const squares = Float64Array.from({ length: rows }, (_, row) =>
      differences.subarray(row * columns, (row + 1) * columns).reduce((sum, value) => sum + value * value, 0),
    )
    expectClose(await gpu.readF32(sums), squares, { rtol: 1e-5 })
    const sum = squares.reduce((all, value) => all + value, 0) / 2
    const [untouched, stored, added] = await gpu.readF32(to)
    expect(untouched).toBe(5)
    expectClose([stored!, added!], [sum, 5 + sum], { rtol: 1e-5 })
  })
})
