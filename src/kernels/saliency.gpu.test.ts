import { describe, expect, it } from 'vitest'
import { expectClose, testGpu } from '../../test/device'
import { gaussian } from '../../test/distributions'
import { Recorder } from '../gpu/recorder'
import { recordThreshold, rowMoments, SELECTION, SPREAD, spreadOf } from './saliency'

const kinds: [string, boolean][] = [
  ['a software adapter', true],
  ['a GPU', false],
]

/** Scores as the GPU makes them, in float32. */
const scoresOf = (w: Float32Array, stats: Float32Array, columns: number) =>
  w.map((value, i) => {
    const row = Math.floor(i / columns)
    return Math.fround(Math.abs(Math.fround(value - stats[2 * row]!)) * stats[2 * row + 1]!)
  })

describe.each(kinds)('by kernels for %s', (_, software) => {
  it.each([
    [1, 1],
    [3, 70],
    [13, 1000],
    [129, 65],
  ])('the threshold of [%i, %i] leaves as many above as asked for', async (rows, columns) => {
    const gpu = await testGpu()
    const before = gpu.pool.liveBytes
    const w = gaussian(rows * columns, 5)
    const stats = Float32Array.from({ length: 2 * rows }, (_, i) => (i % 2 === 0 ? 0.1 : 1 + i / 10))
    const [weights, statistics] = [gpu.upload(w, [rows, columns]), gpu.upload(stats, [rows, 2])]
    const selection = gpu.alloc([SELECTION], 'u32')
    const sorted = scoresOf(w, stats, columns).sort()
    for (const salient of new Set([0, 1, Math.floor(w.length / 100), Math.floor(w.length / 2)])) {
      if (salient >= w.length) continue
      const rec = new Recorder({ ...gpu.traits, software })
      recordThreshold(rec, { w: weights, stats: statistics, selection }, { rows, columns }, salient)
      await gpu.submit(rec)
      const [bits = 0] = await gpu.readU32(selection)
      const threshold = new Float32Array(Uint32Array.of(bits).buffer)[0]!
      expect(threshold).toBe(sorted[w.length - 1 - salient])
    }
    gpu.free(weights, statistics, selection)
    expect(gpu.pool.liveBytes).toBe(before)
  })

  it('spread counts magnitudes up to a bound', async () => {
    const gpu = await testGpu()
    const w = gaussian(5003, 1)
    const [weights, bins] = [gpu.upload(w), gpu.upload(new Uint32Array(SPREAD))]
    const rec = new Recorder({ ...gpu.traits, software })
    // steps of powers of two, so that float32 puts no magnitude into another
    rec.run(spreadOf(software), { w: weights, bins }, { count: w.length, center: 0, steps: 64 })
    await gpu.submit(rec)
    const expected = new Uint32Array(SPREAD)
    for (const value of w) if (Math.abs(value) < 2) expected[Math.floor(64 * Math.abs(value))]!++
    expect([...(await gpu.readU32(bins))]).toEqual([...expected])
    gpu.free(weights, bins)
  })

  it('moments of rows are shifted sums', async () => {
    const gpu = await testGpu()
    const [rows, columns] = [70, 131]
    const w = gaussian(rows * columns, 2).map((value) => value + 100)
    const [weights, moments] = [gpu.upload(w), gpu.alloc([rows, 3])]
    const rec = new Recorder({ ...gpu.traits, software })
    rec.run(rowMoments(software), { w: weights, moments }, { rows, columns })
    await gpu.submit(rec)
    const expected = Array.from({ length: rows }, (_, r) => {
      const row = [...w.subarray(r * columns, (r + 1) * columns)].map((value) => value - w[r * columns]!)
      return [w[r * columns]!, row.reduce((sum, d) => sum + d, 0), row.reduce((sum, d) => sum + d * d, 0)]
    })
    expectClose(await gpu.readF32(moments), expected.flat(), { rtol: 1e-5, atol: 1e-3 })
    gpu.free(weights, moments)
  })
})
