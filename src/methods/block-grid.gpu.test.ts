import { describe, expect, it } from 'vitest'
import { noise, testGpu } from '../../test/device'
import { correlatedInputs, oneLinear } from '../../test/one-linear'
import { dequantize } from '../formats/dequantize'
import { exactContainer } from '../formats/gguf/container'
import { blockGrids, gridNames } from '../formats/gguf/grids'
import { blockGrid } from '../kernels/block-grid'
import { blockLines, lineError } from '../reference/block-grid'
import { gptq } from './gptq/gptq'
import type { QuantizedModule } from './method'
import { rtn } from './rtn/rtn'

const [OUT, COLUMNS] = [5, 768]

/** Rows of several kinds: an empty one, one of one sign, one of equal weights, tiny and large ones. */
function weights(): Float32Array<ArrayBuffer> {
  const w = noise(OUT * COLUMNS, 5).map((value, i) => 0.04 * value * (1 + ((i >> 4) % 5)) + 0.01)
  w.fill(0, 0, COLUMNS)
  for (let j = 0; j < COLUMNS; j++) w[COLUMNS + j] = Math.abs(w[COLUMNS + j]!)
  w.fill(-0.25, 2 * COLUMNS, 2 * COLUMNS + 300)
  for (let j = 0; j < COLUMNS; j++) w[3 * COLUMNS + j]! *= 1e-2
  return w
}

describe.each(gridNames)('the lines of %s', (name) => {
  const grid = blockGrids[name]

  it('leave no more error than those of the reference', async () => {
    const gpu = await testGpu()
    const w = weights()
    const groups = COLUMNS / grid.size
    const importance = noise(COLUMNS, 8).map((value) => Math.exp(3 * value))
    importance[3] = 0
    const cells = () => gpu.upload(new Float32Array(OUT * groups).fill(Number.NaN), [OUT, groups])
    const tensors = { w: gpu.upload(w), importance: gpu.upload(importance), a: cells(), b: cells() }
    const rec = gpu.record()
    const blocks = groups / grid.count
    // in two goes, the first block left out
    rec.run(blockGrid(grid), tensors, { rows: OUT, columns: COLUMNS, first: 1, count: 1, grid })
    rec.run(blockGrid(grid), tensors, { rows: OUT, columns: COLUMNS, first: 2, count: blocks - 2, grid })
    await gpu.submit(rec)
    const [a, b] = [await gpu.readF32(tensors.a), await gpu.readF32(tensors.b)]
    const top = 2 ** grid.bits - 1
    for (let row = 0; row < OUT; row++) {
      expect(a[row * groups]).toBeNaN()
      const sums = { ours: 0, reference: 0 }
      for (let block = 1; block < blocks; block++) {
        const width = grid.size * grid.count
        const at = row * COLUMNS + block * width
        const x = Float64Array.from(w.subarray(at, at + width))
        const omega = Float64Array.from(importance.subarray(block * width, (block + 1) * width))
        blockLines(x, omega, grid).forEach((line, sub) => {
          const cell = row * groups + block * grid.count + sub
          const ours = grid.symmetric
            ? { step: a[cell]!, low: -(2 ** (grid.bits - 1)) * a[cell]! }
            : { step: b[cell]! / top, low: a[cell]! }
          const part = [sub * grid.size, (sub + 1) * grid.size] as const
          sums.ours += lineError(x.subarray(...part), omega.subarray(...part), ours, top)
          sums.reference += lineError(x.subarray(...part), omega.subarray(...part), line, top)
        })
      }
      expect([row, sums.ours <= sums.reference * 1.01 + 1e-12]).toEqual([row, true])
    }
  })

  const modules = async (iterable: AsyncIterable<QuantizedModule>) => {
    const all: QuantizedModule[] = []
    for await (const module of iterable) all.push(module)
    return all
  }
  const free = { bits: 4, groupSize: -1, symmetric: false } as const

  it('make codes that a file of the type holds as they are, with RTN', async () => {
    const { block } = await oneLinear(OUT, COLUMNS, correlatedInputs(40, COLUMNS), weights())
    const [module] = await modules(rtn.quantize(block, { ...free, grid: name }))
    expect(exactContainer(module!.linear)).toBe(name)
  })

  it.each([false, true])('and with GPTQ, which loses less of the output (act-order %s)', async (actOrder) => {
    const x = correlatedInputs(1000, COLUMNS)
    const w = noise(OUT * COLUMNS, 5).map((value, i) => 0.04 * value * (1 + ((i >> 4) % 5)) + 0.01)
    const { block, h } = await oneLinear(OUT, COLUMNS, x, w)
    const options = { ...free, grid: name, storedBits: 4, actOrder, sequence: 'layer', damping: 0.01 } as const
    const [rounded] = await modules(rtn.quantize(block, { ...free, grid: name }))
    const [compensated] = await modules(gptq.quantize(block, options, null))
    expect(exactContainer(compensated!.linear)).toBe(name)
    expect(compensated!.warnings).toEqual(['1 dead input columns set to zero'])
    const lost = (module: QuantizedModule) => outputError(w, dequantize(module.linear), h)
    expect(lost(compensated!)).toBeLessThan(0.7 * lost(rounded!))
  })
})

/** tr(D H Dᵀ). */
function outputError(w: Float32Array, q: Float32Array, h: Float32Array): number {
  let error = 0
  const d = Float64Array.from(w, (value, i) => value - q[i]!)
  for (let r = 0; r < OUT; r++)
    for (let i = 0; i < COLUMNS; i++) {
      let sum = 0
      for (let j = 0; j < COLUMNS; j++) sum += h[i * COLUMNS + j]! * d[r * COLUMNS + j]!
      error += d[r * COLUMNS + i]! * sum
    }
  return error
}
