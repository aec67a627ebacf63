import { describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { attentionReference } from '../reference/transformer'
import { type AttentionShape, attention } from './attention'
import { scoreKind } from './attention-shape'

async function run(shape: AttentionShape & { headDim: number }, { loudness = 3, software = true } = {}) {
  const gpu = await testGpu()
  const { windows, tq, tk, capacity, heads, kvHeads, headDim } = shape
  const width = kvHeads * headDim
  // what a cache has room for beyond its keys may hold anything
  const unused = (i: number) => Math.floor(i / width) % capacity >= tk
  const q = noise(windows * tq * heads * headDim, 1).map((x) => x * loudness)
  const k = noise(windows * capacity * width, 2).map((x, i) => (unused(i) ? Number.NaN : x * loudness))
  const v = noise(windows * capacity * width, 3).map((x, i) => (unused(i) ? Number.NaN : x))
  const y = gpu.upload(new Float32Array(q.length).fill(Number.NaN), [windows * tq, heads * headDim])
  const rec = gpu.record()
  rec.run(
    attention(headDim, tq, software, scoreKind(shape)),
    { q: gpu.upload(q), k: gpu.upload(k), v: gpu.upload(v), y },
    shape,
  )
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

  it.each([
    // few queries, and heads that four does not divide, are not tiled
    { windows: 2, tq: 7, tk: 10, capacity: 11, heads: 4, kvHeads: 2, headDim: 36 },
    { windows: 1, tq: 16, tk: 16, capacity: 16, heads: 2, kvHeads: 1, headDim: 72 },
    { windows: 2, tq: 64, tk: 67, capacity: 71, heads: 4, kvHeads: 2, headDim: 72 },
    { windows: 3, tq: 65, tk: 65, capacity: 65, heads: 2, kvHeads: 2, headDim: 72 },
    { windows: 2, tq: 130, tk: 197, capacity: 200, heads: 4, kvHeads: 2, headDim: 72 },
  ])(
    'as for real GPUs, $windows × $tq queries, $tk keys, $heads:$kvHeads heads of $headDim',
    async (shape) => {
      const { actual, expected } = await run(shape, { software: false })
      expectClose(actual, expected, { atol: 2e-5 })
    },
    240_000,
  ) // a software adapter compiles the tiles for a quarter of a minute when nothing else runs

  it.each([
    { windows: 2, tq: 37, tk: 37, capacity: 37, heads: 4, kvHeads: 2, headDim: 12, scale: 0.4, softcap: 2, window: 9 },
    { windows: 1, tq: 5, tk: 19, capacity: 32, heads: 3, kvHeads: 1, headDim: 10, window: 3 },
    { windows: 1, tq: 9, tk: 9, capacity: 9, heads: 2, kvHeads: 2, headDim: 34, window: 1 },
    { windows: 2, tq: 33, tk: 33, capacity: 33, heads: 2, kvHeads: 1, headDim: 16, softcap: 0.5 },
  ])('with other scores: scale $scale, cap $softcap, window $window, heads of $headDim', async (shape) => {
    const { actual, expected } = await run(shape)
    expectClose(actual, expected, { atol: 2e-5 })
  })

  it.each([
    {
      windows: 2,
      tq: 130,
      tk: 197,
      capacity: 200,
      heads: 2,
      kvHeads: 1,
      headDim: 36,
      softcap: 5,
      window: 70,
      scale: 0.2,
    },
  ])(
    'by tiles with other scores',
    async (shape) => {
      const { actual, expected } = await run(shape, { software: false })
      expectClose(actual, expected, { atol: 2e-5 })
    },
    240_000,
  )

  it('gives the same for other heads of real GPUs', async ({ skip }) => {
    const { info } = await testGpu()
    skip(info.software, 'a software adapter compiles each for half a minute')
    for (const headDim of [36, 64, 80, 128, 160, 192, 256]) {
      const shape = { windows: 2, tq: 130, tk: 197, capacity: 200, heads: 4, kvHeads: 2, headDim }
      const { actual, expected } = await run(shape, { software: false })
      expectClose(actual, expected, { atol: 2e-5 })
    }
  })

  it.each([
    { headDim: 16, software: true },
    { headDim: 72, software: false },
  ])('stays finite when scores are in the thousands: heads of $headDim', async ({ headDim, software }) => {
    const shape = { windows: 1, tq: 70, tk: 70, capacity: 70, heads: 2, kvHeads: 2, headDim }
    const { actual, expected } = await run(shape, { loudness: 100, software })
    expect(Math.max(...actual.map(Math.abs))).toBeLessThanOrEqual(1)
    // scores of 10⁴ carry an absolute float32 error of 10⁻³ into the exponent
    expectClose(actual, expected, { atol: 4e-3 })
  })

  it('splits work beyond the time budget into dispatches that cover it once', async () => {
    const { traits } = await testGpu()
    const shape = { windows: 2, tq: 100, tk: 100, capacity: 100, heads: 2, kvHeads: 1 }
    const perItem = 4 * 40 * 50.5 // four queries, 4·8 + 8 operations for each of 50.5 keys on average
    const passes = attention(8, 100, true).passes(shape, { ...traits, flopsPerDispatch: 70 * perItem })
    expect(passes.map(({ groups, params }) => [groups[0], params?.item, params?.items])).toEqual([
      [1, 0, 64],
      [1, 64, 100],
    ])
  })

  it('starts tiles that see most first, and splits them too', async () => {
    const { traits } = await testGpu()
    const shape = { windows: 2, tq: 100, tk: 100, capacity: 100, heads: 3, kvHeads: 1 }
    const most = 64 * 100 * (4 * 64 + 8)
    const kernel = attention(64, 100, false)
    const split = (tiles: number) =>
      kernel
        .passes(shape, { ...traits, flopsPerDispatch: tiles * most })
        .map(({ groups, params }) => [groups[0], params?.item])
    expect(split(5)).toEqual([
      [5, 0],
      [5, 5],
      [2, 10],
    ])
    expect(split(12)).toEqual([[12, 0]])
  })
})
