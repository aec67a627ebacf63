import { describe, expect, it } from 'vitest'
import { testGpu } from '../../../test/device'
import { openedTiny, tinyConfig, tinyText } from '../../../test/tiny-checkpoint'
import { quantizeWhole as quantize } from '../../../test/whole'
import { effectiveBits } from '../../formats/bits'
import { exactContainer } from '../../formats/gguf/container'
import { ggmlTypes } from '../../formats/gguf/types'
import type { Recipe } from '../../records'

const recipe = (storedBits: number): Recipe => ({
  ...{ version: 1, method: 'gptq', options: { grid: 'auto', storedBits }, seed: 1 },
  calibration: { text: 'letters', samples: 4, length: 16, pick: 'first' },
})

describe('types by a budget', () => {
  // rows of 256 and of 96: blocks of 256 divide only the former
  const { model } = openedTiny({
    ...tinyConfig,
    ...{
      hidden_size: 256,
      intermediate_size: 96,
      num_hidden_layers: 2,
      head_dim: 64,
      attention_bias: false,
      mlp_bias: false,
    },
  })
  const calibration = { name: 'letters', text: tinyText(100) }

  it.each([3, 4.25, 8.5])('take at most %f bits a weight, and nearly all of them', async (target) => {
    const gpu = await testGpu()
    const before = gpu.pool.liveBytes
    const { linears, report } = await quantize(gpu, model, { recipe: recipe(target), calibration })
    expect(gpu.pool.liveBytes).toBe(before)
    let [bits, weights, largest] = [0, 0, 0]
    const types = new Set<string>()
    for (const linear of linears.values()) {
      const type = exactContainer(linear)!
      types.add(type)
      const { bytes, weights: block } = ggmlTypes[type]
      const count = linear.out * linear.in
      bits += ((8 * bytes) / block) * count
      weights += count
      largest = Math.max(largest, count)
      expect(effectiveBits(linear).total).toBeLessThan(10)
    }
    expect(bits / weights).toBeLessThanOrEqual(target)
    // what is left is less than the largest step of the largest linear
    expect(bits / weights).toBeGreaterThan(target - (2 * largest) / weights)
    if (target === 8.5) expect([...types]).toEqual(['Q8_0'])
    else expect(types.size).toBeGreaterThan(1)
    expect(report.warnings.filter((text) => text.includes('whole blocks'))).toEqual([])
  })

  it('are refused below what the rows permit, before anything is measured', async () => {
    const run = quantize(await testGpu(), model, { recipe: recipe(2.625), calibration })
    await expect(run).rejects.toThrow(
      'stored bits: expected at least 2.796, which rows of 256 and 96 columns permit, got 2.625',
    )
  })
})
