import { describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { attentionReference } from '../reference/transformer'
import { type AttentionShape, attention } from './attention'

async function run(shape: AttentionShape & { headDim: number }, { loudness = 3, software = true } = {}) {
  const gpu = await testGpu()
  const { windows, tq, capacity, heads, kvHeads, headDim } = shape
  const q = noise(windows * tq * heads * headDim, 1).map((x) => x * loudness)
  const k = noise(windows * capacity * kvHeads * headDim, 2).map((x) => x * loudness)
  const v = noise(windows * capacity * kvHeads * headDim, 3)
  const y = gpu.alloc([windows * tq, heads * headDim])
  const rec = gpu.record()
  rec.run(attention(headDim, software), { q: gpu.upload(q), k: gpu.upload(k), v: gpu.upload(v), y }, shape)
  await gpu.submit(rec)
  return { actual: await gpu.readF32(y), expected: attentionReference(q, k, v, shape) }
}

describe('attention', () => {
  it.each([
    { windows: 1, tq: 1, tk: 1, capacity: 1, heads: 1, kvHeads: 1, headDim: 2 },
    { windows: 3, tq: 65, tk: 65, capacity: 65, heads: 4, kvHeads: 2, headDim: 12 },
    { windows: 2, tq: 5, tk: 19, capacity: 32, heads: 6, kvHeads: 2, headDim: 16 },
    { windows: 1, tq: 1, tk: 40, capacity: 64, heads: 3, kvHeads: 3, headDim: 64 },
    { windows: 1, tq: 63, tk: 64, capacity: 64, heads: 4, kvHeads: 1, headDim: 10 },
    { windows: 1, tq: 9, tk: 9, capacity: 9, heads: 2, kvHeads: 1, headDim: 256 },
  ])('$windows × $tq queries, $tk keys, $heads:$kvHeads heads of $headDim', async (shape) => {
    const { actual, expected } = await run(shape)
    // scores reach about 3·headDim^½; their float32 rounding is the relative error of the weights
    expectClose(actual, expected, { atol: 2e-5 })
  })

  it('gives the same on the variant for real GPUs', async () => {
    const shape = { windows: 2, tq: 67, tk: 70, capacity: 71, heads: 4, kvHeads: 2, headDim: 36 }
    const { actual, expected } = await run(shape, { software: false })
    expectClose(actual, expected, { atol: 2e-5 })
  })

  it('stays finite when scores are in the thousands', async () => {
    const shape = { windows: 1, tq: 33, tk: 33, capacity: 33, heads: 2, kvHeads: 2, headDim: 16 }
    const { actual, expected } = await run(shape, { loudness: 100 })
    expect(Math.max(...actual.map(Math.abs))).toBeLessThanOrEqual(1)
    // scores of 10⁴ carry an absolute float32 error of 10⁻³ into the exponent
    expectClose(actual, expected, { atol: 4e-3 })
  })

  it('splits work beyond the time budget into dispatches that cover it once', async () => {
    const { traits } = await testGpu()
    const shape = { windows: 2, tq: 100, tk: 100, capacity: 100, heads: 2, kvHeads: 1 }
    const perItem = 4 * 40 * 50.5 // four queries, 4·8 + 8 operations for each of 50.5 keys on average
    const passes = attention(8, true).passes(shape, { ...traits, flopsPerDispatch: 70 * perItem })
    expect(passes.map(({ groups, params }) => [groups[0], params?.item, params?.items])).toEqual([
      [1, 0, 64],
      [1, 64, 100],
    ])
  })
})
