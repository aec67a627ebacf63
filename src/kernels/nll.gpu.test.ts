import { describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { nllReference } from '../reference/transformer'
import { NO_TARGET, nll } from './nll'

describe.each([
  ['a workgroup a row', false],
  ['an invocation a row', true],
])('nll by %s', (_, software) => {
  it.each([
    { rows: 1, vocab: 1, row: 0, loudness: 1 },
    { rows: 3, vocab: 257, row: 0, loudness: 10 },
    { rows: 5, vocab: 8191, row: 2, loudness: 10 },
    { rows: 2, vocab: 40, row: 1, loudness: 1e4 },
  ])('scores $rows rows of $vocab logits up to ±$loudness', async ({ rows, vocab, row, loudness }) => {
    const gpu = await testGpu()
    const logits = noise(rows * vocab, 1).map((x) => x * loudness)
    const targets = Uint32Array.from({ length: row + rows }, (_, i) => (i * 7919) % vocab)
    const y = gpu.upload(new Float32Array(row + rows))
    const rec = gpu.record()
    rec.run(nll(software), { logits: gpu.upload(logits), targets: gpu.upload(targets), y }, { rows, vocab, row })
    await gpu.submit(rec)
    const expected = Array.from(targets, (target, i) =>
      i < row ? 0 : nllReference(logits.subarray((i - row) * vocab, (i - row + 1) * vocab), target),
    )
    // log Σ and the logit are rounded once each at their own magnitude
    expectClose(await gpu.readF32(y), expected, { atol: 3e-6 + loudness * 2 ** -23, rtol: 1e-6 })
  })

  it('gives 0 to rows without a target', async () => {
    const gpu = await testGpu()
    const logits = noise(3 * 10, 2)
    const targets = Uint32Array.of(4, NO_TARGET, 9)
    const y = gpu.alloc([3])
    const rec = gpu.record()
    rec.run(
      nll(software),
      { logits: gpu.upload(logits), targets: gpu.upload(targets), y },
      { rows: 3, vocab: 10, row: 0 },
    )
    await gpu.submit(rec)
    const expected = [nllReference(logits.subarray(0, 10), 4), 0, nllReference(logits.subarray(20), 9)]
    expectClose(await gpu.readF32(y), expected, { atol: 1e-6 })
  })

  it('splits rows beyond the time budget into dispatches that cover them once', async () => {
    const { traits } = await testGpu()
    const passes = nll(software).passes(
      { rows: 50, vocab: 100, row: 7 },
      { ...traits, flopsPerDispatch: 16 * 100 * 24 },
    )
    expect(passes.map(({ params }) => [params?.first, params?.end, params?.row])).toEqual([
      [0, 24, 7],
      [24, 48, 7],
      [48, 50, 7],
    ])
  })
})
