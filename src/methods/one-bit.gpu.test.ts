import { expect, it } from 'vitest'
import { noise } from '../../test/device'
import { correlatedInputs, oneLinear, outputError } from '../../test/one-linear'
import { dequantize } from '../formats/dequantize'
import { billm } from './billm/billm'
import { gptq } from './gptq/gptq'
import type { Method } from './method'
import { pbllm } from './pbllm/pbllm'
import { rtn } from './rtn/rtn'

/** Sums of noise, so that most weights are near 0. */
const bell = (count: number) => {
  const terms = Array.from({ length: 6 }, (_, i) => noise(count, 20 + i))
  return terms[0]!.map((_, at) => 0.01 * terms.reduce((sum, term) => sum + term[at]!, 0))
}

it('one bit between the ends of a range collapses, with and without compensation; signs do not', async () => {
  const [out, n] = [40, 256]
  const w = bell(out * n)
  const { block, h } = await oneLinear(out, n, correlatedInputs(700, n), w)
  const nothing = outputError(w, new Float32Array(w.length), h, out, n)
  const left = async <T, P>(method: Method<T, P | null>, options: Record<string, unknown>) => {
    for await (const { linear } of method.quantize(block, method.schema.parse(options), null)) {
      const weights = dequantize(linear)
      return { weights, error: outputError(w, weights, h, out, n) / nothing }
    }
    throw new Error('nothing was quantized')
  }
  const nearest = await left(rtn, { bits: 1, groupSize: -1 })
  // one of the two levels is 0, the other as far as the range is wide
  for (let r = 0; r < out; r++) {
    const row = nearest.weights.subarray(r * n, (r + 1) * n)
    const original = w.subarray(r * n, (r + 1) * n)
    const range = Math.max(...original) - Math.min(...original)
    for (const value of row) if (value !== 0) expect(Math.abs(value) / range).toBeCloseTo(1, 2)
  }
  const zeros = nearest.weights.reduce((count, value) => count + Number(value === 0), 0) / w.length
  expect(zeros).toBeGreaterThan(0.9)
  const compensated = await left(gptq, { bits: 1, groupSize: -1 })
  const scores = {
    nearest: nearest.error,
    compensated: compensated.error,
    signs: (await left(rtn, { bits: 1, groupSize: -1, symmetric: true })).error,
    billm: (await left(billm, {})).error,
    pbllm: (await left(pbllm, {})).error,
  }
  expect(scores.billm).toBeLessThan(scores.signs)
  expect(scores.pbllm).toBeLessThan(scores.signs)
  expect(scores.signs).toBeLessThan(0.6)
  // no better than no weights at all
  expect(scores.nearest).toBeGreaterThan(0.9)
  expect(scores.compensated).toBeGreaterThan(2 * scores.billm)
})
