import { describe, expect, it } from 'vitest'
import { testGpu } from '../../../test/device'
import { gaussian, laplacian } from '../../../test/distributions'
import { workingBlock } from '../../../test/working-block'
import { dequantize } from '../../formats/dequantize'
import { decodeFloat16 } from '../../formats/floats'
import { decodeGaps } from '../../formats/gaps'
import type { SignLinear } from '../../formats/quantized'
import { validateSign } from '../../formats/sign-check'
import type { LinearSpec, ModelSpec } from '../../models/spec'
import { codeReference, nearestGroup } from '../../reference/sage'
import type { QuantizedModule } from '../method'
import { type SageOptions, schema } from './options'
import { sage } from './sage'

async function quantized(
  w: Float32Array<ArrayBuffer>,
  [out, columns]: readonly [number, number],
  options: Partial<SageOptions>,
  seed = 0,
): Promise<QuantizedModule & { linear: SignLinear }> {
  const gpu = await testGpu()
  const spec: LinearSpec = { role: 'down', stage: 3, module: 'mlp.down_proj', out, in: columns, bias: false }
  const weight = gpu.upload(w, [out, columns])
  const before = gpu.pool.liveBytes
  const block = workingBlock({
    ...{ gpu, model: { linears: [spec] } as unknown as ModelSpec, layer: 0, seed },
    ...{ nameOf: () => 'down', weight: () => weight, report: () => {}, checkCancelled: () => {} },
    hessians: () => Promise.reject(new Error('SAGE needs no data')),
  })
  const all: QuantizedModule[] = []
  for await (const module of sage.quantize(block, schema.parse(options))) all.push(module)
  expect(gpu.pool.liveBytes).toBe(before)
  gpu.free(weight)
  expect(all).toHaveLength(1)
  const linear = all[0]!.linear as SignLinear
  validateSign(linear)
  return { ...all[0]!, linear }
}

function relativeError(w: Float32Array, linear: SignLinear): number {
  const values = dequantize(linear)
  const energy = w.reduce((sum, value) => sum + value ** 2, 0)
  return energy > 0 ? w.reduce((sum, value, i) => sum + (value - values[i]!) ** 2, 0) / energy : 0
}

/** Every weight as it should be stored under the scales of a linear. */
function nearest(w: Float32Array, linear: SignLinear): Float32Array {
  const amplitudes = [...decodeFloat16(linear.amplitudes)]
  const center = linear.centers ? decodeFloat16(linear.centers)[0]! : 0
  const half = linear.sparse ? 2 ** (linear.sparse.bits - 1) : 0
  const alphas = linear.sparse ? decodeFloat16(linear.sparse.scales) : []
  const salient = new Set(linear.sparse ? decodeGaps(linear.sparse, w.length).positions : [])
  return w.map((value, i) => {
    const alpha = alphas[Math.floor(i / linear.in)]!
    if (salient.has(i)) return alpha * codeReference(value, alpha, half)
    const mu = amplitudes[nearestGroup(Math.abs(value - center), amplitudes)]!
    return center + (value >= center ? mu : -mu)
  })
}

