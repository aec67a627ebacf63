import { describe, expect, it } from 'vitest'
import { affineSample } from '../../test/affine'
import { expectClose, noise, testGpu } from '../../test/device'
import { signSample } from '../../test/sign'
import { dequantize } from '../formats/dequantize'
import type { QuantizedLinear } from '../formats/quantized'
import { uploadLinear } from './dequantize'
import { freeOperand, type Operand, project } from './project'

const [out, columns, tokens, rows] = [33, 70, 3, 8]
const affine = affineSample({
  ...{ out, columns, groupSize: 32, zeroBits: 3, permuted: true, named: false, seed: 5, grid: 'zero' },
  widths: [
    [2, 1],
    [3, 1],
  ],
}).linear
const sign = signSample({
  ...{ out, columns, groups: 3, blockColumns: 32, perRow: true, centered: true, bits: 3, zeros: true },
  ...{ sparse: 'some', salient: 'some', seed: 4 },
}).linear

/** Rows of y, which held 1 everywhere, after x·Wᵀ was written to or added onto some of them. */
async function projected(
  weight: (gpu: Awaited<ReturnType<typeof testGpu>>) => Operand,
  row: number,
  accumulate: boolean,
) {
  const gpu = await testGpu()
  const before = gpu.pool.liveBytes
  const operand = weight(gpu)
  const height = row === 0 ? tokens : rows
  const x = gpu.upload(noise(tokens * columns, 8), [tokens, columns])
  const y = gpu.upload(new Float32Array(height * out).fill(1), [height, out])
  const rec = gpu.record()
  project(gpu, rec, { x, weight: operand, y, row, accumulate })
  await gpu.submit(rec)
  const values = await gpu.readF32(y)
  gpu.free(x, y)
  freeOperand(gpu, operand)
  expect(gpu.pool.liveBytes).toBe(before)
  return values
}

describe.each<[string, QuantizedLinear]>([
  ['codes', affine],
  ['signs', sign],
])('a product with %s', (_, linear) => {
  it.each([
    ['fills what it is given', 0, false],
    ['is added onto it', 0, true],
    ['goes to some of its rows', 4, false],
  ])('%s, as one with the weights in float32', async (__, row, accumulate) => {
    const weights = dequantize(linear)
    const plain = await projected((gpu) => gpu.upload(weights, [out, columns]), row, accumulate)
    const stored = await projected((gpu) => uploadLinear(gpu, linear), row, accumulate)
    // sums of 70 products of up to the largest weight, in another order
    const largest = weights.reduce((most, value) => Math.max(most, Math.abs(value)), 1)
    expectClose(stored, Float64Array.from(plain), { atol: 70 * 2 ** -22 * largest })
  })
})
