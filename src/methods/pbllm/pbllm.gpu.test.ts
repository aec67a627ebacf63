import { describe, expect, it } from 'vitest'
import { outputError, signsOf, skewedWeights } from '../../../test/one-linear'
import { effectiveBits } from '../../formats/bits'
import { decodeGaps } from '../../formats/gaps'
import type { SignLinear } from '../../formats/quantized'
import { dequantizeSign } from '../../formats/sign'
import { pbllmReference } from '../../reference/pbllm'
import type { PbllmOptions } from './options'
import { pbllm } from './pbllm'

const defaults = pbllm.schema.parse({})

const binarized = (out: number, n: number, w: Float32Array<ArrayBuffer>, options: PbllmOptions) =>
  signsOf(pbllm, out, n, w, options)

function maskOf({ out, in: n, sparse }: SignLinear): Uint8Array {
  const mask = new Uint8Array(out * n)
  if (sparse) for (const at of decodeGaps(sparse, out * n).positions) mask[at] = 1
  return mask
}

const weights = (out: number, n: number) => skewedWeights(out, n, 0.01)

describe('PB-LLM on the GPU', () => {
  it.each<[number, number, Partial<PbllmOptions>]>([
    [1, 172, {}], // one row, odd width, more than one block
    [33, 127, {}],
    [70, 300, { metric: 'hessian' }],
    [9, 300, { groupSize: 128 }],
    [9, 300, { groupSize: 256, metric: 'hessian', ownLevels: true }],
    [9, 150, { ownLevels: true, salient: 0.3 }],
    [9, 150, { salientBits: 4, salient: 0.05 }],
    [9, 150, { salient: 0 }],
    [7, 20, { groupSize: 512 }], // group larger than the matrix
  ])('gives what the float64 algorithm gives for %i×%i %o', async (out, n, changes) => {
    const options = { ...defaults, ...changes }
    const w = weights(out, n)
    const { linear, h } = await binarized(out, n, w, options)
    const mask = maskOf(linear)
    const expected = pbllmReference(w, h, out, n, options, mask)
    const free = pbllmReference(w, h, out, n, options)
    // the threshold is one of the saliencies: only those next to it can be taken for the other side
    mask.forEach((own, at) => {
      if (own !== free.mask[at]) expect(Math.abs(free.margins[at]!)).toBeLessThan(1e-4)
    })
    // Of the same salient weights come the same codes but for what lies on a border, and what absorbed its error.
    const values = dequantizeSign(linear)
    const magnitude = w.reduce((sum, v) => sum + Math.abs(v), 0) / w.length
    const far = values.reduce((count, v, i) => count + Number(Math.abs(v - expected.weights[i]!) > 0.01 * magnitude), 0)
    expect(far / values.length).toBeLessThan(0.02)
    const [ours, theirs] = [values, expected.weights].map((q) => outputError(w, q, h, out, n))
    expect(Math.abs(ours! - theirs!)).toBeLessThan(0.02 * theirs!)
    expect(ours! / outputError(w, free.weights, h, out, n)).toBeLessThan(1.1)
  })

  it('keeps empty rows, counts dead columns, and says what its paper counts', async () => {
    const [out, n] = [40, 256]
    const { linear, module } = await binarized(out, n, weights(out, n), defaults)
    expect(module.deadColumns).toBe(1)
    expect(module.warnings).toEqual(['1 dead input columns set to zero'])
    const values = dequantizeSign(linear)
    expect(values.subarray(0, n).every((v) => v === 0)).toBe(true)
    expect(linear.sparse!.count / (out * n)).toBeCloseTo(0.1, 2)
    expect(module.published!.weight).toBeCloseTo(1.7, 1)
    const { sparse } = linear
    const stored = 1 + (32 * sparse!.gaps.length + 8 * sparse!.count) / (out * n) + (3 * 16 + 8) / n
    expect(effectiveBits(linear).total).toBeCloseTo(stored, 2)
  })

  it('marks nothing where all weights tie', async () => {
    const [out, n] = [3, 64]
    const { linear } = await binarized(out, n, new Float32Array(out * n).fill(0.25), defaults)
    expect(linear.sparse).toBe(null)
    const values = dequantizeSign(linear)
    for (let j = 0; j < n; j++) if (j < 5) expect(values[j]).toBeCloseTo(0.25, 1)
  })
})
