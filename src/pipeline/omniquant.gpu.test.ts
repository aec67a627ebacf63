import { describe, expect, it } from 'vitest'
import { asAffine } from '../../test/affine'
import { testGpu } from '../../test/device'
import { openedTiny, tinyConfig, tinyText } from '../../test/tiny-checkpoint'
import { quantizeWhole as quantize } from '../../test/whole'
import type { Progress, Recipe } from '../records'

const text = { name: 'letters', text: tinyText(300) }
const recipe = (method: string, options: Record<string, unknown>): Recipe => ({
  ...{ version: 1, method, options: { bits: 2, groupSize: -1, ...options }, seed: 1 },
  calibration: { text: 'letters', samples: 8, length: 16, pick: 'first' },
})

async function run(by: Recipe) {
  const gpu = await testGpu()
  const { model } = openedTiny({ ...tinyConfig, num_hidden_layers: 2 })
  const before = gpu.pool.liveBytes
  const progress: Progress[] = []
  const result = await quantize(gpu, model, { recipe: by, calibration: text, onProgress: (p) => progress.push(p) })
  expect(gpu.pool.liveBytes, 'live bytes after the run').toBe(before)
  const drifts = progress.flatMap((p) => (p.type === 'block' ? [p.drift!] : []))
  return { ...result, progress, drifts }
}

describe('a run of OmniQuant', () => {
  it('drifts less the more it learns, and records how each block was reconstructed', async () => {
    const { report, progress, drifts } = await run(recipe('omniquant', { epochs: 12, learningRate: 0.05, batch: 2 }))
    const start = await run(recipe('omniquant', { epochs: 1, learningRate: 0.00001 }))
    expect(drifts).toHaveLength(2)
    drifts.forEach((drift, layer) => {
      expect(drift).toBeLessThan(0.9 * start.drifts[layer]!)
    })
    expect(report.modules.map(({ reconstruction }) => reconstruction?.step.length ?? 0)).toEqual([
      ...[0, 0, 0, 0, 0, 0, 48],
      ...[0, 0, 0, 0, 0, 0, 48],
    ])
    expect(report.modules.every(({ error }) => error.output! > 0)).toBe(true)
    const told = progress.flatMap((p) => (p.type === 'reconstruction' ? [[p.layer, p.steps]] : []))
    expect(told).toEqual([[0, 48], [0, 48], [1, 48], [1, 48]]) // biome-ignore format: one a look at the clips
  })

  it('gives the same codes for the same seed', async () => {
    const codes = async () =>
      [...(await run(recipe('omniquant', { epochs: 2 }))).linears.values()].map((l) => asAffine(l).codes)
    expect(await codes()).toEqual(await codes())
  })
})
