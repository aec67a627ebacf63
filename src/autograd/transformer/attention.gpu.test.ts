import { describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../../test/device'
import { checkGradients, operand } from '../../../test/gradients'
import {
  attentionBackwardKeys,
  attentionBackwardQueries,
  type HeadLayout,
  headLayout,
} from '../../kernels/attention-backward'
import { tiledAttentionBackwardQueries } from '../../kernels/tiled-attention'
import { attentionReference } from '../../reference/transformer'
import { attention } from './attention'

describe('attention on the tape', () => {
  it.each([
    { windows: 1, length: 1, heads: 1, kvHeads: 1, headDim: 2 },
    { windows: 3, length: 5, heads: 4, kvHeads: 2, headDim: 14 },
    { windows: 2, length: 33, heads: 3, kvHeads: 1, headDim: 16 },
    { windows: 1, length: 65, heads: 4, kvHeads: 2, headDim: 64 },
    { windows: 2, length: 7, heads: 2, kvHeads: 2, headDim: 36 },
  ])('$windows × $length tokens, $heads:$kvHeads heads of $headDim', async (shape) => {
    const { windows, length, heads, kvHeads, headDim } = shape
    const tokens = windows * length
    const operands = {
      q: operand([tokens, heads * headDim], 1, 2),
      k: operand([tokens, kvHeads * headDim], 2, 2),
      v: operand([tokens, kvHeads * headDim], 3),
    }
    const whole = { ...shape, tq: length, tk: length, capacity: length }
    await checkGradients(
      operands,
      (tape, { q, k, v }) => attention(tape, q!, k!, v!, shape),
      ({ q, k, v }) => attentionReference(q!, k!, v!, whole),
      // scores reach about 4·headDim^½; their float32 rounding is the relative error of the weights, and a gradient to
      // keys sums them over the queries
      { atol: 6e-5, rtol: 1e-5 },
    )
  })

  it('adds to what other uses of the same operands gave', async () => {
    const shape = { windows: 1, length: 9, heads: 2, kvHeads: 2, headDim: 4 }
    await checkGradients(
      { x: operand([9, 8], 1) },
      (tape, { x }) => attention(tape, x!, x!, x!, shape),
      ({ x }) => attentionReference(x!, x!, x!, { ...shape, tq: 9, tk: 9, capacity: 9 }),
      { atol: 1e-5 },
    )
  })

  it('leaves keys and values alone that are frozen', async () => {
    const shape = { windows: 1, length: 9, heads: 2, kvHeads: 1, headDim: 4 }
    await checkGradients(
      { q: operand([9, 8], 1), k: { ...operand([9, 4], 2), frozen: true }, v: operand([9, 4], 3) },
      (tape, { q, k, v }) => attention(tape, q!, k!, v!, shape),
      ({ q, k, v }) => attentionReference(q!, k!, v!, { ...shape, tq: 9, tk: 9, capacity: 9 }),
      { atol: 1e-5 },
    )
  })
})

describe('the backward kernels of attention', () => {
  async function gradients(layout: HeadLayout, { loudness = 1, length = 21, tiled = false } = {}) {
    const headDim = layout.width * layout.chunks * layout.lanes
    const gpu = await testGpu()
    const shape = { windows: 2, length, heads: 4, kvHeads: 2 }
    const tokens = shape.windows * shape.length
    const [wide, narrow] = [shape.heads * headDim, shape.kvHeads * headDim]
    const q = noise(tokens * wide, 1).map((x) => x * loudness)
    const k = noise(tokens * narrow, 2).map((x) => x * loudness)
    const v = noise(tokens * narrow, 3)
    const y = attentionReference(q, k, v, { ...shape, headDim, tq: length, tk: length, capacity: length })
    const read = {
      ...{ q: gpu.upload(q), k: gpu.upload(k), v: gpu.upload(v), dy: gpu.upload(noise(tokens * wide, 4)) },
      stats: gpu.alloc([tokens, shape.heads, 2]),
    }
    const [dq, dk, dv] = [
      gpu.upload(new Float32Array(tokens * wide).fill(Number.NaN), [tokens, wide]),
      gpu.alloc([tokens, narrow]),
      gpu.alloc([tokens, narrow]),
    ]
    const rec = gpu.record()
    const queries = { ...read, y: gpu.upload(Float32Array.from(y)), dq }
    rec.run(tiled ? tiledAttentionBackwardQueries(headDim) : attentionBackwardQueries(layout), queries, shape)
    rec.run(attentionBackwardKeys(layout), { ...read, dk, dv }, shape)
    await gpu.submit(rec)
    return Promise.all([dq, dk, dv].map((tensor) => gpu.readF32(tensor)))
  }

  async function expectAlike(layout: HeadLayout) {
    const whole = await gradients(headLayout(layout.width * layout.chunks * layout.lanes, true))
    for (const [i, values] of (await gradients(layout)).entries()) expectClose(values, whole[i]!, { atol: 2e-5 })
  }

  it('give the same with a head spread over several invocations as whole', async () => {
    await expectAlike({ width: 2, chunks: 2, lanes: 4, size: 8, writtenOut: false })
  })

  async function expectTiledAlike(headDim: number, length: number) {
    const layout = headLayout(headDim, true)
    const walked = await gradients(layout, { length })
    const tiled = await gradients(layout, { length, tiled: true })
    for (const [i, values] of tiled.entries()) expectClose(values, walked[i]!, { atol: 2e-5 })
  }

  it('give the same by tiles', async () => {
    for (const length of [1, 64, 67, 130]) await expectTiledAlike(36, length)
  }, 240_000) // a software adapter compiles them for half a minute when nothing else runs

  it('give the same by tiles of other heads', async ({ skip }) => {
    const { info } = await testGpu()
    skip(info.software, 'a software adapter compiles each for half a minute')
    for (const headDim of [64, 72, 80, 128]) await expectTiledAlike(headDim, 130)
  })

  it('give the same written out', async ({ skip }) => {
    const { info } = await testGpu()
    skip(info.software, 'a software adapter compiles them for half a minute')
    for (const headDim of [14, 48, 64, 80, 128]) await expectAlike(headLayout(headDim, false))
  })

  it('stay finite when scores are in the thousands', async () => {
    for (const values of await gradients(headLayout(16, true), { loudness: 100 }))
      expect(values.every(Number.isFinite)).toBe(true)
  })

  it('split work beyond the time budget into dispatches that cover it once', async () => {
    const { traits } = await testGpu()
    const kernel = attentionBackwardKeys(headLayout(8, true))
    const shape = { windows: 2, length: 20, heads: 2, kvHeads: 1 }
    const groups = 2 * 3 // windows × runs of 8 keys
    const budget = { ...traits, flopsPerDispatch: (kernel.cost(shape).flops / groups) * 4 }
    expect(kernel.passes(shape, budget).map(({ groups, params }) => [groups[0], params?.item])).toEqual([
      [4, 0],
      [2, 4],
    ])
  })
})
