import { describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { Hessian } from '../linalg/hessian'
import { asPanels } from '../linalg/panels'
import { upperFactorOfInverseReference } from '../reference/linalg'
import { matmulReference } from '../reference/matmul'
import { recordDriftCorrection } from './drift'

/** Inputs x₀ of a layer, and x, what they become when layers before it are quantized. */
function problem(out: number, n: number) {
  const tokens = 3 * n
  const original = noise(tokens * n, 1)
  for (let at = 1; at < original.length; at++) if (at % n) original[at]! += 0.6 * original[at - 1]!
  // partly lost, partly other columns, partly noise
  const x = original.map((value, at) => 0.8 * value + 0.2 * (original[at - 3] ?? 0))
  noise(x.length, 2).forEach((value, at) => {
    x[at]! += 0.2 * value
  })
  const product = (a: Float32Array, b: Float32Array) =>
    matmulReference(a, b, { m: n, n, k: tokens, transA: true }).map((value) => (2 / tokens) * value)
  const [h, cross] = [product(x, x), product(original, x)]
  const lambda = 0.01 * (Array.from({ length: n }, (_, i) => h[i * n + i]!).reduce((a, b) => a + b) / n)
  const damped = h.map((value, at) => (at % (n + 1) === 0 ? value + lambda : value))
  return { n, tokens, original, x, h, cross, lambda, damped, w: noise(out * n, 3), out }
}

async function corrected({ n, out, h, cross, damped, w }: ReturnType<typeof problem>, gamma: number) {
  const gpu = await testGpu()
  const before = gpu.pool.liveBytes
  const rec = gpu.record()
  const upload = (values: Float64Array) => gpu.upload(Float32Array.from(values), [n, n])
  const weights = gpu.upload(w, [out, n])
  const hessian = Object.assign(Hessian.create(gpu, rec, n, 1), {})
  const [matrix, crossed] = [upload(h), upload(cross)]
  const upper = upload(upperFactorOfInverseReference(damped, n))
  const measured = Object.create(hessian, {
    panels: { value: asPanels(matrix) },
    cross: { value: asPanels(crossed) },
  }) as Hessian
  const result = recordDriftCorrection(gpu, rec, weights, measured, asPanels(upper), gamma)
  await gpu.submit(rec)
  const values = await gpu.readF32(result)
  expectClose(await gpu.readF32(weights), w, {})
  gpu.free(weights, matrix, crossed, upper, result)
  hessian.free()
  expect(gpu.pool.liveBytes, 'live bytes afterwards').toBe(before)
  return values
}

/** ‖X₀Wᵀ − XŴᵀ‖² / ‖X₀Wᵀ‖². */
function outputError({ original, x, w, n, out, tokens }: ReturnType<typeof problem>, changed: Float32Array): number {
  const shape = { m: tokens, n: out, k: n, transB: true }
  const [wanted, got] = [matmulReference(original, w, shape), matmulReference(x, changed, shape)]
  const squares = (values: Float64Array) => values.reduce((sum, value) => sum + value * value, 0)
  return squares(wanted.map((value, at) => value - got[at]!)) / squares(wanted)
}

describe('weights corrected for drifted inputs', () => {
  it.each([
    [5, 33],
    [40, 64],
    [1, 20],
  ])('solve the damped least squares problem: [%i, %i]', async (out, n) => {
    const one = problem(out, n)
    const { cross, damped, lambda, w } = one
    // W*·(H + λI) = W·(C + λI), the condition of least ‖X₀Wᵀ − XŴᵀ‖² + λ‖W − Ŵ‖²
    const left = matmulReference(await corrected(one, 1), damped, { m: out, n, k: n })
    const wanted = cross.map((value, at) => (at % (n + 1) === 0 ? value + lambda : value))
    // float32 products of n terms, times the condition of H
    expectClose(left, matmulReference(w, wanted, { m: out, n, k: n }), { atol: 2e-5 })
  })

  it('go part of the way, none at γ = 0', async () => {
    const one = problem(9, 40)
    const [none, half, all] = [await corrected(one, 0), await corrected(one, 0.5), await corrected(one, 1)]
    expectClose(none, one.w, {})
    expectClose(
      half,
      one.w.map((value, at) => (value + all[at]!) / 2),
      { atol: 1e-6 },
    )
  })

  it('bring the output closer to that of the original stream', async () => {
    const one = problem(16, 48)
    const [before, half, all] = [
      outputError(one, one.w),
      outputError(one, await corrected(one, 0.5)),
      outputError(one, await corrected(one, 1)),
    ]
    expect(half).toBeLessThan(0.7 * before)
    expect(all).toBeLessThan(half)
  })
})