describe('SAGE-PTQ', () => {
  it.each<[string, readonly [number, number], Partial<SageOptions>]>([
    ['the defaults', [13, 172], {}],
    ['given groups', [33, 65], { groups: 3, saliency: 'given', percent: 2 }],
    ['two salient bits', [9, 300], { salientBits: 2, groups: 1 }],
    ['eight salient bits, scores of rows', [40, 33], { salientBits: 8, statistic: 'row', price: 'none' }],
    ['signs about the mean', [24, 64], { center: 'mean', groups: 8, price: 'bits' }],
    ['eigengap, little sample', [20, 50], { selection: 'eigengap', sample: 40, graphs: 2, neighbours: 5 }],
  ])('stores every weight as the level nearest to it: %s', async (_, shape, options) => {
    const w = gaussian(shape[0] * shape[1], 5).map((value) => 0.02 * value + 0.004)
    const { linear, published, grouping, warnings } = await quantized(w, shape, options)
    const values = dequantize(linear)
    const expected = nearest(w, linear)
    // float32 may see a weight on a boundary on its other side
    const different = values.reduce((count, value, i) => count + Number(Math.abs(value - expected[i]!) > 1e-7), 0)
    expect(different).toBeLessThanOrEqual(2)
    expect(warnings).toEqual([])

    const p = linear.sparse!.count / w.length
    const { salientBits } = schema.parse(options)
    expect(published!.weight).toBeCloseTo(1 + p * (salientBits - 1), 12)
    expect(published!.scale).toBe(16 / shape[1])
    expect(grouping!.salient).toBe(p)
    expect(grouping!.amplitudes).toHaveLength(linear.groups)
    expect(grouping!.boundaries).toHaveLength(linear.groups - 1)
    if (!options.statistic) {
      const mean = w.reduce((sum, value) => sum + value, 0) / w.length
      const beyond = w.reduce((count, value) => count + Number(Math.abs(value - mean) > grouping!.threshold), 0)
      expect(Math.abs(beyond - linear.sparse!.count)).toBeLessThanOrEqual(1)
    }
  })

  // of the distributions without their largest 1 %, integrated: relative errors and entropies of the groups’ ids
  it.each<[string, (length: number, seed: number) => Float32Array<ArrayBuffer>, number[], number[]]>([
    ['Gaussian', gaussian, [0.318, 0.0964, 0.0455, 0.0262, 0.0119, 0.0068], [0, 0.93, 1.48, 1.88, 2.45, 2.86]],
    ['Laplace', laplacian, [0.388, 0.1207, 0.057, 0.0328, 0.0149, 0.0084], [0, 0.79, 1.31, 1.7, 2.27, 2.68]],
  ])('leaves the least error that G amplitudes can: %s weights', async (_, draw, errors, entropies) => {
    const shape = [331, 290] as const
    const w = draw(shape[0] * shape[1], 7)
    for (const [i, groups] of ([1, 2, 3, 4, 6, 8] as const).entries()) {
      const { linear } = await quantized(w, shape, { groups, saliency: 'given', percent: 1, salientBits: 8 })
      expect(Math.abs(relativeError(w, linear) / errors[i]! - 1)).toBeLessThan(0.05)
      expect(Math.abs(entropyOfIds(linear) - entropies[i]!)).toBeLessThan(0.06)
    }
  })

  it('chooses few groups on one hump and as many as there are humps', async () => {
    const shape = [64, 256] as const
    const { grouping } = await quantized(gaussian(shape[0] * shape[1], 1), shape, {})
    expect(grouping!.amplitudes).toHaveLength(2)
    expect(grouping!.silhouettes).toHaveLength(7)
    const humps = gaussian(shape[0] * shape[1], 2).map(
      (value, i) => (value > 0 ? 1 : -1) * (1 + (i % 3)) + 0.05 * value,
    )
    const found = await quantized(humps, shape, {})
    expect(found.grouping!.amplitudes).toHaveLength(3)
    expect(found.grouping!.silhouettes[1]).toBeGreaterThan(0.9)
    const { sample, histogram } = found.grouping!
    expect(sample!.values.length).toBeLessThanOrEqual(400)
    expect(sample!.from.length).toBeLessThanOrEqual(4000)
    expect(sample!.from.every((from, i) => from < sample!.to[i]! && sample!.to[i]! < sample!.values.length)).toBe(true)
    expect(new Set(sample!.clusters).size).toBe(3)
    expect(histogram.counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0.98 * humps.length)
  })

  it('repeats, and other seeds draw other samples', async () => {
    const w = laplacian(40 * 90, 3)
    const first = await quantized(w, [40, 90], { sample: 100 })
    const again = await quantized(w, [40, 90], { sample: 100 })
    const other = await quantized(w, [40, 90], { sample: 100 }, 1)
    expect(again.linear).toEqual(first.linear)
    expect(again.grouping).toEqual(first.grouping)
    expect(other.grouping!.silhouettes).not.toEqual(first.grouping!.silhouettes)
  })
})

