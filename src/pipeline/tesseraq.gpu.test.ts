import { describe, expect, it } from 'vitest'
import { asAffine } from '../../test/affine'
import { testGpu } from '../../test/device'
import { openedTiny, tinyConfig, tinyText } from '../../test/tiny-checkpoint'
import { quantizeWhole as quantize, type WholeModel } from '../../test/whole'
import { CancelledError } from '../errors'
import { unpackCodes } from '../formats/affine'
import { dequantize } from '../formats/dequantize'
import type { Progress, Recipe } from '../records'
import type { QuantizeRequest } from './quantize'
import { defaultRecipe } from './recipe'

/** Columns by no 32; one head of values for every query, so that AWQ scales all stages. */
const config = {
  ...tinyConfig,
  ...{ vocab_size: 53, hidden_size: 40, intermediate_size: 76, num_hidden_layers: 1, head_dim: 10 },
  ...{ num_attention_heads: 4, num_key_value_heads: 4 },
}
const text = { name: 'letters', text: tinyText(400) }
const { model } = openedTiny(config)

const recipe = (options: Record<string, unknown>, method = 'tesseraq'): Recipe => ({
  ...defaultRecipe(method),
  options: { ...defaultRecipe(method).options, groupSize: 32, ...options },
  calibration: { text: 'letters', samples: 12, length: 16, pick: 'first' },
  seed: 3,
})
const quick = { bits: 2, rounds: 10, iterations: 6, batch: 4 }

/** A run that leaves the device's memory as it was, with finite numbers everywhere. */
async function run(by: Recipe, more: Partial<QuantizeRequest> = {}): Promise<WholeModel & { drift: number }> {
  const gpu = await testGpu()
  const before = gpu.pool.liveBytes
  let drift = Number.NaN
  const onProgress = (progress: Progress) => {
    if (progress.type === 'block') drift = progress.drift!
    more.onProgress?.(progress)
  }
  try {
    const result = await quantize(gpu, model, { recipe: by, calibration: text, ...more, onProgress })
    for (const { name, error } of result.report.modules) {
      expect([error.weight, error.output].every(Number.isFinite), name).toBe(true)
      expect(dequantize(result.linears.get(name)!).every(Number.isFinite), name).toBe(true)
    }
    return { ...result, drift }
  } finally {
    expect(gpu.pool.liveBytes, 'live bytes after the run').toBe(before)
  }
}

const codesOf = ({ linears }: WholeModel) =>
  [...linears].map(([name, linear]) => [name, [...unpackCodes(asAffine(linear))]])
const meanBits = ({ report: { modules } }: WholeModel): number => {
  const weights = modules.reduce((sum, { out, in: columns }) => sum + out * columns, 0)
  return modules.reduce((sum, { out, columns }) => sum + out * columns.bits.reduce((a, b) => a + b, 0), 0) / weights
}

describe('TesseraQ', () => {
  it('carries the last hidden states less far away than what it starts from', async () => {
    const learned = await run(recipe({ ...quick, init: 'none', iterations: 20 }))
    const start = await run(recipe({ bits: 2, search: 'none' }, 'awq'))
    expect(learned.drift).toBeLessThan(0.7 * start.drift)
  })

  it.each([
    { init: 'none' },
    { init: 'clip', groupSize: -1 },
    { init: 'awq', bits: 3 },
    { init: 'omniquant', groupSize: -1 },
    { init: 'gptq', bits: 3 },
    { init: 'awq', rounds: 20, iterations: 2 },
    { init: 'clip', learn: 'scales' },
    { init: 'clip', learn: 'roundings' },
  ])('learns codes and says how: %o', async (options) => {
    const events: number[] = []
    const onProgress = (progress: Progress) => {
      if (progress.type === 'reconstruction') events.push(progress.reconstruction.step.length)
    }
    const result = await run(recipe({ ...quick, ...options }), { onProgress })
    const { modules } = result.report
    const { rounds = 10, iterations = 6, learn } = options as Partial<typeof quick & { learn: string }>
    const rounding = learn !== 'scales'
    const steps = rounds * iterations
    expect(events).toContain(steps)
    for (const { flips, role, reconstruction } of modules) {
      if (rounding) expect(flips).toBeGreaterThan(0)
      else expect(flips).toBe(0)
      expect(flips).toBeLessThan(0.5)
      if (role !== 'down') expect(reconstruction).toBeNull()
      else expect([...reconstruction!.step]).toEqual(Array.from({ length: steps }, (_, i) => i + 1))
    }
    const { soft, flips } = modules.at(-1)!.reconstruction!
    if (rounding) expect([soft[0], soft.at(-1)]).toEqual([rounds === 20 ? 0.8 : 0.75, 0.005].map(Math.fround))
    else expect(soft.every(Number.isNaN)).toBe(true)
    expect(flips.filter((value) => !Number.isNaN(value))).toHaveLength(rounding ? rounds : 0)
  })

  it('gives the same codes for the same seed, others for another', async () => {
    const by = recipe({ ...quick, init: 'clip', iterations: 3 })
    const [a, b, other] = [await run(by), await run(by), await run({ ...by, seed: 4 })]
    expect(codesOf(a)).toEqual(codesOf(b))
    expect(codesOf(other)).not.toEqual(codesOf(a))
  })

  it('learns the roundings of columns of several widths, to the average asked for', async () => {
    const mixed = { ...quick, allocation: 'mg-ptq', bits: 2.5 }
    const result = await run(recipe(mixed))
    const widths = new Set(result.report.modules.flatMap(({ columns }) => [...columns.bits]))
    expect(widths.size).toBeGreaterThan(1)
    expect(Math.abs(meanBits(result) - 2.5)).toBeLessThan(0.005)
    expect(result.report.modules.every(({ flips }) => flips! > 0)).toBe(true)
    const scaled = await run(recipe({ ...mixed, iterations: 1, scaling: true }))
    expect(scaled.changed.size).toBeGreaterThan(0)
  })

  it('says when a batch cannot be filled, and refuses windows beyond the context', async () => {
    const by = recipe({ ...quick, init: 'none', iterations: 1, batch: 64 })
    const { report } = await run(by)
    expect(report.warnings).toEqual([expect.stringContaining('a batch of 64 was asked for, but there are 12 windows')])
    const beyond = { ...by, calibration: { ...by.calibration, length: 129 } }
    await expect(run(beyond)).rejects.toThrow("expected windows of at most 128 tokens, the model's context, got 129")
  })

  it('gives all memory back when cancelled in the middle of a round', async () => {
    const abort = new AbortController()
    const onProgress = ({ type }: Progress) => {
      if (type === 'reconstruction') abort.abort()
    }
    await expect(run(recipe({ ...quick, iterations: 200 }), { onProgress, signal: abort.signal })).rejects.toThrow(
      CancelledError,
    )
  })
})
