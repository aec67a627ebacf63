import { expect, it } from 'vitest'
import { asAffine } from '../../../test/affine'
import { noise, testGpu } from '../../../test/device'
import { workingBlock } from '../../../test/working-block'
import { unpackCodes } from '../../formats/affine'
import { dequantize } from '../../formats/dequantize'
import { WIDTHS } from '../../formats/quantized'
import type { LinearSpec, ModelSpec } from '../../models/spec'
import { rangeReference, roundHalfEven } from '../../reference/gptq'
import { type RtnOptions, rtn } from './rtn'

const [OUT, COLUMNS] = [13, 172]

/** Skewed weights with an empty row, a row of one sign, and a value on the border of two levels. */
function weights(): Float32Array<ArrayBuffer> {
  const w = noise(OUT * COLUMNS, 5).map((value) => 0.04 * value + 0.01)
  w.fill(0, 0, COLUMNS)
  for (let j = 0; j < COLUMNS; j++) w[COLUMNS + j] = Math.abs(w[COLUMNS + j]!)
  return w
}

async function quantized(w: Float32Array<ArrayBuffer>, options: Omit<RtnOptions, 'grid'>) {
  const gpu = await testGpu()
  const spec: LinearSpec = { role: 'down', stage: 3, module: 'mlp.down_proj', out: OUT, in: COLUMNS, bias: false }
  const weight = gpu.upload(w, [OUT, COLUMNS])
  const before = gpu.pool.liveBytes
  const modules = rtn.quantize(
    workingBlock({
      ...{ gpu, model: { linears: [spec] } as unknown as ModelSpec, layer: 0, seed: 0 },
      ...{ nameOf: () => 'down', weight: () => weight, report: () => {}, checkCancelled: () => {} },
      hessians: () => Promise.reject(new Error('RTN needs no data')),
    }),
    { grid: 'free', ...options },
  )
  const all = []
  for await (const module of modules) all.push(module)
  expect(gpu.pool.liveBytes).toBe(before)
  gpu.free(weight)
  expect(all).toHaveLength(1)
  return all[0]!
}

it.each(
  WIDTHS.flatMap((bits) => [
    { bits, groupSize: -1, symmetric: false } as const,
    { bits, groupSize: 32, symmetric: false } as const,
    { bits, groupSize: 128, symmetric: true } as const,
  ]),
)('rounds to the nearest level of each group’s grid: %o', async (options) => {
  const w = weights()
  const { linear, damping, deadColumns, warnings } = await quantized(w, options)
  expect([damping, deadColumns, warnings]).toEqual([null, 0, []])
  const size = options.groupSize === -1 ? COLUMNS : options.groupSize
  const codes = unpackCodes(asAffine(linear))
  const values = dequantize(linear)
  let different = 0
  for (let r = 0; r < OUT; r++) {
    const row = w.subarray(r * COLUMNS, (r + 1) * COLUMNS)
    for (let j = 0; j < COLUMNS; j++) {
      const begin = Math.floor(j / size) * size
      const [step, zero] = rangeReference(row, begin, Math.min(COLUMNS, begin + size), options.bits, options.symmetric)
      const code = Math.min(2 ** options.bits - 1, Math.max(0, roundHalfEven(row[j]! / step + zero)))
      const at = r * COLUMNS + j
      // float32 may see a weight within 10⁻⁵ of a border on its other side
      different += Number(codes[at] !== code)
      expect(Math.abs(values[at]! - step * (codes[at]! - zero))).toBeLessThanOrEqual(1e-6 * step)
    }
  }
  expect(different / codes.length).toBeLessThan(0.002)
})
