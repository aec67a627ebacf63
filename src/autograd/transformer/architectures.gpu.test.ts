import { describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../../test/device'
import { checkGradients, operand } from '../../../test/gradients'
import { attentionBackwardKeys, attentionBackwardQueries, headLayout } from '../../kernels/attention-backward'
import { scoreKind } from '../../kernels/attention-shape'
import { tiledAttentionBackwardQueries } from '../../kernels/tiled-attention'
import {
  attentionReference,
  geluReference,
  layerNormReference,
  rmsNormReference,
  ropeReference,
} from '../../reference/transformer'
import { attention } from './attention'
import { gelu, geluMul } from './gelu'
import { layerNorm } from './layer-norm'
import { rmsNorm } from './rms-norm'
import { rope } from './rope'
import { takeParts } from './take-parts'

describe('what architectures other than LLaMA do, on the tape', () => {
  it.each([
    [1, 2],
    [5, 36],
    [67, 257],
  ])('layerNorm of %d rows of %d', async (rows, hidden) => {
    await checkGradients(
      {
        x: operand([rows, hidden], 1, 3),
        w: { ...operand([hidden], 2), frozen: true },
        b: { ...operand([hidden], 3), frozen: true },
      },
      (tape, { x, w, b }) => layerNorm(tape, x!, w!, b!, 1e-3),
      ({ x, w, b }) => layerNormReference(x!, w!, b!, 1e-3),
      { atol: 2e-5, rtol: 1e-5 },
    )
  })

  it('rmsNorm of heads by weights that are distances from 1', async () => {
    await checkGradients(
      { x: operand([7, 36], 1, 3), w: operand([12], 2) },
      (tape, { x, w }) => rmsNorm(tape, x!, w!, 1e-3, 1),
      ({ x, w }) => rmsNormReference(x!, w!, 1e-3, 1),
      { atol: 2e-5, rtol: 1e-5 },
    )
  })

  it.each(['gelu', 'gelu_tanh'] as const)('%s, alone and times another', async (kind) => {
    const of = (x: number) => geluReference(x, kind === 'gelu_tanh')
    await checkGradients(
      { x: operand([7, 13], 1, 6) },
      (tape, { x }) => gelu(tape, x!, kind),
      ({ x }) => Float64Array.from(x!, of),
      { atol: 1e-5 },
    )
    await checkGradients(
      { x: operand([7, 13], 1, 6), up: operand([7, 13], 2) },
      (tape, { x, up }) => geluMul(tape, x!, up!, kind),
      ({ x, up }) => Float64Array.from(x!, (value, i) => of(value) * up![i]!),
      // beyond 5 the oracle's erf is ±1
      { atol: 1e-5 },
    )
  })

  it('takeParts, whose gradients meet in one place', async () => {
    const parts = (first: number) => ({ pieces: 3, width: 2, stride: 6, first })
    await checkGradients(
      { x: operand([5, 18], 1) },
      (tape, { x }) => geluMul(tape, takeParts(tape, x!, parts(0)), takeParts(tape, x!, parts(3)), 'gelu'),
      ({ x }) =>
        Float64Array.from({ length: 30 }, (_, i) => {
          const at = Math.floor(i / 6) * 18 + Math.floor((i % 6) / 2) * 6 + (i % 2)
          return geluReference(x![at]!, false) * x![at + 3]!
        }),
      { atol: 3e-6 },
    )
  })

  it('rope of a part of each head', async () => {
    const gpu = await testGpu()
    const [length, frequencies] = [13, [1, 0.3, 0.1]]
    const table = (of: (angle: number) => number) =>
      gpu.upload(
        Float32Array.from({ length: length * 3 }, (_, i) => of(Math.floor(i / 3) * frequencies[i % 3]!)),
        [length, 3],
      )
    const tables = { cosines: table(Math.cos), sines: table(Math.sin) }
    const shape = { length, heads: 2, headDim: 10, turned: 6 }
    await checkGradients(
      { x: operand([26, 20], 1) },
      (tape, { x }) => rope(tape, x!, { ...tables, ...shape }),
      ({ x }) => ropeReference(x!, frequencies, { ...shape, start: 0 }),
      { atol: 1e-6 },
    )
    gpu.free(tables.cosines, tables.sines)
  })

  it.each([{ scale: 0.3, softcap: 1.5, window: 4 }, { scale: 0.3, window: 1 }, { softcap: 0.7 }])(
    'attention with scores of %o',
    async (scores) => {
      const shape = { windows: 2, length: 13, heads: 4, kvHeads: 2, headDim: 6, ...scores }
      await checkGradients(
        { q: operand([26, 24], 1, 2), k: operand([26, 12], 2, 2), v: operand([26, 12], 3) },
        (tape, { q, k, v }) => attention(tape, q!, k!, v!, shape),
        ({ q, k, v }) => attentionReference(q!, k!, v!, { ...shape, tq: 13, tk: 13, capacity: 13 }),
        { atol: 6e-5, rtol: 1e-5 },
      )
    },
  )

  it('attention by tiles with other scores, as the walk gives it', async () => {
    const gpu = await testGpu()
    const [length, headDim] = [130, 36]
    const shape = { windows: 2, length, heads: 2, kvHeads: 1, scale: 0.2, softcap: 4, window: 70 }
    const [wide, narrow] = [2 * 2 * length * headDim, 2 * length * headDim]
    const [q, k, v, dy] = [noise(wide, 1), noise(narrow, 2), noise(narrow, 3), noise(wide, 4)]
    const y = attentionReference(q, k, v, { ...shape, headDim, tq: length, tk: length, capacity: length })
    const read = { q: gpu.upload(q), k: gpu.upload(k), v: gpu.upload(v), dy: gpu.upload(dy) }
    const given = { ...read, y: gpu.upload(Float32Array.from(y)) }
    const kind = scoreKind(shape)
    const layout = headLayout(headDim, true)
    const found: Float32Array[][] = []
    for (const kernel of [attentionBackwardQueries(layout, kind), tiledAttentionBackwardQueries(headDim, kind)]) {
      const dq = gpu.upload(new Float32Array(wide).fill(Number.NaN))
      const [stats, dk, dv] = [gpu.alloc([2 * length, 2, 2]), gpu.alloc([narrow]), gpu.alloc([narrow])]
      const rec = gpu.record()
      rec.run(kernel, { ...given, dq, stats }, shape)
      rec.run(attentionBackwardKeys(layout, kind), { ...read, stats, dk, dv }, shape)
      await gpu.submit(rec)
      found.push(await Promise.all([dq, dk, dv].map((tensor) => gpu.readF32(tensor))))
    }
    for (const [i, values] of found[1]!.entries()) expectClose(values, found[0]![i]!, { atol: 2e-5 })
    expect(found[0]![0]!.some((value) => value !== 0)).toBe(true)
  }, 240_000) // a software adapter compiles the tiles for half a minute when nothing else runs
})
