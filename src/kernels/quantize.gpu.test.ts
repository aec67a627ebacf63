import { describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { nearestCode, rangeReference } from '../reference/gptq'
import { findGrid, GPTQ_BLOCK, gptqBlock, roundToGrid } from './quantize'

describe('findGrid', () => {
  it.each([
    { bits: 4, symmetric: false },
    { bits: 3, symmetric: true },
    { bits: 1, symmetric: true },
    { bits: 8, symmetric: false },
  ])('finds the ranges of the reference dialect ($bits bits, symmetric $symmetric)', async ({ bits, symmetric }) => {
    const gpu = await testGpu()
    const [rows, columns, groupSize] = [5, 70, 32]
    const groups = Math.ceil(columns / groupSize)
    const values = noise(rows * columns, 9)
    values.fill(0.5, columns, 2 * columns) // all equal and positive: zero still lies inside
    values.fill(-0.25, 2 * columns, 3 * columns)
    values.fill(0, 3 * columns, 4 * columns)
    const [w, steps, zeros] = [gpu.upload(values), gpu.alloc([rows, groups]), gpu.alloc([rows, groups])]
    const rec = gpu.record()
    const shape = { rows, columns, groupSize, groups, bits, symmetric, firstGroup: 0, count: groups }
    rec.run(findGrid, { w, steps, zeros }, shape)
    await gpu.submit(rec)
    const expected = Array.from({ length: rows * groups }, (_, at) => {
      const [row, group] = [Math.floor(at / groups), at % groups]
      const begin = group * groupSize
      return rangeReference(
        values.subarray(row * columns),
        begin,
        Math.min(columns, begin + groupSize),
        bits,
        symmetric,
      )
    })
    // where the reference's step vanishes the kernel keeps the smallest float16, to have something to divide by
    expectClose(
      await gpu.readF32(steps),
      expected.map(([step]) => step || 2 * 2 ** -24),
      { rtol: 2 ** -10 },
    )
    expectClose(
      await gpu.readF32(zeros),
      expected.map(([, zero]) => zero),
      {},
    )
  })
})

describe('roundToGrid', () => {
  // every multiple of an eighth of a step: levels, ties and what lies between, inside the grid and beyond it
  const values = Float32Array.from({ length: 97 }, (_, i) => (i - 48) / 16)

  it.each([
    { bits: 2, step: 0.5, zero: 2 },
    { bits: 2, step: 0.5, zero: 1 }, // an odd zero must not turn ties round
    { bits: 3, step: 0.5, zero: 0 },
    { bits: 1, step: 0.5, zero: 0.5 },
    { bits: 4, step: Math.fround(1 / 3 - ((1 / 3) % 2 ** -12)), zero: 7 },
  ])('takes the nearest level, the even multiple where two are as near ($bits bits, zero $zero)', async (grid) => {
    const gpu = await testGpu()
    const { bits, step, zero } = grid
    const columns = values.length
    const [w, steps, zeros] = [gpu.upload(values), gpu.upload(Float32Array.of(step)), gpu.upload(Float32Array.of(zero))]
    const codes = gpu.alloc([1, columns], 'u32')
    const rec = gpu.record()
    rec.run(roundToGrid, { w, steps, zeros, codes }, { rows: 1, columns, groupSize: columns, groups: 1, bits })
    await gpu.submit(rec)
    expect([...(await gpu.readU32(codes))]).toEqual(Array.from(values, (value) => nearestCode(value, step, zero, bits)))
  })
})

describe('gptqBlock', () => {
  it.each([1, 15, 37, 128])(
    'gives the same codes with four and with sixteen columns in registers (%i)',
    async (count) => {
      const gpu = await testGpu()
      const [rows, columns, first] = [35, 140, 7]
      const upper = noise(columns * columns, 1).map((v, at) => {
        const [i, j] = [Math.floor(at / columns), at % columns]
        return i > j ? 0 : i === j ? 1 + 0.2 * v : 0.1 * v
      })
      const results: number[][] = []
      for (const software of [true, false]) {
        const tensors = {
          w: gpu.upload(noise(rows * columns, 2)),
          u: gpu.upload(upper),
          order: gpu.upload(Uint32Array.from({ length: columns }, (_, i) => columns - 1 - i)),
          steps: gpu.upload(new Float32Array(rows).fill(0.25)),
          zeros: gpu.upload(new Float32Array(rows).fill(4)),
          codes: gpu.upload(new Uint32Array(rows * columns)),
          errors: gpu.upload(new Float32Array(rows * GPTQ_BLOCK)),
        }
        const rec = gpu.record()
        rec.run(gptqBlock(software), tensors, { rows, columns, first, count, groupSize: columns, groups: 1, bits: 3 })
        await gpu.submit(rec)
        results.push([...(await gpu.readU32(tensors.codes))])
        gpu.free(...Object.values(tensors))
      }
      expect(results[0]).toEqual(results[1])
      expect(results[0]!.some((code) => code > 0)).toBe(true)
    },
  )
})
