import { describe, expect, it } from 'vitest'
import { noise, testGpu } from '../../test/device'
import { correlatedInputs, outputError } from '../../test/one-linear'
import { whole } from '../../test/panels'
import { dequantize, unpackCodes } from '../formats/affine'
import { validateAffine } from '../formats/affine-check'
import { effectiveBits } from '../formats/bits'
import type { AffineLinear, Ranges, Width } from '../formats/quantized'
import { layoutUniform } from '../formats/uniform'
import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { dequantizeInto, freeLinear, uploadLinear } from '../kernels/dequantize'
import { roundMixed } from '../kernels/mixed'
import { inverseFactor } from '../linalg/factor'
import { Hessian } from '../linalg/hessian'
import { mixedReference } from '../reference/mixed'
import { allocGrid, collectLinear, freeGrid } from './affine'
import { recordGptq } from './gptq/gptq'
import { allocMixed, collectMixed, freeMixed, type MixedTensors, recordMixed } from './mixed'
import { layoutBits, type MixedLayout, mixedLayout, originalOrder } from './mixed-layout'
import { type RangeOptions, recordFindRange } from './mixed-ranges'

const TOKENS = 400
const DAMPING = 0.01

/** Bell-shaped weights, a few far out; the last row, where there are several, has all weights equal. */
function weightsOf(out: number, n: number): Float32Array<ArrayBuffer> {
  const [a, b, c] = [noise(out * n, 3), noise(out * n, 4), noise(out * n, 5)]
  const w = a.map((value, i) => (i % 29 === 3 ? 0.06 : 0.02) * (value + b[i]! + c[i]!))
  return out > 1 ? w.fill(0.25, (out - 1) * n) : w
}

async function hessianOf(
  gpu: Gpu,
  n: number,
): Promise<{ hessian: Hessian; h: Float32Array; diagonal: Float32Array<ArrayBuffer> }> {
  const rec = gpu.record()
  const hessian = Hessian.create(gpu, rec, n, TOKENS)
  hessian.add(rec, gpu.upload(correlatedInputs(TOKENS, n), [TOKENS, n]))
  hessian.finish(rec)
  await gpu.submit(rec)
  return { hessian, h: await gpu.readF32(whole(hessian.panels)), diagonal: await hessian.diagonal() }
}

type Order = 'original' | 'widths' | 'diagonal'

function orderOf(kind: Order, layout: MixedLayout, diagonal: Float32Array): Uint32Array<ArrayBuffer> {
  const order = originalOrder(layout.widths.length)
  if (kind === 'widths') order.sort((a, b) => layout.widths[a]! - layout.widths[b]! || a - b)
  if (kind === 'diagonal') order.sort((a, b) => diagonal[b]! - diagonal[a]! || a - b)
  return order
}

const range = (n: number) => Array.from({ length: n }, (_, i) => i)
const part = (values: ArrayLike<number>, row: number, n: number) =>
  Array.from({ length: n }, (_, j) => values[row * n + j]!)

interface Case {
  readonly out: number
  readonly n: number
  readonly widths: Width[]
  readonly groupSize: number
  readonly ranges: Ranges
  readonly order: Order
  readonly search: boolean
}

const mixed = (n: number, widths: Width[]) =>
  Uint8Array.from(noise(n, n), (v) => widths[Math.floor(((v + 1) / 2) * widths.length)]!)

async function quantized({ out, n, widths, groupSize, ranges, order: kind, search }: Case) {
  const gpu = await testGpu()
  const { hessian, h, diagonal } = await hessianOf(gpu, n)
  const layout = mixedLayout(mixed(n, widths), { groupSize, ranges })
  const order = orderOf(kind, layout, diagonal)
  const { upper } = await inverseFactor(gpu, hessian.panels, gpu.upload(order), DAMPING)
  const w = weightsOf(out, n)
  const rec = gpu.record()
  const tensors = allocMixed(gpu, rec, out, layout, order)
  const importance = gpu.upload(diagonal)
  recordMixed(gpu, rec, gpu.upload(w, [out, n]), { upper, diagonal: importance }, tensors, { search, importance })
  await gpu.submit(rec)
  const linear = await collectMixed(gpu, 'sample', tensors)
  const codes = await gpu.readU32(tensors.codes)
  freeMixed(gpu, tensors)
  return { gpu, w, h, u: await gpu.readF32(whole(upper)), layout, order, diagonal, linear, codes }
}

/** Rounds every weight to the nearest level of its group's range; nothing absorbs the errors. */
function recordNearest(rec: Recorder, w: Tensor, tensors: MixedTensors, options: RangeOptions): void {
  const { layout, out: rows, columns, lows, ranges, codes } = tensors
  recordFindRange(rec, w, tensors, options)
  rec.run(
    roundMixed,
    { w, columns, lows, ranges, codes },
    { rows, columns: layout.widths.length, groups: layout.groups },
  )
}

