import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NumericalError } from '../errors'
import { randomFrom } from '../random'
import { type Sampling, sampleToken } from './sampling'

const logits = Float32Array.of(0, 2, 1, 2, -3)

/** How often each token is drawn, of 20 000. */
function shares(sampling: Sampling): number[] {
  const random = randomFrom(4)
  const counts = new Array<number>(logits.length).fill(0)
  for (let i = 0; i < 20_000; i++) counts[sampleToken(logits, sampling, random())]! += 1 / 20_000
  return counts
}

const softmax = (kept: readonly number[], temperature: number) => {
  const parts = Array.from(logits, (value, i) => (kept.includes(i) ? Math.exp(value / temperature) : 0))
  const total = parts.reduce((sum, part) => sum + part)
  return parts.map((part) => part / total)
}

describe('the next token', () => {
  it.each([
    ['all tokens', { temperature: 1, topK: 0, topP: 1 }, [0, 1, 2, 3, 4]],
    ['a high temperature', { temperature: 3, topK: 0, topP: 1 }, [0, 1, 2, 3, 4]],
    ['the three likeliest', { temperature: 0.7, topK: 3, topP: 1 }, [1, 2, 3]],
    ['the first of two equals', { temperature: 1, topK: 1, topP: 1 }, [1]],
    // the two likeliest have 0.79 of it, the third takes it to 0.94
    ['a nucleus', { temperature: 1, topK: 0, topP: 0.8 }, [1, 2, 3]],
    ['a nucleus of what top-k left', { temperature: 1, topK: 2, topP: 0.5 }, [1]],
    ['a nucleus smaller than the likeliest', { temperature: 1, topK: 0, topP: 1e-9 }, [1]],
    ['more than there are', { temperature: 1, topK: 99, topP: 1 }, [0, 1, 2, 3, 4]],
  ] satisfies [string, Sampling, number[]][])('is drawn by its probability from %s', (_, sampling, kept) => {
    // 20 000 draws: three standard deviations of a share are 0.011 at the most
    softmax(kept, sampling.temperature).forEach((share, i) => {
      expect(Math.abs(shares(sampling)[i]! - share)).toBeLessThan(0.011)
    })
  })

  it('is one of those that there are, for any logits and draw', () => {
    fc.assert(
      fc.property(
        fc.float32Array({ minLength: 1, maxLength: 40, noNaN: true, noDefaultInfinity: true }),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        fc.nat(50),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (values, temperature, topK, topP, uniform) => {
          const token = sampleToken(values, { temperature, topK, topP }, uniform)
          expect(token).toBeGreaterThanOrEqual(0)
          expect(token).toBeLessThan(values.length)
          const better = values.filter((value) => value > values[token]!).length
          if (topK > 0) expect(better).toBeLessThan(topK)
        },
      ),
    )
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('is not drawn where a logit is %s', (value) => {
    const draw = () => sampleToken(Float32Array.of(1, value), { temperature: 1, topK: 0, topP: 1 }, 0.5)
    expect(draw).toThrow(NumericalError)
    expect(draw).toThrow(/token 1/)
  })
})
