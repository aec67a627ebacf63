import { describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { decodeFloat16, encodeFloat16 } from '../formats/floats'
import { Recorder } from '../gpu/recorder'
import { attentionReference } from '../reference/transformer'
import { type CachedAttentionShape, cachedAttention, partsOf } from './cached-attention'
import { storeHalves } from './store-halves'

/** Runs on a cache with room for three tokens more than are there, all of it NaN. */
async function run(shape: CachedAttentionShape, { software = true, halves = false, loudness = 3 } = {}) {
  const gpu = await testGpu()
  const { tq, tk, heads, kvHeads, headDim } = shape
  const [row, capacity] = [kvHeads * headDim, tk + 3]
  const q = noise(tq * heads * headDim, 1).map((x) => x * loudness)
  const cached = [2, 3].map((seed) => {
    const values = new Float32Array(capacity * row).fill(Number.NaN)
    values.set(noise(tk * row, seed).map((x) => (seed === 2 ? x * loudness : x)))
    return halves ? decodeFloat16(encodeFloat16(values)) : values
  })
  const uploaded = cached.map((values) =>
    halves ? gpu.upload(new Uint32Array(encodeFloat16(values).buffer)) : gpu.upload(values),
  )
  const y = gpu.upload(new Float32Array(q.length).fill(Number.NaN))
  const rec = new Recorder({ ...gpu.traits, software })
  cachedAttention(gpu, rec, { q: gpu.upload(q), k: uploaded[0]!, v: uploaded[1]!, y }, shape)
  await gpu.submit(rec)
  const expected = attentionReference(q, cached[0]!, cached[1]!, { ...shape, windows: 1, capacity })
  return { actual: await gpu.readF32(y), expected }
}

const one: CachedAttentionShape = { tq: 1, tk: 1, heads: 1, kvHeads: 1, headDim: 2 }
const long: CachedAttentionShape = { tq: 1, tk: 300, heads: 10, kvHeads: 2, headDim: 64 }
const wide: CachedAttentionShape = { tq: 3, tk: 131, heads: 2, kvHeads: 2, headDim: 514 }
const many: CachedAttentionShape = { tq: 67, tk: 70, heads: 14, kvHeads: 2, headDim: 10 }
const shared: CachedAttentionShape = { tq: 1, tk: 63, heads: 4, kvHeads: 2, headDim: 6 }
const others: CachedAttentionShape[] = [
  { tq: 1, tk: 65, heads: 8, kvHeads: 2, headDim: 32 },
  { tq: 5, tk: 64, heads: 4, kvHeads: 2, headDim: 128 },
]
const windowed: CachedAttentionShape = { ...shared, tq: 3, tk: 150, window: 20, softcap: 3, scale: 0.7 }
const cases = [
  ...[false, true].map((software) => ({ shape: windowed, software, halves: false })),
  ...[one, long, wide, many, shared].map((shape) => ({ shape, software: false, halves: false })),
  // every kernel of lanes that wait for each other takes lavapipe seconds to compile
  { shape: shared, software: false, halves: true },
  ...[one, long, wide, many, shared, ...others].flatMap((shape) =>
    [false, true].map((halves) => ({ shape, software: true, halves })),
  ),
]

describe('attention to a cache', () => {
  for (const { shape, software, halves } of cases) {
    const { tq, tk, heads, kvHeads, headDim } = shape
    const how = `${halves ? 'halves' : 'floats'}, ${software ? 'alone' : 'together'}`
    it(`${tq} queries, ${tk} keys, ${heads}:${kvHeads} heads of ${headDim}, ${how}`, async () => {
      const { actual, expected } = await run(shape, { software, halves })
      // scores reach about 3·headDim^½; their float32 rounding is the relative error of the weights
      expectClose(actual, expected, { atol: 3e-5 })
    })
  }

  it('stays finite when scores are in the thousands', async () => {
    const { actual, expected } = await run(long, { software: false, loudness: 100 })
    // scores of 10⁴ carry an absolute float32 error of 10⁻³ into the exponent
    expectClose(actual, expected, { atol: 8e-3 })
  })

  it('cuts the keys of one query into many parts, those of many queries into none', () => {
    const shape = { tq: 1, tk: 4000, heads: 8, kvHeads: 4, headDim: 64 }
    expect(partsOf(shape, false)).toEqual({ parts: 63, keys: 64 })
    expect(partsOf({ ...shape, tk: 100_000 }, false)).toEqual({ parts: 121, keys: 832 })
    expect(partsOf({ ...shape, tq: 600 }, false).parts).toBe(1)
    expect(partsOf({ ...shape, tk: 1 }, false).parts).toBe(1)
  })
})

describe('storing halves', () => {
  async function store(values: number[]) {
    const gpu = await testGpu()
    const y = gpu.upload(new Uint32Array(5).fill(0xffffffff))
    const beyond = gpu.upload(new Uint32Array(1))
    const rec = gpu.record()
    const x = gpu.upload(Float32Array.from(values))
    rec.run(storeHalves, { x, y, beyond }, { word: 2, words: values.length / 2 })
    await gpu.submit(rec)
    const halves = decodeFloat16(new Uint16Array((await gpu.readU32(y)).buffer))
    return { halves: [...halves], beyond: (await gpu.readU32(beyond))[0] }
  }
  const none = Number.NaN

  it('keeps what a half can hold, in order, and nothing around it', async () => {
    const { halves, beyond } = await store([1, -0.5, 65504, -65504])
    expect(halves).toEqual([none, none, none, none, 1, -0.5, 65504, -65504, none, none])
    expect(beyond).toBe(0)
  })

  it('cuts what a half cannot hold, and says so', async () => {
    expect(await store([1e5, -7e4])).toEqual({
      halves: [none, none, none, none, 65504, -65504, none, none, none, none],
      beyond: 1,
    })
    expect((await store([Number.NaN, 1])).beyond).toBe(1)
    expect((await store([Number.POSITIVE_INFINITY, 1])).beyond).toBe(1)
  })
})
