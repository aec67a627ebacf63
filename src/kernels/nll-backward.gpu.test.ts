import { describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { nllReference } from '../reference/transformer'
import { NO_TARGET } from './nll'
import { nllBackward } from './nll-backward'

/** softmax(logits) − [i = target] in float64; 0 without a target. */
function gradientReference(logits: Float32Array, target: number): Float64Array {
  if (target === NO_TARGET) return new Float64Array(logits.length)
  const highest = Math.max(...logits)
  const weights = Float64Array.from(logits, (x) => Math.exp(x - highest))
  const total = weights.reduce((a, b) => a + b)
  return weights.map((weight, i) => weight / total - Number(i === target))
}

describe('nll backward', () => {
  it.each([
    { rows: 1, vocab: 1, row: 0, loudness: 1 },
    { rows: 3, vocab: 257, row: 0, loudness: 10 },
    { rows: 5, vocab: 8191, row: 2, loudness: 10 },
    { rows: 2, vocab: 40, row: 1, loudness: 1e4 },
  ])('of $rows rows of $vocab logits up to ±$loudness', async ({ rows, vocab, row, loudness }) => {
    const gpu = await testGpu()
    const logits = noise(rows * vocab, 1).map((x) => x * loudness)
    const targets = Uint32Array.from({ length: row + rows }, (_, i) => (i % 4 === 2 ? NO_TARGET : (i * 7919) % vocab))
    const y = gpu.upload(new Float32Array(row + rows))
    const gradient = gpu.upload(logits)
    const rec = gpu.record()
    rec.run(nllBackward, { logits: gradient, targets: gpu.upload(targets), y }, { rows, vocab, row })
    await gpu.submit(rec)
    const rowOf = (i: number) => logits.subarray((i - row) * vocab, (i - row + 1) * vocab)
    const expected = Array.from(targets, (target, i) =>
      i < row || target === NO_TARGET ? 0 : nllReference(rowOf(i), target),
    )
    const slopes = Array.from(targets.subarray(row), (target, i) => [...gradientReference(rowOf(row + i), target)])
    // the logit and log Σ are rounded once each at their own magnitude; so is what the exponential takes
    const atol = 3e-6 + loudness * 2 ** -23
    expectClose(await gpu.readF32(y), expected, { atol, rtol: 1e-6 })
    expectClose(await gpu.readF32(gradient), slopes.flat(), { atol, rtol: 1e-5 })
  })

  it('splits rows beyond the time budget into dispatches that cover them once', async () => {
    const { traits } = await testGpu()
    const budget = { ...traits, flopsPerDispatch: 28 * 100 * 24 }
    const passes = nllBackward.passes({ rows: 50, vocab: 100, row: 7 }, budget)
    expect(passes.map(({ groups, params }) => [groups[0], params?.first, params?.row])).toEqual([
      [24, 0, 7],
      [24, 24, 7],
      [2, 48, 7],
    ])
  })
})