describe('SAGE-PTQ of weights that are hardly any', () => {
  it('keeps a zero matrix', async () => {
    const { linear, published } = await quantized(new Float32Array(12 * 40), [12, 40], {})
    expect(linear.groups).toBe(1)
    expect(linear.sparse).toBeNull()
    expect(published!.weight).toBe(1)
    expect(dequantize(linear).every((value) => value === 0)).toBe(true)
  })

  it('keeps a constant matrix to a float16', async () => {
    const { linear } = await quantized(new Float32Array(12 * 40).fill(0.3), [12, 40], { groups: 4 })
    expect(linear.groups).toBe(1)
    expect(linear.sparse).toBeNull()
    for (const value of dequantize(linear)) expect(value).toBeCloseTo(0.3, 4)
  })

  it('keeps rows of zeros as small as the smallest amplitude', async () => {
    const w = gaussian(12 * 40, 1).fill(0, 0, 80)
    for (const statistic of ['matrix', 'row'] as const) {
      const { linear, grouping } = await quantized(w, [12, 40], { statistic, groups: 2 })
      for (const value of dequantize(linear).subarray(0, 80)) expect(Math.abs(value)).toBe(grouping!.amplitudes[0])
    }
  })

  it('takes a single salient weight', async () => {
    const w = gaussian(10 * 30, 1)
    w[77] = 40
    const { linear } = await quantized(w, [10, 30], { saliency: 'given', percent: 0.4 })
    expect(linear.sparse!.count).toBe(1)
    expect([...decodeGaps(linear.sparse!, w.length).positions]).toEqual([77])
    expect(dequantize(linear)[77]).toBeCloseTo(40, 1)
  })

  it('has no salient weights where none are asked for', async () => {
    const { linear } = await quantized(gaussian(300, 2), [10, 30], { saliency: 'given', percent: 0 })
    expect(linear.sparse).toBeNull()
  })

  it.each<[string, Partial<SageOptions>]>([
    ['more neighbours than the sample', { sample: 10, neighbours: 30 }],
    ['a sample of more than there is', { sample: 4000 }],
    ['eight groups of 20 weights', { groups: 8 }],
    ['one sample', { graphs: 1, sample: 8, neighbours: 1 }],
  ])('takes %s', async (_, options) => {
    const w = gaussian(20, 3)
    const { linear } = await quantized(w, [2, 10], options)
    expect(relativeError(w, linear)).toBeLessThan(0.3)
  })

  it('gives as many groups as there are magnitudes, and says so', async () => {
    const w = gaussian(240, 4).map((value) => Math.sign(value) * (Math.abs(value) > 1 ? 2 : 1))
    const { linear, warnings } = await quantized(w, [6, 40], { groups: 5, saliency: 'given', percent: 0 })
    expect(linear.groups).toBe(2)
    expect(warnings).toEqual(['2 amplitudes for 5: there are no more magnitudes'])
    expect(relativeError(w, linear)).toBe(0)
  })

  it('says where no float16 is as small as the amplitudes', async () => {
    const { linear, warnings } = await quantized(
      gaussian(240, 4).map((value) => 1e-9 * value),
      [6, 40],
      {},
    )
    expect(dequantize(linear).every((value) => value === 0)).toBe(true)
    expect(warnings).toEqual(['all amplitudes are below the least float16: what is not salient is stored as 0'])
  })

  it('takes a matrix of one weight', async () => {
    const { linear } = await quantized(Float32Array.of(-0.5), [1, 1], {})
    expect([...dequantize(linear)]).toEqual([-0.5])
  })
})

/** Entropy of the group of a weight that is not salient, bits. */
function entropyOfIds({ ids, groups, sparse, out, in: columns }: SignLinear): number {
  if (!ids) return 0
  const counts = new Array<number>(groups).fill(0)
  const words = Math.ceil(columns / 32)
  const planes = ids.length / (out * words)
  for (let row = 0; row < out; row++)
    for (let column = 0; column < columns; column++) {
      let id = 0
      for (let plane = 0; plane < planes; plane++)
        id |= ((ids[(plane * out + row) * words + (column >> 5)]! >>> (column & 31)) & 1) << plane
      counts[id]!++
    }
  counts[0]! -= sparse!.count // stored as 0
  const all = out * columns - sparse!.count
  return counts.reduce((sum, count) => (count > 0 ? sum - (count / all) * Math.log2(count / all) : sum), 0)
}
