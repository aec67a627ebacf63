import { describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../../test/device'
import { correlatedInputs, oneLinear, outputError } from '../../../test/one-linear'
import { blockGrids } from '../../formats/gguf/grids'
import { Recorder } from '../../gpu/recorder'
import { blockClipErrorsReference, blockErrorReference, roundedOnTypeReference } from '../../reference/awq'
import type { BlockLines } from '../block-grid'
import { clippedLines, recordBlockClips } from './block-clip'
import { scalesOf } from './exponents'
import { recordRounded } from './rounded'
import { candidateOf } from './scales'

const [OUT, COLUMNS] = [3, 512]
/** Weights of which every eleventh sticks out, so that clipping pays. */
const weights = () => noise(OUT * COLUMNS, 3).map((value, i) => (i % 11 === 4 ? 0.4 : 0.1) * value)
const types = ['Q4_0', 'Q4_1', 'Q4_K', 'Q2_K', 'Q3_K'] as const

/** Lines as the reference has them, of every sub-block. */
async function linesOnHost({ grid, a, b }: BlockLines) {
  const gpu = await testGpu()
  const [first, second] = await Promise.all([gpu.readF32(a), gpu.readF32(b)])
  return Array.from(first, (value, i) =>
    grid.symmetric
      ? { step: value, low: -second[i]! * value }
      : { step: second[i]! / (2 ** grid.bits - 1), low: value },
  )
}

describe.each(types)('AWQ on the levels of %s', (type) => {
  const grid = blockGrids[type]
  const width = grid.size * grid.count

  it.each([true, false])('takes of ten clips that of the least error (software adapter: %s)', async (software) => {
    const gpu = await testGpu()
    const w = weights()
    const { block, spec, h } = await oneLinear(OUT, COLUMNS, correlatedInputs(700, COLUMNS), w)
    const hessian = (await block.hessians([3])).get(3)!
    const diagonal = await hessian.diagonal()
    const lines = await clippedLines(block, spec, type, hessian, false)
    const importance = gpu.upload(diagonal)
    const rec = new Recorder({ ...gpu.traits, software })
    recordBlockClips(gpu, rec, lines, block.weight(spec), importance, hessian.panels)
    await gpu.submit(rec)
    const found = await linesOnHost(lines)
    gpu.free(lines.a, lines.b, importance)
    const sums = { ours: 0, least: 0 }
    let clipped = 0
    for (const [at, errors] of blockClipErrorsReference(w, h, diagonal, COLUMNS, grid).entries()) {
      const part = w.subarray(at * width, (at + 1) * width)
      const own = found.slice(at * grid.count, (at + 1) * grid.count)
      const error = blockErrorReference(part, h, COLUMNS, (at * width) % COLUMNS, own, grid)
      const least = Math.min(...errors)
      // a line may be another in float32, nearly as good under diag H by which it is searched
      expect([at, error <= 1.2 * least]).toEqual([at, true])
      sums.ours += error
      sums.least += least
      clipped += Number(least < errors[0]!)
    }
    expect(sums.ours).toBeLessThan(1.01 * sums.least)
    // two blocks a row hold too many weights for one clip to suit them
    if (type !== 'Q4_K') expect(clipped).toBeGreaterThan(0)
  })

  it('measures what its own rounding leaves of scaled columns', async () => {
    const gpu = await testGpu()
    const w = weights()
    const x = correlatedInputs(700, COLUMNS)
    const { block, spec, h } = await oneLinear(OUT, COLUMNS, x, w)
    const magnitudes = Float64Array.from({ length: COLUMNS }, (_, j) => {
      let sum = 0
      for (let t = 0; t < 700; t++) sum += Math.abs(x[t * COLUMNS + j]!)
      return sum / 700
    })
    const errors: number[] = []
    const expected: number[] = []
    for (const ratio of [0, 0.3, 0.8]) {
      const candidate = candidateOf(gpu, magnitudes, ratio)
      const y = gpu.alloc([OUT, COLUMNS])
      const rec = gpu.record()
      recordRounded(gpu, rec, block.weight(spec), candidate, { grid: type, bits: 4, groupSize: 128 }, y)
      await gpu.submit(rec)
      errors.push(outputError(w, await gpu.readF32(y), h, OUT, COLUMNS))
      gpu.free(y, candidate.scales, candidate.importance)
      const s = scalesOf(magnitudes, ratio)
      const importance = Array.from(s, (scale, j) => (magnitudes[j]! / scale) ** 2)
      expected.push(outputError(w, roundedOnTypeReference(w, s, importance, COLUMNS, grid), h, OUT, COLUMNS))
    }
    // weights beside a border, and lines nearly as good, fall otherwise in float32
    expectClose(errors, expected, { rtol: 0.03 })
  })
})
