import { describe, expect, it } from 'vitest'
import { asAffine } from '../../../test/affine'
import { noise, testGpu } from '../../../test/device'
import { correlatedInputs, oneLinear, outputError } from '../../../test/one-linear'
import { whole } from '../../../test/panels'
import { workingBlock } from '../../../test/working-block'
import { unpackCodes } from '../../formats/affine'
import { dequantize } from '../../formats/dequantize'
import type { AffineLinear, QuantizedLinear, Width } from '../../formats/quantized'
import { Hessian } from '../../linalg/hessian'
import type { ModelSpec } from '../../models/spec'
import { gptqReference } from '../../reference/gptq'
import { upperFactorOfInverseReference } from '../../reference/linalg'
import { allocGrid, freeGrid } from '../affine'
import { byFallingDiagonal, factorize, freeFactor } from '../factor'
import { rtn } from '../rtn/rtn'
import { type GptqOptions, gptq, recordGptq } from './gptq'

const TOKENS = 700

async function only(modules: AsyncGenerator<{ linear: QuantizedLinear }>): Promise<AffineLinear> {
  for await (const { linear } of modules) return asAffine(linear)
  throw new Error('nothing was quantized')
}

const defaults: GptqOptions = {
  grid: 'free',
  storedBits: 4,
  bits: 4,
  groupSize: -1,
  symmetric: false,
  actOrder: false,
  sequence: 'layer',
  damping: 0.01,
}

describe('GPTQ on the GPU', () => {
  it.each<[number, number, Partial<GptqOptions>]>([
    [1, 172, {}], // one row, odd width, more than one block
    [33, 127, { bits: 3 }],
    [9, 129, { bits: 2, groupSize: 32 }],
    [9, 200, { groupSize: 64, actOrder: true }],
    [9, 300, { groupSize: 128, bits: 8 }],
    [9, 64, { symmetric: true, groupSize: 32 }],
    [9, 70, { symmetric: true, bits: 1 }],
    [5, 40, { bits: 1, groupSize: 128 }], // group larger than the matrix
  ])('gives the float64 algorithm’s codes for %i×%i %o', async (out, n, changes) => {
    const options = { ...defaults, ...changes }
    const w = noise(out * n, 3).map((v) => 0.05 * v)
    const { block, h } = await oneLinear(out, n, correlatedInputs(TOKENS, n), w)
    const linear = await only(gptq.quantize(block, options, null))
    const expected = gptqReference(w, h, out, n, options)
    const codes = unpackCodes(linear)
    // float32 may round a weight that lies within 10⁻⁵ of a boundary the other way, and the columns behind follow
    const different = codes.reduce((count, code, at) => count + Number(code !== expected.codes[at]), 0)
    expect(different / codes.length).toBeLessThan(0.01)
    const [ours, theirs] = [dequantize(linear), expected.weights].map((q) => outputError(w, q, h, out, n))
    expect(Math.abs(ours! - theirs!)).toBeLessThan(0.01 * theirs!)
  })

  it('beats rounding to nearest on its own objective', async () => {
    const [out, n] = [16, 96]
    const w = noise(out * n, 4)
    const { block, h } = await oneLinear(out, n, correlatedInputs(TOKENS, n), w)
    for (const bits of [2, 3, 4] as Width[]) {
      const grid = { grid: 'free', bits, groupSize: -1, symmetric: false } as const
      const compensated = dequantize(await only(gptq.quantize(block, { ...defaults, ...grid }, null)))
      const rounded = dequantize(await only(rtn.quantize(block, grid)))
      expect(outputError(w, compensated, h, out, n)).toBeLessThan(0.8 * outputError(w, rounded, h, out, n))
    }
  })

  it('reports dead columns, and keeps all-equal and all-zero rows exact', async () => {
    const [out, n] = [3, 64]
    const w = new Float32Array(out * n)
    w.fill(0.25, n, 2 * n)
    const { block } = await oneLinear(out, n, correlatedInputs(TOKENS, n), w)
    for await (const { linear, deadColumns, warnings } of gptq.quantize(block, defaults, null)) {
      expect(deadColumns).toBe(1)
      expect(warnings).toEqual(['1 dead input columns set to zero'])
      const q = dequantize(linear)
      expect([...q.subarray(0, n)].every((v) => v === 0)).toBe(true)
      // 0.25/15 is no float16: the level nearest to 0.25 is off by the scale's rounding
      for (let j = 0; j < n; j++) expect(q[n + j]).toBeCloseTo(j === 5 ? 0 : 0.25, 3)
    }
  })
})

