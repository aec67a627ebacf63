import { describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import fixtures from '../../test/fixtures/lwc.json'
import { clippingReference } from '../reference/clipping'
import { numericGradient } from '../reference/gradients'
import { clippingEnds, clippingGradient, clippingGrid, clippingWeights } from './clipping'
import type { GridShape } from './quantize'

async function run(shape: GridShape, values: Record<'w' | 'clips' | 'dy', ArrayLike<number>>) {
  const gpu = await testGpu()
  const { rows, columns, groups } = shape
  const upload = (of: ArrayLike<number>) => gpu.upload(Float32Array.from(of))
  const [w, clips, dy] = [upload(values.w), upload(values.clips), upload(values.dy)]
  const [ends, d] = [gpu.alloc([2, rows, groups]), gpu.alloc([2, rows, groups])]
  const y = gpu.alloc([rows, columns])
  const [steps, zeros] = [gpu.alloc([rows, groups]), gpu.alloc([rows, groups])]
  const rec = gpu.record()
  rec.run(clippingEnds, { w, ends }, shape)
  rec.run(clippingWeights, { ends, clips, w, y }, shape)
  rec.run(clippingGradient, { ends, clips, w, dy, d }, shape)
  rec.run(clippingGrid, { ends, clips, steps, zeros }, shape)
  await gpu.submit(rec)
  const results = {
    y: await gpu.readF32(y),
    gradient: await gpu.readF32(d),
    ends: await gpu.readF32(ends),
    steps: await gpu.readF32(steps),
    zeros: await gpu.readF32(zeros),
  }
  gpu.free(w, clips, dy, ends, d, y, steps, zeros)
  return results
}

const shapeOf = (rows: number, columns: number, groupSize: number, bits: number): GridShape => ({
  ...{ rows, columns, groupSize, bits },
  groups: Math.ceil(columns / groupSize),
})

const shapes = [
  shapeOf(1, 1, 1, 2),
  shapeOf(3, 63, 63, 2),
  shapeOf(2, 65, 32, 3),
  shapeOf(5, 129, 64, 2),
  shapeOf(2, 300, 300, 4),
  shapeOf(1, 130, 128, 8),
]

/** Random weights, clips in (−1, 3), a gradient; the first group all zero where there are several, the last of one sign. */
function sample({ rows, columns, groupSize, groups }: GridShape) {
  const w = noise(rows * columns, 1)
  if (rows * groups > 1) w.fill(0, 0, groupSize)
  for (let i = rows * columns - 3; i < rows * columns; i++) if (i >= groupSize) w[i] = Math.abs(w[i]!)
  return { w, clips: noise(2 * rows * groups, 2).map((x) => 1 + 2 * x), dy: noise(rows * columns, 3) }
}

describe('learned weight clipping', () => {
  it.each(fixtures.map((fixture) => [JSON.stringify(fixture.shape), fixture] as const))(
    'is what PyTorch computes, and so is its gradient: %s',
    async (_, { shape, y, gradient, ...values }) => {
      const actual = await run(shape, values)
      // float32 against float64 where no weight lies between two codes; sums of up to 32 terms below 16
      expectClose(actual.y, y, { atol: 1e-6 })
      expectClose(actual.gradient, gradient, { atol: 4e-6 })
    },
  )

  it.each(shapes)('agrees with float64 on $rows × $columns, groups of $groupSize, $bits bits', async (shape) => {
    const values = sample(shape)
    const { w, clips, dy } = values
    const actual = await run(shape, values)
    const at = clippingReference(w, clips, shape)
    expectClose(actual.y, at.weights, { atol: 1e-6 })
    const smooth = Float64Array.from(clips)
    const loss = () => clippingReference(w, smooth, shape, at.pieces).weights.reduce((sum, y, i) => sum + y * dy[i]!, 0)
    // sums of up to 300 terms, each of some ulp of a code; 8 bits divide by small steps
    expectClose(actual.gradient, numericGradient(loss, smooth), { atol: 1e-5 })
  })

  it('finds the ends of groups, zero only where it is a weight', async () => {
    const shape = shapeOf(2, 3, 2, 2)
    const { ends } = await run(shape, { w: [3, 2, -1, -5, 4, 0], clips: new Float32Array(8), dy: new Float32Array(6) })
    expect([...ends]).toEqual([2, -1, -5, 0, 3, -1, 4, 0])
  })

  it('stores a float16 step and a zero among the codes, 0 within reach', async () => {
    const shape = shapeOf(5, 4, 4, 2)
    const w = [
      [-1, 2, 0.5, 1],
      [1, 2, 3, 4],
      [-4, -3, -2, -1],
      [0, 0, 0, 0],
      [-9e4, 9e4, 0, 0],
    ].flat()
    const clips = new Float32Array(10).fill(100)
    const { steps, zeros } = await run(shape, { w, clips, dy: new Float32Array(20) })
    // 1e-5 is 168 steps of the subnormal 2⁻²⁴; ±9e4 would need 6e4
    const least = 168 * 2 ** -24
    expectClose(steps, [1, 4 / 3, 4 / 3, least, 1e4], { rtol: 2 ** -11 })
    expect([...zeros]).toEqual([1, 0, 3, 0, 3])
    expect(steps[3]).toBe(least)
  })

  it('stays finite where clips have run away', async () => {
    const shape = shapeOf(2, 20, 20, 2)
    const clips = [1e30, -1e30, 3e38, -3e38]
    const { y, gradient } = await run(shape, { w: noise(40, 1), clips, dy: noise(40, 2) })
    expect([...y, ...gradient].every(Number.isFinite)).toBe(true)
  })
})
