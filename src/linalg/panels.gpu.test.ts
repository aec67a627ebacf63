import { describe, expect, it } from 'vitest'
import { expectClose, noise, smallGpu, testGpu } from '../../test/device'
import type { Gpu } from '../gpu/device'
import { inverseFactor } from './factor'
import { Hessian } from './hessian'
import { panelRows, panelsOf, tensorsOf } from './panels'

/** A device whose bindings hold so many rows of a matrix of n columns. */
const gpuOfRows = (n: number, rows: number) => smallGpu(4 * n * rows)

/** H of loud and quiet columns; what is in all its panels, one after another. */
async function hessianOf(gpu: Gpu, n: number, tokens: number): Promise<{ hessian: Hessian; values: Float32Array }> {
  const x = noise(tokens * n, 3).map((value, i) => value * (1 + (i % n) / n))
  const rec = gpu.record()
  const hessian = Hessian.create(gpu, rec, n, tokens)
  for (let row = 0; row < tokens; row += 100) {
    const part = x.slice(row * n, (row + 100) * n)
    hessian.add(rec, gpu.upload(part, [part.length / n, n]))
  }
  hessian.finish(rec)
  await gpu.submit(rec)
  return { hessian, values: await joined(gpu, hessian.panels) }
}

async function joined(gpu: Gpu, panels: Hessian['panels']): Promise<Float32Array> {
  const parts = await Promise.all(tensorsOf(panels).map((tensor) => gpu.readF32(tensor)))
  return Float32Array.from(parts.flatMap((part) => [...part]))
}

describe('panels', () => {
  it('hold as many whole steps of rows as fit a binding, or all', () => {
    const limits = (bytes: number) => ({ maxBindingBytes: bytes, maxBufferBytes: bytes })
    expect(panelRows(14336, limits(128 * 2 ** 20))).toBe(2304)
    expect(panelRows(14336, limits(2 ** 30))).toBe(14336)
    expect(panelRows(300, limits(4 * 300 * 299))).toBe(256)
    expect(panelsOf(300, 128)).toEqual([
      { first: 0, count: 128 },
      { first: 128, count: 128 },
      { first: 256, count: 44 },
    ])
  })

  it.each([
    [300, 128],
    [300, 299],
    [513, 256],
  ])('give H and its factor as the whole matrix does (%i columns, %i rows fit)', async (n, rows) => {
    const [small, large] = [await gpuOfRows(n, rows), await testGpu()]
    const [parts, whole] = [await hessianOf(small, n, 2 * n), await hessianOf(large, n, 2 * n)]
    expect(parts.hessian.panels.length).toBeGreaterThan(1)
    // sums of 2n products below 4 in float32
    expectClose(parts.values, whole.values, { rtol: 1e-5, atol: 1e-6 })
    expectClose(await parts.hessian.diagonal(), await whole.hessian.diagonal(), { rtol: 1e-5 })
    const order = Uint32Array.from({ length: n }, (_, i) => n - 1 - i)
    const [u, expected] = await Promise.all(
      [
        { gpu: small, h: parts.hessian },
        { gpu: large, h: whole.hessian },
      ].map(async ({ gpu, h }) => {
        const { upper, damping } = await inverseFactor(gpu, h.panels, gpu.upload(order), 0.01)
        expect(damping).toBe(0.01)
        return joined(gpu, upper)
      }),
    )
    // two orders of the same float32 operations on a matrix of condition 10³
    expectClose(u!, expected!, { rtol: 1e-3, atol: 1e-4 })
    for (let i = 1; i < n; i++) for (let j = 0; j < i; j++) expect(u![i * n + j]).toBe(0)
  })

  it('hold the unit matrix when a Hessian is given up', async () => {
    const n = 300
    const gpu = await gpuOfRows(n, 128)
    const rec = gpu.record()
    const hessian = Hessian.create(gpu, rec, n, 1)
    hessian.giveUp(rec)
    await gpu.submit(rec)
    const values = await joined(gpu, hessian.panels)
    expect(values.every((value, at) => value === Number(at % (n + 1) === 0))).toBe(true)
  })
})
