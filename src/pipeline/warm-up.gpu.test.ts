import { describe, expect, it } from 'vitest'
import { testGpu } from '../../test/device'
import { openedTiny, tinyConfig, tinyText } from '../../test/tiny-checkpoint'
import { resolveMethod } from '../methods/registry'
import type { Recipe } from '../records'
import { quantize } from './quantize'
import { warmUp } from './warm-up'

describe('warmUp', () => {
  it('compiles nearly all that a run executes, and leaves no memory taken', async () => {
    const gpu = await testGpu()
    const { model } = openedTiny(tinyConfig)
    const recipe: Recipe = {
      ...{ version: 1, method: 'gptq', options: { bits: 4, groupSize: 32 }, seed: 1 },
      calibration: { text: 'letters', samples: 3, length: 16, pick: 'first' },
    }
    const live = gpu.pool.liveBytes
    await warmUp(gpu, model.spec, resolveMethod('gptq', recipe.options), recipe.calibration)
    expect(gpu.pool.liveBytes).toBe(live)
    const warm = gpu.startUp.compiled.pipelines
    expect(warm).toBeGreaterThan(15)
    await quantize(gpu, model, { recipe, calibration: { name: 'letters', text: tinyText(1000) } })
    // the embedding, diag H, and codes back to weights
    expect(gpu.startUp.compiled.pipelines - warm).toBeLessThanOrEqual(3)
  })

  it('gives memory back when it cannot be recorded', async () => {
    const gpu = await testGpu()
    const { model } = openedTiny(tinyConfig)
    const live = gpu.pool.liveBytes
    const { method, options } = resolveMethod('gptq', {})
    const failing = {
      ...method,
      warmUp() {
        throw new Error('no')
      },
    }
    await expect(warmUp(gpu, model.spec, { method: failing, options }, { samples: 2, length: 8 })).rejects.toThrow('no')
    expect(gpu.pool.liveBytes).toBe(live)
  })
})
