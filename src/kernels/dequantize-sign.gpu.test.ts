import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testGpu } from '../../test/device'
import { anySign, type SignShape, signSample } from '../../test/sign'
import type { SignLinear } from '../formats/quantized'
import { dequantizeSign } from '../formats/sign'
import { dequantizeInto, freeLinear, uploadLinear } from './dequantize'

/** Bits of rows [start, end) as the GPU dequantizes them, with bindings of at most `maxBytes`. */
async function onGpu(linear: SignLinear, maxBytes?: number, start = 0, end = linear.out) {
  const gpu = await testGpu()
  const before = gpu.pool.liveBytes
  const packed = uploadLinear(gpu, linear, maxBytes)
  const weights = gpu.alloc([end - start, linear.in])
  const rec = gpu.record()
  dequantizeInto(rec, packed, weights, start)
  await gpu.submit(rec)
  const values = await gpu.readU32(weights)
  freeLinear(gpu, packed)
  gpu.free(weights)
  expect(gpu.pool.liveBytes).toBe(before)
  return { values, panels: packed.panels.length }
}

const bitsOf = (values: Float32Array<ArrayBuffer>) => new Uint32Array(values.buffer)

const shape: SignShape = {
  ...{ out: 40, columns: 65, groups: 3, blockColumns: 7, perRow: true, centered: true, bits: 3, zeros: true, seed: 4 },
  ...{ sparse: 'some', salient: 'some' },
}

describe('dequantize of signs', () => {
  it('equals the host to the bit for any mix of groups, cells, weights apart and salient columns', async () => {
    await fc.assert(
      fc.asyncProperty(anySign, async ({ linear }) => {
        expect((await onGpu(linear)).values).toEqual(bitsOf(dequantizeSign(linear)))
      }),
      { numRuns: 100 },
    )
  })

  it.each([
    ['one weight', { out: 1, columns: 1, blockColumns: 1 }],
    ['one row of weights apart', { out: 1, sparse: 'row' }],
    ['one column, salient', { columns: 1, blockColumns: 1, salient: 'all' }],
    ['eight groups', { groups: 8 }],
    ['one group, nothing apart', { groups: 1, sparse: 'none', salient: 'none' }],
    ['cells of all rows', { perRow: false, blockColumns: 65 }],
  ] satisfies [string, Partial<SignShape>][])('does of %s', async (_, change) => {
    const { linear } = signSample({ ...shape, ...change })
    expect((await onGpu(linear)).values).toEqual(bitsOf(dequantizeSign(linear)))
  })

  it.each([true, false])('splits matrices larger than a binding by rows, cells of rows %s', async (perRow) => {
    const { linear } = signSample({ ...shape, perRow })
    const whole = bitsOf(dequantizeSign(linear))
    const split = await onGpu(linear, 5000)
    expect(split.panels).toBeGreaterThan(2)
    expect(split.values).toEqual(whole)
    const part = await onGpu(linear, 5000, 7, 39)
    expect(part.values).toEqual(whole.slice(7 * 65, 39 * 65))
  })
})
