import { describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../../test/device'
import type { Width } from '../../formats/quantized'
import { Recorder } from '../../gpu/recorder'
import type { GridShape } from '../../kernels/quantize'
import { asPanels } from '../../linalg/panels'
import { clipErrorsReference, minMaxReference } from '../../reference/awq'
import { type GridOptions, gridShape } from '../affine'
import { recordClipSearch } from './clip'
import { recordMinMax } from './dialect'

type Values = Float32Array<ArrayBuffer>

/** H of correlated inputs of which column 5, where there is one, is dead. */
function hessianOf(n: number, tokens = 2 * n + 3): Values {
  const x = noise(tokens * n, 7)
  for (let t = 0; t < tokens; t++)
    for (let j = 0; j < n; j++) {
      if (j > 0) x[t * n + j]! += 0.7 * x[t * n + j - 1]!
      if (j === 5) x[t * n + j] = 0
    }
  const h = new Float32Array(n * n)
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      for (let t = 0; t < tokens; t++) h[i * n + j]! += (2 / tokens) * x[t * n + i]! * x[t * n + j]!
  return h
}

async function search(
  w: Values,
  h: Values,
  shape: GridShape,
  { clip = true, software = true } = {},
): Promise<{ steps: Values; zeros: Values }> {
  const gpu = await testGpu()
  const before = gpu.pool.liveBytes
  const { rows, columns, groups } = shape
  const [weight, hessian] = [gpu.upload(w, [rows, columns]), gpu.upload(h, [columns, columns])]
  const ranges = { shape, steps: gpu.alloc([rows, groups]), zeros: gpu.alloc([rows, groups]) }
  const rec = new Recorder({ ...gpu.traits, software })
  if (clip) recordClipSearch(gpu, rec, ranges, weight, asPanels(hessian))
  else recordMinMax(rec, ranges, weight)
  await gpu.submit(rec)
  const [steps, zeros] = [await gpu.readF32(ranges.steps), await gpu.readF32(ranges.zeros)]
  gpu.free(weight, hessian, ranges.steps, ranges.zeros)
  expect(gpu.pool.liveBytes).toBe(before)
  return { steps, zeros }
}

/** Weights of which every eleventh sticks out, so that clipping pays. */
const weights = (count: number): Values => noise(count, 3).map((v, i) => (i % 11 === 4 ? 0.4 : 0.1) * v)

describe.each([true, false])('the clip search (software adapter: %s)', (software) => {
  it.each<[rows: number, columns: number, options: GridOptions]>([
    [1, 1, { bits: 2, groupSize: -1 }],
    [1, 70, { bits: 2, groupSize: 32 }],
    [9, 64, { bits: 3, groupSize: 32 }],
    [5, 131, { bits: 2, groupSize: 64 }],
    [33, 97, { bits: 4, groupSize: -1 }],
    [3, 40, { bits: 1, groupSize: 128 }], // a group larger than the matrix
    [6, 300, { bits: 2, groupSize: -1 }],
    [4, 129, { bits: 8, groupSize: 128 }],
  ])('takes the range of the least error for %i×%i %o', async (rows, columns, options) => {
    const w = weights(rows * columns)
    const h = hessianOf(columns)
    const { steps, zeros } = await search(w, h, gridShape(rows, columns, options), { software })
    let clipped = 0
    for (const [at, { grids, errors }] of clipErrorsReference(w, h, columns, options).entries()) {
      // a float32 quotient may round to the float16 beside
      const chosen = grids.findIndex(
        ([step, zero]) => Math.abs(steps[at]! - step) <= 2 ** -10 * step && Math.abs(zeros[at]!) === Math.abs(zero),
      )
      expect(chosen, `cell ${at}: ${steps[at]} ${zeros[at]}`).toBeGreaterThanOrEqual(0)
      // sums in float32 cannot tell errors apart that are alike to 10⁻⁴
      expect(errors[chosen]!).toBeLessThanOrEqual(1.0001 * Math.min(...errors) + 1e-12)
      clipped += Number(chosen > 0)
    }
    if (rows * columns > 100 && options.bits < 8) expect(clipped).toBeGreaterThan(0)
  })

  it('leaves ranges as they are where nothing tells them apart: the first of equal ones', async () => {
    const shape = gridShape(7, 80, { bits: 2, groupSize: 32 })
    const w = weights(7 * 80)
    const silent = new Float32Array(80 * 80)
    expect(await search(w, silent, shape, { software })).toEqual(
      await search(w, silent, shape, { clip: false, software }),
    )
  })

  it('stands weights that are all equal, or zero', async () => {
    const w = new Float32Array(2 * 40)
    w.fill(0.25, 0, 40)
    const { steps, zeros } = await search(w, hessianOf(40), gridShape(2, 40, { bits: 4, groupSize: 32 }), { software })
    // 0.25 is the highest code of its groups, whose few digits of a step it is off by
    expectClose([15 * steps[0]!, 15 * steps[1]!], [0.25, 0.25], { rtol: 2 ** -11 })
    expect(steps.slice(2).every((step) => step > 0 && step < 1e-5)).toBe(true)
    expect([...zeros].map(Math.abs)).toEqual([0, 0, 0, 0])
  })
})

describe.each([true, false])('the plain min–max grid (software adapter: %s)', (software) => {
  it.each<[Width, number]>([
    [1, 1],
    [2, 1],
    [4, 0.7],
    [8, 0.55],
  ])('is the reference’s at %i bits, shrunk by %f', async (bits, shrink) => {
    const gpu = await testGpu()
    const shape = gridShape(5, 70, { bits, groupSize: 32 })
    const values = weights(5 * 70)
    values.fill(0, 70, 140)
    for (let j = 0; j < 70; j++) {
      values[140 + j] = 0.5 + Math.abs(values[140 + j]!) // 0 lies outside: the zero is clamped
      values[210 + j]! *= 1e-7 // the least range
    }
    const w = gpu.upload(values, [5, 70])
    const ranges = { shape, steps: gpu.alloc([5, 3]), zeros: gpu.alloc([5, 3]) }
    const rec = new Recorder({ ...gpu.traits, software })
    recordMinMax(rec, ranges, w, shrink)
    await gpu.submit(rec)
    const grids = Array.from({ length: 15 }, (_, at) => {
      const begin = (at % 3) * 32
      return minMaxReference(values.subarray(Math.floor(at / 3) * 70), begin, Math.min(70, begin + 32), bits, shrink)
    })
    // a quotient of float32 may round to the float16 beside, or the same where floats have fewer digits
    expectClose(
      await gpu.readF32(ranges.steps),
      grids.map(([step]) => step),
      { rtol: 2 ** -10, atol: 2 ** -24 },
    )
    expectClose(
      await gpu.readF32(ranges.zeros),
      grids.map(([, zero]) => zero),
      {},
    )
  })
})
