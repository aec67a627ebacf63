import { describe, expect, it } from 'vitest'
import { architectureNames, expectedOf, letters, openArchitecture } from '../../test/architectures'
import { expectClose, testGpu } from '../../test/device'
import { quantizeWhole as quantize } from '../../test/whole'
import { CheckpointWeights } from '../models/weights'
import type { Recipe } from '../records'
import { outputGradients } from './gradients'
import { forecastGradients } from './gradients-forecast'

describe.each(architectureNames)('%s', (name) => {
  it('gives the gradients that PyTorch gives', async () => {
    const gpu = await testGpu()
    const { spec, source } = await openArchitecture(name)
    const { ids, gradients } = await expectedOf(name)
    const windows = { ids, count: 1, length: ids.length }
    gpu.pool.trim()
    const found = await outputGradients(gpu, spec, new CheckpointWeights(gpu, source), windows)
    const others = [...found.linears.keys()].filter((linear) => !gradients.has(linear))
    expect(others.every((linear) => linear.includes('.experts.'))).toBe(true)
    for (const [linear, expected] of gradients) {
      const { rows } = found.linears.get(linear)!
      const loudest = Math.max(...expected)
      // squares of sums that float32 rounds all the way there and back
      expectClose(rows, expected, { atol: 1e-5 * loudest, rtol: 1e-3 })
    }
  })

  it('is forecast to take no less for gradients than it takes', async () => {
    const gpu = await testGpu()
    const { spec, source } = await openArchitecture(name)
    const { ids } = await expectedOf(name)
    await gpu.settle()
    const before = gpu.pool.liveBytes
    gpu.pool.resetPeak()
    await outputGradients(gpu, spec, new CheckpointWeights(gpu, source), { ids, count: 1, length: ids.length })
    const taken = gpu.pool.peakBytes - before
    const { peak } = forecastGradients(spec, { windows: 1, length: ids.length }, gpu.info)
    expect(taken).toBeLessThanOrEqual(peak)
    expect(taken).toBeGreaterThan(0.5 * peak)
  })
})

const LEARNED: [method: string, options: Record<string, unknown>][] = [
  ['tesseraq', { bits: 3, groupSize: 32, rounds: 10, iterations: 2, batch: 2 }],
  ['omniquant', { bits: 3, groupSize: 32, epochs: 1, batch: 2 }],
  ['mg-ptq', { bits: 3, groupSize: 32 }],
]

describe.each(LEARNED)('%s', (method, options) => {
  it.each(['gemma2', 'gemma3', 'gpt-neox', 'gpt2', 'mixtral', 'phi3', 'qwen3'])('learns on %s', async (name) => {
    const gpu = await testGpu()
    const model = await openArchitecture(name)
    const calibration = { text: 'letters', samples: 4, length: 24, pick: 'first' } as const
    const recipe: Recipe = { version: 1, method, options, seed: 1, calibration }
    const before = gpu.pool.liveBytes
    const { report } = await quantize(gpu, model, { recipe, calibration: { name: 'letters', text: letters(120) } })
    expect(gpu.pool.liveBytes).toBe(before)
    expect(report.modules.every(({ error }) => error.output! > 0 && error.output! < 0.2)).toBe(true)
  })
})
