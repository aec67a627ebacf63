import { describe, expect, it } from 'vitest'
import { outputError, signsOf, skewedWeights } from '../../../test/one-linear'
import { readBits } from '../../formats/bit-string'
import { effectiveBits } from '../../formats/bits'
import type { SignLinear } from '../../formats/quantized'
import { dequantizeSign, planeWords } from '../../formats/sign'
import { type BillmChoices, billmReference } from '../../reference/billm'
import { billm } from './billm'
import type { BillmOptions } from './options'

const defaults = billm.schema.parse({})

const binarized = (out: number, n: number, w: Float32Array<ArrayBuffer>, options: BillmOptions) =>
  signsOf(billm, out, n, w, options)

/** Which columns are salient and which weights large, as the planes say. */
function choicesOf({ out, in: n, columns, ids }: SignLinear): BillmChoices {
  const words = planeWords(n)
  return {
    salient: Uint8Array.from({ length: n }, (_, j) => (columns ? readBits(columns.mask, j, 1) : 0)),
    large: Uint8Array.from({ length: out * n }, (_, at) =>
      readBits(ids!, Math.floor(at / n) * words * 32 + (at % n), 1),
    ),
  }
}

const weights = (out: number, n: number) => skewedWeights(out, n, 0.1)

describe('BiLLM on the GPU', () => {
  it.each<[number, number, Partial<BillmOptions>]>([
    [1, 172, {}], // one row, odd width, more than one block
    [33, 127, {}],
    [70, 300, {}],
    [9, 129, {}], // a last block of one column, which leaves none for a second sign
    [9, 161, { blockSize: 64 }],
    [9, 40, { blockSize: 32, mostSalient: 3 }],
    [20, 150, { metric: 'magnitude' }],
    [20, 150, { searchOn: 'weights', ownQuantiles: true, restOrder: 1 }],
    [20, 150, { ownQuantiles: true }],
    [33, 300, { propagate: true }],
    [20, 200, { searchOn: 'weights', ownQuantiles: true, restOrder: 1, propagate: true, blockSize: 64 }],
  ])('gives what the float64 algorithm gives for %i×%i %o', async (out, n, changes) => {
    const options = { ...defaults, ...changes }
    const w = weights(out, n)
    const { linear, h } = await binarized(out, n, w, options)
    const choices = choicesOf(linear)
    const expected = billmReference(w, h, out, n, options, choices)
    // Two choices may be as good as equal, and float32 sums then take the other: what counts is the error it leaves.
    for (const { leastColumns, columns, leastSplit, split, scale } of expected.searches) {
      expect(columns - leastColumns).toBeLessThan(1e-4 * leastColumns + 1e-6 * scale)
      expect(split - leastSplit).toBeLessThan(1e-4 * leastSplit + 1e-6 * scale)
    }
    // Of the same choices come the same weights but for what lies on a border: a sign, or a rounding to float16.
    const values = dequantizeSign(linear)
    const magnitude = w.reduce((sum, v) => sum + Math.abs(v), 0) / w.length
    const far = values.reduce((count, v, i) => count + Number(Math.abs(v - expected.weights[i]!) > 0.01 * magnitude), 0)
    expect(far / values.length).toBeLessThan(0.01)
    const [ours, theirs] = [values, expected.weights].map((q) => outputError(w, q, h, out, n))
    expect(Math.abs(ours! - theirs!)).toBeLessThan(0.01 * theirs!)
    // and left to itself it comes out alike, whatever it chose
    const free = billmReference(w, h, out, n, options)
    expect(ours! / outputError(w, free.weights, h, out, n)).toBeLessThan(1.1)
  })

  it('keeps rows of one value, counts dead columns, and says what its paper counts', async () => {
    const [out, n] = [6, 256]
    const w = weights(out, n)
    const { linear, module } = await binarized(out, n, w, defaults)
    expect(module.deadColumns).toBe(1)
    expect(module.warnings).toEqual(['1 dead input columns set to zero'])
    expect(module.damping).toBe(0.01)
    const values = dequantizeSign(linear)
    expect(values.subarray(0, n).every((v) => v === 0)).toBe(true)
    // errors of the dead column's block and of float16 reach the block behind
    for (let j = 0; j < 128; j++) if (j !== 5) expect(Math.abs(values[n + j]! - 0.1)).toBeLessThan(0.01)
    const salient = choicesOf(linear).salient as Uint8Array
    const share = salient.reduce((sum, v) => sum + v, 0) / n
    expect(share).toBeGreaterThan(0)
    expect(module.published!.weight).toBe(1 + share)
    // what is stored: a sign, a group, a second sign of salient columns in whole words, seven float16 a cell, the mask
    const second = (32 * Math.ceil((share * n) / 32)) / n
    expect(effectiveBits(linear).total).toBeCloseTo(2 + second + (7 * 16) / 128 + 1 / out, 6)
  })
})
