import { describe, expect, it } from 'vitest'
import { gaussian } from '../../../test/distributions'
import { correlatedInputs, oneLinear, outputError } from '../../../test/one-linear'
import { decodeFloat16 } from '../../formats/floats'
import { decodeGaps } from '../../formats/gaps'
import type { SignLinear } from '../../formats/quantized'
import { dequantizeSign } from '../../formats/sign'
import { validateSign } from '../../formats/sign-check'
import { upperFactorOfInverseReference } from '../../reference/linalg'
import { codeReference, nearestGroup } from '../../reference/sage'
import { plusSchema, type SagePlusOptions, schema } from './options'
import { sagePlus } from './plus'
import { sage } from './sage'

/** GPTQ's column loop in float64 under the levels of a linear. */
function compensatedReference(w: Float32Array, h: Float32Array, linear: SignLinear): Float64Array {
  const { out, in: n } = linear
  const dead = (j: number) => h[j * n + j] === 0
  const mean = Array.from({ length: n }, (_, j) => h[j * n + j]! || 1).reduce((sum, value) => sum + value, 0) / n
  const damped = Float64Array.from(h, (value, at) => {
    const j = at % n
    return Math.floor(at / n) === j ? (dead(j) ? 1 : value) + 0.01 * mean : value
  })
  const u = upperFactorOfInverseReference(damped, n)
  const amplitudes = [...decodeFloat16(linear.amplitudes)]
  const alphas = decodeFloat16(linear.sparse!.scales)
  const salient = new Set(decodeGaps(linear.sparse!, w.length).positions)
  const work = Float64Array.from(w, (value, at) => (dead(at % n) ? 0 : value))
  const stored = new Float64Array(w.length)
  for (let r = 0; r < out; r++)
    for (let j = 0; j < n; j++) {
      const at = r * n + j
      const value = work[at]!
      const mu = amplitudes[nearestGroup(Math.abs(value), amplitudes)]!
      stored[at] = salient.has(at)
        ? alphas[r]! * codeReference(value, alphas[r]!, 2 ** (linear.sparse!.bits - 1))
        : value >= 0
          ? mu
          : -mu
      const error = (value - stored[at]!) / u[j * n + j]!
      for (let i = j + 1; i < n; i++) work[r * n + i]! -= error * u[j * n + i]!
    }
  return stored
}

describe('SAGE-PTQ+', () => {
  it.each<[number, number, Partial<SagePlusOptions>]>([
    [17, 172, { groups: 2 }],
    [9, 300, { groups: 8, salientBits: 3 }],
    [33, 64, { groups: 1, saliency: 'given', percent: 3 }],
  ])('gives the float64 algorithm’s weights for %i×%i %o, a smaller error of outputs', async (out, n, changes) => {
    const w = gaussian(out * n, 3).map((value) => 0.05 * value)
    const { block, h } = await oneLinear(out, n, correlatedInputs(700, n), w)
    const before = block.gpu.pool.liveBytes
    for await (const { linear, damping, deadColumns, warnings } of sagePlus.quantize(
      block,
      plusSchema.parse(changes),
    )) {
      const signs = linear as SignLinear
      validateSign(signs)
      expect([damping, deadColumns, warnings]).toEqual([0.01, 1, ['1 dead input columns set to zero']])
      const stored = dequantizeSign(signs)
      const expected = compensatedReference(w, h, signs)
      const different = stored.reduce((count, value, i) => count + Number(Math.abs(value - expected[i]!) > 1e-6), 0)
      // float32 may round a weight near a boundary the other way, and the columns behind follow
      expect(different / w.length).toBeLessThan(0.02)
      for await (const plain of sage.quantize(block, schema.parse(changes))) {
        const uncompensated = outputError(w, dequantizeSign(plain.linear as SignLinear), h, out, n)
        expect(outputError(w, stored, h, out, n)).toBeLessThan(0.8 * uncompensated)
        expect((plain.linear as SignLinear).amplitudes).toEqual(signs.amplitudes)
      }
    }
    expect(block.gpu.pool.liveBytes).toBe(before)
  })
})
