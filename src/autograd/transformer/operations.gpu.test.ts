import { describe, expect, it } from 'vitest'
import { testGpu } from '../../../test/device'
import { checkGradients, operand } from '../../../test/gradients'
import type { Tensor } from '../../gpu/tensor'
import { matmulReference } from '../../reference/matmul'
import { rmsNormReference, ropeReference, siluMulReference } from '../../reference/transformer'
import { residual } from '../ops/residual'
import { linear } from './linear'
import { rmsNorm } from './rms-norm'
import { rope } from './rope'
import { siluMul } from './silu-mul'

describe('operations of a decoder block on the tape', () => {
  it.each([
    [1, 1],
    [5, 36],
    [67, 257],
  ])('rmsNorm of %d rows of %d', async (rows, hidden) => {
    await checkGradients(
      { x: operand([rows, hidden], 1, 3), w: operand([hidden], 2) },
      (tape, { x, w }) => rmsNorm(tape, x!, w!, 1e-3),
      ({ x, w }) => rmsNormReference(x!, w!, 1e-3),
      { atol: 2e-5, rtol: 1e-5 }, // a gradient to w sums a rounding a row
    )
  })

  it('rmsNorm of zeros, and of an input that is used twice', async () => {
    const zeros = { shape: [3, 8], values: new Float32Array(24) }
    await checkGradients(
      { x: zeros, w: operand([8], 2) },
      (tape, { x, w }) => rmsNorm(tape, x!, w!, 1),
      ({ x, w }) => rmsNormReference(x!, w!, 1),
      { atol: 1e-6 },
    )
    await checkGradients(
      { x: operand([3, 8], 1), w: operand([8], 2) },
      (tape, { x, w }) => residual(tape, x!, rmsNorm(tape, x!, w!, 1e-5)),
      ({ x, w }) => rmsNormReference(x!, w!, 1e-5).map((value, i) => value + x![i]!),
      { atol: 2e-6 },
    )
  })

  it.each([
    { length: 1, windows: 1, heads: 1, headDim: 2 },
    { length: 13, windows: 3, heads: 3, headDim: 14 },
  ])('rope over $windows windows of $length', async ({ length, windows, heads, headDim }) => {
    const gpu = await testGpu()
    const half = headDim / 2
    const frequencies = Array.from({ length: half }, (_, i) => 1 / 10 ** (i / half))
    const table = (of: (angle: number) => number) =>
      gpu.upload(
        Float32Array.from({ length: length * half }, (_, i) => of(Math.floor(i / half) * frequencies[i % half]!)),
        [length, half],
      )
    const tables = { cosines: table(Math.cos), sines: table(Math.sin) }
    await checkGradients(
      { x: operand([windows * length, heads * headDim], 1) },
      (tape, { x }) => rope(tape, x!, { ...tables, length, heads, headDim }),
      ({ x }) => ropeReference(x!, frequencies, { length, start: 0, heads, headDim }),
      { atol: 1e-6 },
    )
    gpu.free(tables.cosines, tables.sines)
  })

  it('siluMul, far beyond where e⁻ˣ overflows', async () => {
    await checkGradients(
      { gate: operand([7, 13], 1, 6), up: operand([7, 13], 2) },
      (tape, { gate, up }) => siluMul(tape, gate!, up!),
      ({ gate, up }) => siluMulReference(gate!, up!),
      { atol: 3e-6 },
    )
    await checkGradients(
      { gate: { shape: [4], values: [-500, -90, 0, 90] }, up: operand([4], 2) },
      (tape, { gate, up }) => siluMul(tape, gate!, up!),
      ({ gate, up }) => siluMulReference(gate!, up!),
      { atol: 1e-5 },
    )
  })

  it.each([
    { tokens: 1, out: 1, inputs: 1 },
    { tokens: 33, out: 19, inputs: 65 },
  ])('linear of $tokens tokens, $inputs → $out', async ({ tokens, out, inputs }) => {
    const seen: (readonly number[])[] = []
    const onOutputGradient = (gradient: Tensor) => seen.push(gradient.shape)
    await checkGradients(
      { x: operand([tokens, inputs], 1), w: operand([out, inputs], 2), b: operand([out], 3) },
      (tape, { x, w, b }) => linear(tape, x!, w!, { bias: b!, onOutputGradient }),
      ({ x, w, b }) =>
        matmulReference(x!, w!, { m: tokens, n: out, k: inputs, transB: true }).map((y, i) => y + b![i % out]!),
      { atol: 2e-5 }, // sums of up to 65 products below 1
    )
    expect(seen).toEqual([[tokens, out]])
  })

  it('linear with frozen weights gives a gradient to its input only', async () => {
    await checkGradients(
      { x: operand([5, 6], 1), w: { ...operand([7, 6], 2), frozen: true } },
      (tape, { x, w }) => linear(tape, x!, w!),
      ({ x, w }) => matmulReference(x!, w!, { m: 5, n: 7, k: 6, transB: true }),
      { atol: 1e-5 },
    )
  })
})
