import { describe, expect, it } from 'vitest'
import { expectClose, testGpu } from '../../../test/device'
import { gaussian } from '../../../test/distributions'
import { NumericalError } from '../../errors'
import { Gpu } from '../../gpu/device'
import { nearestOnLine } from '../../kernels/sage'
import { nearestReference, type SageProblem, sageFitReference } from '../../reference/sage'
import { Fit } from './fit'
import { type SageOptions, schema } from './options'

const problem: SageProblem = {
  ...{ rows: 13, columns: 172, p: 0.02, salientBits: 4, statistic: 'matrix', center: 'zero', rounds: 10 },
  amplitudes: [0.3, 0.9, 1.8],
}

/** The device as one that is no software adapter, and so slow that every row takes a dispatch of its own. */
class OtherGpu extends Gpu {
  override get traits() {
    return { ...super.traits, software: false, flopsPerDispatch: 1 }
  }
}

let other: Gpu | undefined
async function otherGpu(): Promise<Gpu> {
  const { device, info } = await testGpu()
  other ??= new OtherGpu(device, info)
  return other
}

async function fitted(w: Float32Array<ArrayBuffer>, by: SageProblem, gpu: Gpu) {
  const before = gpu.pool.liveBytes
  const options: SageOptions = schema.parse({
    ...{ salientBits: by.salientBits, statistic: by.statistic, center: by.center, rounds: by.rounds },
  })
  const weight = gpu.upload(w, [by.rows, by.columns])
  const fit = await Fit.of(gpu, 'down', weight, options)
  fit.setGroups(by.amplitudes.length)
  const error = await fit.errorAt(by.p, by.amplitudes)
  const [levels, alphas] = [await gpu.readF32(fit.levels), await gpu.readF32(fit.alphas)]
  fit.free()
  gpu.free(weight)
  expect(gpu.pool.liveBytes).toBe(before)
  return { error, levels, alphas }
}

describe('a fit of both modes', () => {
  it.each<[string, Partial<SageProblem>]>([
    ['three amplitudes', {}],
    ['one amplitude', { amplitudes: [1] }],
    ['eight amplitudes, one round', { amplitudes: [0.1, 0.2, 0.3, 0.5, 0.8, 1, 1.5, 2], rounds: 1 }],
    ['two bits', { salientBits: 2 }],
    ['eight bits', { salientBits: 8, p: 0.1 }],
    ['scores of rows', { statistic: 'row' }],
    ['signs about the mean', { center: 'mean' }],
    ['no salient weights', { p: 0 }],
    ['one salient weight', { p: 1 / (13 * 172) }],
    ['one row', { rows: 1, columns: 257 }],
    ['one column', { rows: 129, columns: 1 }],
    ['amplitudes that nothing is near to', { amplitudes: [0.5, 50, 60] }],
  ])('is that of float64: %s', async (_, changes) => {
    const by = { ...problem, ...changes }
    // rows of unlike size, off centre
    const w = gaussian(by.rows * by.columns, 3).map((value, i) => (value + 0.1) * (1 + Math.floor(i / by.columns) / 20))
    const expected = sageFitReference(w, by)
    for (const gpu of [await testGpu(), await otherGpu()]) {
      const { error, levels, alphas } = await fitted(w, by, gpu)
      // float32 may put a weight that lies on a boundary on its other side
      expect(Math.abs(error - expected.errors.at(-1)!)).toBeLessThan(1e-4 * expected.errors.at(-1)! + 1e-9)
      expectClose(levels, [expected.center, ...expected.amplitudes], { rtol: 2e-3, atol: 1e-5 })
      expectClose(alphas, expected.alphas, { rtol: 1e-4, atol: 1e-6 })
    }
    const falls = expected.errors.every((value, i) => i === 0 || value <= expected.errors[i - 1]! + 1e-15)
    expect(falls).toBe(true)
  })

  it('of equal weights leaves no error and no salient weight', async () => {
    const by = { ...problem, rows: 6, columns: 10 }
    const { error, levels, alphas } = await fitted(new Float32Array(60).fill(-0.3), by, await testGpu())
    expect(error).toBeLessThan(1e-12)
    expect(levels[1]).toBeCloseTo(0.3, 6)
    expect([...alphas].every((alpha) => alpha === 0)).toBe(true)
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 3e38])('refuses %s among the weights', async (bad) => {
    const w = gaussian(60, 1)
    w[17] = bad
    await expect(fitted(w, { ...problem, rows: 6, columns: 10 }, await testGpu())).rejects.toThrow(NumericalError)
  })
})

describe('nearest neighbours on a line', () => {
  it.each([
    [1, 2, 0],
    [2, 9, 1],
    [3, 100, 7],
    [2, 70, 69],
  ])('of %i samples of %i values, %i of each', async (samples, count, neighbours) => {
    const gpu = await testGpu()
    // halves make equal distances likely
    const values = Array.from({ length: samples }, (_, s) =>
      gaussian(count, s + 1)
        .map((value) => Math.abs(Math.round(value * 8) / 8))
        .sort(),
    )
    const flat = gpu.upload(Float32Array.from(values.flatMap((sample) => [...sample])))
    const [firsts, distances] = [gpu.alloc([samples * count], 'u32'), gpu.alloc([samples * count])]
    const rec = gpu.record()
    rec.run(nearestOnLine, { values: flat, firsts, distances }, { samples, count, neighbours })
    await gpu.submit(rec)
    const expected = values.map((sample) => nearestReference(sample, neighbours))
    expect([...(await gpu.readU32(firsts))]).toEqual(expected.flatMap(({ first }) => first))
    expectClose(
      await gpu.readF32(distances),
      expected.flatMap((sample) => sample.distances),
      { atol: 1e-5 },
    )
    gpu.free(flat, firsts, distances)
  })
})