it.each([false, true])('tells U_jj of every column in original order (act-order: %s)', async (actOrder) => {
  const [out, n] = [4, 70]
  const { block, h } = await oneLinear(out, n, correlatedInputs(TOKENS, n), noise(out * n, 6))
  const diagonal = Float32Array.from({ length: n }, (_, i) => h[i * n + i]!)
  const order = actOrder ? byFallingDiagonal(diagonal) : Uint32Array.from(diagonal.keys())
  const mean = diagonal.reduce((sum, value) => sum + (value || 1), 0) / n
  const damped = Float64Array.from(h, (_, at) => {
    const [i, j] = [order[Math.floor(at / n)]!, order[at % n]!]
    return i === j ? (h[i * n + i]! || 1) + 0.01 * mean : h[i * n + j]!
  })
  const upper = upperFactorOfInverseReference(damped, n)
  for await (const { factor } of gptq.quantize(block, { ...defaults, actOrder }, null)) {
    expect(factor).toHaveLength(n)
    order.forEach((column, place) => {
      const expected = upper[place * n + place]!
      // float32 loses the condition number, below 10³, of its 2⁻²⁴
      expect(Math.abs(factor![column]! - expected)).toBeLessThan(1e-3 * expected)
    })
  }
})

describe('a factorization that needs more damping', () => {
  it('rounds its stage again, and leaves the stages around it as they are', async () => {
    const [out, n] = [6, 70]
    const gpu = await testGpu()
    const good = (await oneLinear(out, n, correlatedInputs(TOKENS, n), noise(out * n, 5))).h
    // rank one with a negative eigenvalue that 1 % damping cannot lift
    const bad = new Float32Array(n * n).fill(1)
    bad[0] = 0.5
    const filling = gpu.record()
    const hessianOf = (h: Float32Array<ArrayBuffer>) => {
      const hessian = Hessian.create(gpu, filling, n, TOKENS)
      filling.copy(gpu.upload(h, [n, n]), whole(hessian.panels))
      hessian.tokens = TOKENS
      hessian.finish(filling)
      return hessian
    }
    const hessians = [good, bad, good].map(hessianOf)
    await gpu.submit(filling)
    const linears = [0, 1, 1, 2].map((stage, i) => ({ stage, module: `m${i}`, role: `r${i}`, out, in: n, bias: false }))
    const weights = linears.map((_, i) => gpu.upload(noise(out * n, 20 + i), [out, n]))
    const block = workingBlock({
      ...{ gpu, layer: 0, seed: 0, report: () => {}, checkCancelled: () => {} },
      model: { linears } as unknown as ModelSpec,
      nameOf: ({ module }) => module,
      weight: ({ module }) => weights[Number(module[1])]!,
      hessians: async () => new Map(hessians.map((hessian, stage) => [stage, hessian])),
    })
    const before = gpu.pool.liveBytes
    const seen = []
    for await (const { linear, damping, warnings } of gptq.quantize(block, defaults, null)) {
      seen.push([linear.name, damping, warnings.length])
      const i = Number(linear.name[1])
      const factor = await factorize(gpu, hessians[linears[i]!.stage]!, damping!)
      const grid = allocGrid(gpu, out, n, defaults)
      const rec = gpu.record()
      recordGptq(gpu, rec, weights[i]!, factor, grid, defaults)
      await gpu.submit(rec)
      expect([...unpackCodes(asAffine(linear))]).toEqual([...(await gpu.readU32(grid.codes))])
      freeGrid(gpu, grid)
      freeFactor(gpu, factor)
    }
    expect(seen).toEqual([
      ['m0', 0.01, 1],
      ['m1', 1, 1],
      ['m2', 1, 1],
      ['m3', 0.01, 1],
    ])
    expect(gpu.pool.liveBytes).toBe(before)
  })
})

describe('the weights that GPTQ rounds', () => {
  it.each([32, -1] as const)('are those whose nearest codes it gives: groups of %i', async (groupSize) => {
    const [out, n] = [5, 150]
    const gpu = await testGpu()
    const w = noise(out * n, 3)
    const { block } = await oneLinear(out, n, correlatedInputs(TOKENS, n), w)
    const [spec] = block.model.linears
    const factor = await factorize(gpu, (await block.hessians([3])).get(3)!, 0.01)
    const grid = allocGrid(gpu, out, n, { bits: 3, groupSize })
    const rounded = gpu.alloc([out, n])
    const rec = gpu.record()
    recordGptq(gpu, rec, block.weight(spec!), factor, grid, { symmetric: false, actOrder: false }, rounded)
    await gpu.submit(rec)
    const [weights, codes, steps, zeros] = await Promise.all([
      gpu.readF32(rounded),
      gpu.readU32(grid.codes),
      gpu.readF32(grid.steps),
      gpu.readF32(grid.zeros),
    ])
    const { groups, groupSize: size } = grid.shape
    let absorbed = 0
    weights.forEach((value, i) => {
      const cell = Math.floor(i / n) * groups + Math.floor((i % n) / size)
      const code = Math.min(7, Math.max(0, value / steps[cell]! + zeros[cell]!))
      // what was rounded is rebuilt from its error, in float32
      expect(Math.abs(code - codes[i]!)).toBeLessThan(0.5 + 1e-4)
      absorbed += Math.abs(value - w[i]!)
    })
    for (let row = 0; row < out; row++) expect(weights[row * n]!).toBeCloseTo(w[row * n]!, 6)
    expect(absorbed / (out * n)).toBeGreaterThan(0.01)
    gpu.free(rounded)
    freeGrid(gpu, grid)
    freeFactor(gpu, factor)
  })
})
