import { expect, it } from 'vitest'
import { defaultRecipe } from '../../src/pipeline/recipe'
import type { Comparison, DoneRun } from './document'
import { comparisonTable, mergeSeeds, spreadOf } from './table'

const score = (perplexity: number) => ({ perplexity, nll: Math.log(perplexity), tokens: 100, windows: 2, seconds: 1 })

function run(bits: number, seed: number, perplexity: number, label: string | null = null): DoneRun {
  const recipe = defaultRecipe('gptq')
  return {
    ...{ label, recipe: { ...recipe, options: { ...recipe.options, bits }, seed } },
    bits: { code: bits, scale: 0.25, index: 0, total: bits + 0.25 },
    error: { weight: 0.1, output: 0.05 },
    chosenBits: null,
    ...{ drift: 0.2, perplexity: { book: score(perplexity) }, seconds: { total: 2 }, peakGpuBytes: 1e6, warnings: 0 },
  }
}

const comparison = (runs: Comparison['runs']): Comparison => ({
  version: 1,
  model: { name: 'tiny', parameters: 1, bytes: 2 },
  device: { name: 'cpu', software: true },
  ...{ bitloom: '0.1.0', protocol: 'windows:64', calibration: null },
  texts: [{ name: 'book', characters: 10, digest: 'abc' }],
  unquantized: { perplexity: { book: score(10) } },
  runs,
})

it('takes the sample standard deviation, of n − 1', () => {
  expect(spreadOf([4])).toEqual({ mean: 4, deviation: null })
  expect(spreadOf([1, 2, 6])).toEqual({ mean: 3, deviation: Math.sqrt((4 + 1 + 9) / 2) })
})

it('merges what differs in nothing but the seed, however the options are ordered', () => {
  const reordered = run(2, 1, 40)
  const options = Object.fromEntries(Object.entries(reordered.recipe.options).reverse())
  const turned = { ...reordered, recipe: { ...reordered.recipe, options } }
  const rows = mergeSeeds([run(2, 0, 30), run(3, 0, 12), turned])
  expect(rows.map(({ runs }) => runs.map(({ recipe }) => [recipe.options.bits, recipe.seed]))).toEqual([
    [
      [2, 0],
      [2, 1],
    ],
    [[3, 0]],
  ])
})

it('shows what differs, means with deviations, and ratios', () => {
  const lines = comparisonTable(comparison([run(2, 0, 30), run(2, 1, 40), run(3, 0, 12)])).split('\n')
  expect(lines.map((line) => line.trim().split(/ {2,}/))).toEqual([
    ['bits', 'seeds', 'code bits', 'bits', 'book', 'ratio', 'seconds'],
    ['unquantized', '10.000', '1'],
    ['2', '2', '2.0000', '2.2500', '35.000 ± 7.071', '3.500', '2.0'],
    ['3', '1', '3.0000', '3.2500', '12.000', '1.200', '2.0'],
  ])
})

it('shows labels where there are any, and why runs failed', () => {
  const { label, recipe } = run(2, 5, 1, 'low')
  const table = comparisonTable(comparison([run(4, 0, 11, 'high'), { label, recipe, failure: 'perplexity: too much' }]))
  expect(table).toMatch(/^label {2,}code bits/)
  expect(table).toMatch(/^high {2,}4\.0000/m)
  expect(table.split('\n').at(-1)).toBe('failed: low, seed 5: perplexity: too much')
})
