import { describe, expect, it } from 'vitest'
import { smallGpu, testGpu } from '../../test/device'
import { openedTiny, tinyConfig, tinyText } from '../../test/tiny-checkpoint'
import { quantizeWhole } from '../../test/whole'
import { dequantize } from '../formats/dequantize'
import type { Recipe } from '../records'
import { forecastOf } from './inspect'
import { defaultRecipe } from './recipe'

/** One block whose widest Hessian has so many columns. */
const modelOf = (columns: number) =>
  openedTiny({ ...tinyConfig, num_hidden_layers: 1, hidden_size: 64, intermediate_size: columns }).model
const calibration = { name: 'letters', text: tinyText(200) }

const recipeOf = (method: string, options: Record<string, unknown>): Recipe => ({
  ...defaultRecipe(method),
  options: { ...defaultRecipe(method).options, ...options },
  calibration: { text: 'letters', samples: 1, length: 96, pick: 'first' },
})

const quick = { bits: 2.5, steps: 3, candidates: '2,3,4', budget: 'layer', sensitivity: 'none' }
const learned = { rounds: 10, iterations: 1, batch: 1 }

/** Columns of the widest Hessian, and how many of its rows a binding holds. */
type Size = readonly [columns: number, rows: number]
/** Panels of 128, 128 and 64. */
const three: Size = [320, 250]
/** Whole blocks of 256. */
const four: Size = [512, 250]
/** What BiLLM searches with needs more: panels of 384 and 128. */
const two: Size = [512, 400]

interface Bounds {
  /** Part of the weights that may differ, of a linear. */
  readonly different: number
  /** Part of the error of its output that may. */
  readonly error: number
}
/** A weight between two levels may fall to either side, and the columns behind it follow. */
const near: Bounds = { different: 0.01, error: 0.005 }
/** A column whose worth is another's, too, may lose a bit to it. */
const widths: Bounds = { different: 0.05, error: 0.005 }
/** Gradient steps from starts that differ in the last bit part after a few; what they learn is as good. */
const chaotic: Bounds = { different: 1, error: 0.25 }

describe('a Hessian that is larger than a binding', () => {
  it.each<[method: string, options: Record<string, unknown>, bounds?: Bounds, size?: Size]>([
    ['gptq', { groupSize: 32, actOrder: true }],
    ['gptq', { groupSize: -1, sequence: 'true', symmetric: true }],
    ['gptq', { grid: 'Q4_K' }, near, four],
    ['gptq', { grid: 'auto', storedBits: 5 }],
    ['mg-ptq', quick, widths],
    ['mg-ptq', { ...quick, allocator: 'gcn', adjacency: 'factor', groupSize: -1 }, widths],
    ['mg-ptq', { ...quick, allocator: 'gcn', adjacency: 'rows', correction: 0, order: 'input' }, widths],
    ['mg-ptq', { ...quick, allocator: 'gcn', objective: 'output', adjacency: 'symmetric' }, widths],
    ['awq', { groupSize: 128 }],
    ['awq', { grid: 'Q4_K' }, near, four],
    ['tesseraq', { ...learned, init: 'gptq' }, chaotic],
    ['tesseraq', { ...learned, allocation: 'mg-ptq' }, chaotic],
    ['omniquant', { epochs: 1 }],
    ['sage-plus', { sample: 60, graphs: 1 }],
    ['billm', { blockSize: 64, propagate: true }, near, two],
    ['pb-llm', { metric: 'hessian' }],
  ])('gives what a whole one gives: %s %o', async (method, options, bounds = near, [columns, rows] = three) => {
    const model = modelOf(columns)
    const recipe = recipeOf(method, options)
    const small = await smallGpu(4 * columns * rows)
    const forecast = forecastOf(model, recipe, small.info)
    expect(forecast.problems).toEqual([])
    const found = await quantizeWhole(small, model, { recipe, calibration })
    expect(small.pool.liveBytes).toBe(0)
    expect(found.report.peakGpuBytes / forecast.peak).toBeGreaterThan(0.9)
    expect(found.report.peakGpuBytes / forecast.peak).toBeLessThan(1.05)
    const expected = await quantizeWhole(await testGpu(), model, { recipe, calibration })
    for (const [i, { name, error, damping }] of found.report.modules.entries()) {
      const other = expected.report.modules[i]!
      expect(damping).toBe(other.damping)
      expect(Math.abs(error.output! / other.error.output! - 1)).toBeLessThan(bounds.error)
      const [a, b] = [dequantize(found.linears.get(name)!), dequantize(expected.linears.get(name)!)]
      const different = a.reduce((count, value, at) => count + Number(value !== b[at]), 0)
      expect(different / a.length).toBeLessThanOrEqual(bounds.different)
    }
  })

  it('is refused where not even the least panel of it fits', async () => {
    const { info } = await smallGpu(4 * 320 * 100)
    expect(forecastOf(modelOf(320), recipeOf('awq', {}), info).problems.join()).toMatch(
      /a panel of the Hessian of mlp.down_proj \[128, 320\] of 163840 bytes — use RTN, which needs no Hessians, or/,
    )
  })
})
