import { describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { divergenceReference } from '../reference/divergence'
import { divergence } from './divergence'

async function run(software: boolean, a: Float32Array<ArrayBuffer>, b: Float32Array<ArrayBuffer>, vocab: number) {
  const gpu = await testGpu()
  const rows = a.length / vocab
  const row = 2
  const y = gpu.upload(new Float32Array(row + rows))
  const rec = gpu.record()
  rec.run(divergence(software), { a: gpu.upload(a), b: gpu.upload(b), y }, { rows, vocab, row })
  await gpu.submit(rec)
  return (await gpu.readF32(y)).slice(row)
}

const expectedOf = (a: Float32Array, b: Float32Array, vocab: number) =>
  Array.from({ length: a.length / vocab }, (_, r) => {
    const [from, to] = [r * vocab, (r + 1) * vocab]
    return divergenceReference(a.subarray(from, to), b.subarray(from, to))
  })

describe.each([
  ['a workgroup a row', false],
  ['an invocation a row', true],
])('divergence by %s', (_, software) => {
  it.each([
    { rows: 1, vocab: 1, loudness: 1, change: 1 },
    { rows: 1, vocab: 2, loudness: 3, change: 1 },
    { rows: 3, vocab: 257, loudness: 10, change: 0.3 },
    { rows: 5, vocab: 8191, loudness: 10, change: 3 },
    // logits of a model that was hardly changed: float32 must not lose what is left
    { rows: 5, vocab: 4099, loudness: 10, change: 0.003 },
  ])('compares $rows rows of $vocab logits up to ±$loudness that differ by up to $change', async (shape) => {
    const { rows, vocab, loudness, change } = shape
    const a = noise(rows * vocab, 1).map((x) => x * loudness)
    const b = noise(rows * vocab, 2).map((x, i) => a[i]! + x * change)
    // a logit is rounded to 2⁻²⁴ of its size, which moves a difference by as much of the loudness; a sum of parts by their own
    const rtol = 1e-5 + (4 * loudness * 2 ** -24) / change
    expectClose(await run(software, a, b, vocab), expectedOf(a, b, vocab), { atol: 1e-12, rtol })
  })

  it('is 0 for equal rows, and the distance of logits for certain ones', async () => {
    const vocab = 65
    const equal = noise(vocab, 3)
    expect([...(await run(software, equal, equal.slice(), vocab))]).toEqual([0])
    const [a, b] = [new Float32Array(vocab), new Float32Array(vocab)]
    a[7] = 1e4
    b[64] = 1e4
    expectClose(await run(software, a, b, vocab), [1e4], { rtol: 1e-6 })
    // a logit below all that float32 can take an exponential of
    a[3] = -1e30
    expectClose(await run(software, a, b, vocab), [1e4], { rtol: 1e-6 })
  })

  it('is not finite where a logit is not', async () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const [a, b] = [noise(33, 4), noise(33, 5)]
      b[20] = bad
      expect(Number.isFinite((await run(software, a, b, 33))[0])).toBe(false)
    }
  })
})