async function dequantizeOnGpu(gpu: Gpu, linear: AffineLinear): Promise<Float32Array> {
  const packed = uploadLinear(gpu, linear)
  const weights = gpu.alloc([linear.out, linear.in])
  const rec = gpu.record()
  dequantizeInto(rec, packed, weights)
  await gpu.submit(rec)
  freeLinear(gpu, packed)
  return gpu.readF32(weights)
}

const base: Case = {
  ...{ out: 33, n: 129, widths: [1, 2, 3, 4], groupSize: 128 },
  ...{ ranges: 'shared', order: 'original', search: false },
}

describe('recordMixed', () => {
  it.each<Partial<Case>>([
    {},
    { ranges: 'width' },
    { n: 300, order: 'widths', ranges: 'width', groupSize: 64 },
    { n: 300, order: 'diagonal', groupSize: 64 },
    { n: 300, groupSize: -1, ranges: 'width' },
    { n: 100, out: 70, groupSize: 32, order: 'diagonal' },
    { n: 64, out: 70, widths: [1], groupSize: 32 },
    { n: 300, out: 1, widths: [2, 8] },
    { n: 129, widths: [3], order: 'diagonal' },
    { n: 300, widths: [1, 2], groupSize: 32, order: 'widths' },
    { n: 129, search: true },
    { n: 300, out: 9, search: true, ranges: 'width', order: 'widths' },
    { n: 300, out: 9, widths: [2, 8], search: true, groupSize: -1, order: 'diagonal' },
  ])('gives the codes of the float64 algorithm (%o)', async (changes) => {
    const wanted = { ...base, ...changes }
    const { out, n, groupSize, search } = wanted
    const { gpu, w, h, u, layout, order, diagonal, linear, codes } = await quantized(wanted)
    const expected = mixedReference(w, { u, diagonal }, out, n, {
      ...{ widths: layout.widths, groupOf: layout.groupOf, order, search, importance: diagonal },
      block: groupSize === -1 ? 128 : Math.min(groupSize, n, 128),
    })
    validateAffine(linear)
    expect(effectiveBits(linear)).toEqual(layoutBits(layout, out))
    expect([...unpackCodes(linear)]).toEqual([...codes])
    const values = await dequantizeOnGpu(gpu, linear)
    expect(values).toEqual(dequantize(linear))
    // float32 may round a weight next to a boundary, or a range next to a float16 tie, the other way, and the columns
    // behind follow; a search may settle on another of nearly equal ranges
    // One float32 rounding next to a boundary, or a range next to a float16 tie, turns the rest of its row another way:
    // that may happen to a row in twenty, and everything else is equal
    const rows = range(out)
    const equal = rows.filter((r) => range(n).every((j) => codes[r * n + j] === expected.codes[r * n + j]))
    expect(equal.length).toBeGreaterThanOrEqual(out - Math.ceil(out / 20))
    const errors = (q: ArrayLike<number>, of: number[]) =>
      of.reduce((sum, r) => sum + outputError(part(w, r, n), part(q, r, n), h, 1, n), 0)
    expect(errors(values, equal) / errors(expected.weights, equal)).toBeCloseTo(1, 3)
    expect(Math.abs(errors(values, rows) / errors(expected.weights, rows) - 1)).toBeLessThan(0.02)
  })

  it('gives whole levels that a file with integer zeros holds to the bit, for little more error', async () => {
    const gpu = await testGpu()
    const [out, n] = [33, 128]
    const { diagonal } = await hessianOf(gpu, n)
    // widths in whole chunks, as an allocation for such files has them, on columns anywhere
    const widths = Uint8Array.from(range(n), (j) => [2, 3, 4, 4][(j * 37) % 4]!)
    const layout = mixedLayout(widths, { groupSize: 32, ranges: 'width' })
    const w = weightsOf(out, n)
    const rounded = async (whole: boolean) => {
      const rec = gpu.record()
      const tensors = allocMixed(gpu, rec, out, layout)
      recordNearest(rec, gpu.upload(w, [out, n]), tensors, { search: true, whole, importance: gpu.upload(diagonal) })
      await gpu.submit(rec)
      const linear = await collectMixed(gpu, 'sample', tensors, whole)
      freeMixed(gpu, tensors)
      return linear
    }
    const linear = await rounded(true)
    validateAffine(linear)
    expect(linear.grid).toMatchObject({ type: 'zero', zeroBits: 4 })
    expect(effectiveBits(linear)).toEqual(layoutBits(layout, out, true))
    expect(await dequantizeOnGpu(gpu, linear)).toEqual(dequantize(linear))
    expect(layoutUniform(linear, [2, 3, 4, 8], 'GPTQ')).toMatchObject({ bits: 4, groupSize: 32, groups: 4 })
    const errorOf = (q: Float32Array) =>
      q.reduce((sum, value, i) => sum + (value - w[i]!) ** 2 * (diagonal[i % n]! || 1), 0)
    const ratio = errorOf(dequantize(linear)) / errorOf(dequantize(await rounded(false)))
    expect(ratio).toBeGreaterThan(1)
    expect(ratio).toBeLessThan(2)
    // equal weights are a level but for the rounding of the step
    for (const value of part(dequantize(linear), out - 1, n))
      expect(Math.abs(value - 0.25)).toBeLessThanOrEqual(0.25 * 2 ** -11)
  })

  it('errs about as much as GPTQ where all widths are equal', async () => {
    const [out, n, bits] = [32, 384, 3] as const
    const { gpu, w, h, linear, diagonal: live } = await quantized({ ...base, out, n, widths: [bits] })
    expect(linear).toMatchObject({ perm: null, groupOf: null, groupSize: 128, groups: 3 })
    const { hessian } = await hessianOf(gpu, n)
    const order = gpu.upload(originalOrder(n))
    const { upper } = await inverseFactor(gpu, hessian.panels, order, DAMPING)
    const options = { bits, groupSize: 128, symmetric: false, actOrder: false }
    const grid = allocGrid(gpu, out, n, options)
    const rec = gpu.record()
    const factor = { upper, order, diagonal: gpu.upload(live) }
    recordGptq(gpu, rec, gpu.upload(w, [out, n]), factor, grid, options)
    await gpu.submit(rec)
    const plain = await collectLinear(gpu, 'plain', grid, options)
    freeGrid(gpu, grid)
    const [ours, theirs] = [linear, plain].map((q) => outputError(w, dequantize(q), h, out, n))
    // the two round other things to float16: low and range here, the step and an integer zero there
    expect(Math.abs(ours! / theirs! - 1)).toBeLessThan(0.1)
  })

  it('errs less with searched ranges than with the ends', async () => {
    const wanted = { ...base, n: 300, widths: [1, 2, 3] as Width[] }
    // one after another: what one frees before it has submitted, the other's uploads would overwrite
    const results = [await quantized(wanted), await quantized({ ...wanted, search: true })]
    const [ends, searched] = results.map(({ w, h, linear }) =>
      outputError(w, dequantize(linear), h, wanted.out, wanted.n),
    )
    expect(searched).toBeLessThan(0.9 * ends!)
  })
})

