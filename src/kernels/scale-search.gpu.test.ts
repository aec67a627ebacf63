import { describe, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { minMaxReference } from '../reference/awq'
import { nearestCode } from '../reference/gptq'
import { columnMagnitudes, magnitudeSlices, snapScaled } from './scale-search'

describe('column magnitudes', () => {
  it.each([
    [1, 1],
    [3, 64],
    [1023, 65],
    [1024, 5],
    [2049, 33],
  ])('are summed over slices of the rows: %i×%i', async (rows, columns) => {
    const gpu = await testGpu()
    const values = noise(rows * columns, 1)
    const [x, sums] = [gpu.upload(values, [rows, columns]), gpu.alloc([magnitudeSlices(rows), columns])]
    const rec = gpu.record()
    rec.run(columnMagnitudes, { x, sums }, { rows, columns })
    await gpu.submit(rec)
    const expected = new Float64Array(columns)
    values.forEach((value, i) => {
      expected[i % columns]! += Math.abs(value)
    })
    const folded = new Float64Array(columns)
    for (const [i, value] of (await gpu.readF32(sums)).entries()) folded[i % columns]! += value
    expectClose(folded, expected, { rtol: 1e-5 }) // float32 sums of 1024
    gpu.free(x, sums)
  })
})

describe('snapping scaled weights', () => {
  it.each([
    { rows: 1, columns: 1, groupSize: 1, bits: 2 },
    { rows: 5, columns: 70, groupSize: 32, bits: 3 },
    { rows: 3, columns: 257, groupSize: 257, bits: 8 },
  ])('rounds them on their grid and takes the scales back: %o', async ({ rows, columns, groupSize, bits }) => {
    const gpu = await testGpu()
    const groups = Math.ceil(columns / groupSize)
    const values = noise(rows * columns, 2)
    const scales = noise(columns, 3).map((v) => 2 ** (3 * v))
    const grids = Array.from({ length: rows * groups }, (_, at) => {
      const begin = (at % groups) * groupSize
      const row = values.subarray(Math.floor(at / groups) * columns)
      return minMaxReference(row, begin, Math.min(columns, begin + groupSize), bits)
    })
    const tensors = {
      y: gpu.upload(values),
      a: gpu.upload(Float32Array.from(grids, ([step]) => step)),
      b: gpu.upload(Float32Array.from(grids, ([, zero]) => zero)),
      s: gpu.upload(scales),
    }
    const rec = gpu.record()
    rec.run(snapScaled('steps'), tensors, { rows, columns, groupSize, groups, bits })
    await gpu.submit(rec)
    const expected = Float64Array.from(values, (value, i) => {
      const [step, zero] = grids[Math.floor(i / columns) * groups + Math.floor((i % columns) / groupSize)]!
      return (step * (nearestCode(value, step, zero, bits) - zero)) / scales[i % columns]!
    })
    // WGSL divides to 2.5 ulp
    expectClose(await gpu.readF32(tensors.y), expected, { rtol: 4e-7 })
    gpu.free(...Object.values(tensors))
  })
})
