import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { affineSample, anyAffine } from '../../test/affine'
import { testGpu } from '../../test/device'
import { dequantize } from '../formats/affine'
import type { AffineLinear } from '../formats/quantized'
import { dequantizeInto, freeLinear, uploadLinear } from './dequantize'

/** Rows [start, end) as the GPU dequantizes them, with bindings of at most `maxBytes`. */
async function onGpu(linear: AffineLinear, maxBytes?: number, start = 0, end = linear.out) {
  const gpu = await testGpu()
  const packed = uploadLinear(gpu, linear, maxBytes)
  const weights = gpu.alloc([end - start, linear.in])
  const rec = gpu.record()
  dequantizeInto(rec, packed, weights, start)
  await gpu.submit(rec)
  const values = await gpu.readF32(weights)
  freeLinear(gpu, packed)
  gpu.free(weights)
  return { values, panels: packed.panels.length }
}

describe('dequantize', () => {
  it('equals the host to the bit for all grids, widths and orders', async () => {
    const equal = async (linear: AffineLinear) => {
      expect((await onGpu(linear)).values).toEqual(dequantize(linear))
    }
    await fc.assert(
      fc.asyncProperty(anyAffine, ({ linear }) => equal(linear)),
      { numRuns: 60 },
    )
  })

  it.each(['symmetric', 'zero', 'range'] as const)('splits %s matrices larger than a binding by rows', async (grid) => {
    const { linear } = affineSample({
      ...{ out: 150, columns: 65, groupSize: 7, zeroBits: 3, permuted: true, named: false, seed: 9, grid },
      widths: [
        [5, 2],
        [8, 1],
      ],
    })
    const whole = dequantize(linear)
    const split = await onGpu(linear, 64 * 65)
    expect(split.panels).toBe(5)
    expect(split.values).toEqual(whole)
    const part = await onGpu(linear, 64 * 65, 31, 97)
    expect(part.values).toEqual(whole.slice(31 * 65, 97 * 65))
  })
})