describe('recordFindRange', () => {
  it.each([false, true])('rounds every weight on its own (search %s)', async (search) => {
    const gpu = await testGpu()
    const [out, n] = [33, 300]
    const layout = mixedLayout(mixed(n, [1, 2, 3, 4]), { groupSize: 64, ranges: 'shared' })
    const w = weightsOf(out, n)
    const rec = gpu.record()
    const tensors = allocMixed(gpu, rec, out, layout)
    recordNearest(rec, gpu.upload(w, [out, n]), tensors, { search })
    await gpu.submit(rec)
    const linear = await collectMixed(gpu, 'sample', tensors)
    freeMixed(gpu, tensors)
    const expected = mixedReference(w, null, out, n, {
      ...{ widths: layout.widths, groupOf: layout.groupOf, order: originalOrder(n), block: n, search },
      importance: new Float32Array(n).fill(1),
    })
    const error = (q: ArrayLike<number>) => w.reduce((sum, value, at) => sum + (value - q[at]!) ** 2, 0)
    expect(Math.abs(error(dequantize(linear)) / error(expected.weights) - 1)).toBeLessThan(1e-3)
    const different = unpackCodes(linear).reduce((count, code, at) => count + Number(code !== expected.codes[at]), 0)
    expect(different / (out * n)).toBeLessThan(search ? 0.05 : 0.001)
  })

  it.each([false, true])(
    'gives finite weights for whatever it gets, and zeros for zeros (search %s)',
    async (search) => {
      const gpu = await testGpu()
      const n = 129
      const rows: ((j: number) => number)[] = [
        () => 0,
        (j) => (j % 5) * 1e-9,
        (j) => (j % 3) * 1e6,
        (j) => (j % 7) * 1e30,
      ]
      const w = Float32Array.from(rows.flatMap((value) => range(n).map(value)))
      const rec = gpu.record()
      const layout = mixedLayout(mixed(n, [1, 2, 3, 8]), { groupSize: 32, ranges: 'shared' })
      const tensors = allocMixed(gpu, rec, rows.length, layout)
      const importance = gpu.upload(new Float32Array(n)) // nothing matters: that must not become 0/0
      recordNearest(rec, gpu.upload(w, [rows.length, n]), tensors, { search, importance })
      await gpu.submit(rec)
      const linear = await collectMixed(gpu, 'sample', tensors)
      freeMixed(gpu, tensors)
      validateAffine(linear)
      const values = dequantize(linear)
      expect(values.filter((value) => !(Math.abs(value) < 2.001 * 65504))).toEqual(new Float32Array())
      expect(values.subarray(0, n).every((value) => value === 0)).toBe(true)
      expect(
        unpackCodes(linear)
          .subarray(0, n)
          .every((code) => code === 0),
      ).toBe(true)
    },
  )
})
