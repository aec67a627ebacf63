#!/usr/bin/env node
/**
 * Runs every recipe behind the tables near one bit on one model, and writes the runs (near-one-bit-NAME.json), the tables
 * (.md) and the figure of perplexity over all stored bits (.svg):
 *
 *     node bench/near-one-bit.mjs --data DIR --model wren-25m [--tables A,B,C] [--seeds 3]
 *
 * DIR holds models/NAME and texts/. Called again it runs only what the JSON lacks. `--jobs N` shares the runs among N
 * processes on the same device. `--count` runs nothing, `--tabulate` only makes tables and figure of what is there.
 */
import { distinct, readFlags, recipeOf, runMany } from './many-runs.mjs'
import { bitsFigure, tablesText } from './near-one-bit-tables.mjs'

const rtn = (bits, groupSize, symmetric = false) => ({ method: 'rtn', bits, groupSize, symmetric })
const gptq = (bits, groupSize, symmetric = false) => ({
  ...{ method: 'gptq', bits, groupSize, symmetric, actOrder: false, sequence: 'layer', damping: 0.01 },
})
const billm = (changes = {}) => ({
  ...{ method: 'billm', blockSize: 128, propagate: false, metric: 'hessian', searchOn: 'saliency', restOrder: 2 },
  ...{ ownQuantiles: false, mostSalient: 49, damping: 0.01, ...changes },
})
const pbllm = (changes = {}) => ({
  ...{ method: 'pb-llm', salient: 0.1, metric: 'magnitude', groupSize: -1, salientBits: 8, ownLevels: false },
  ...{ damping: 0.01, ...changes },
})
const sageOptions = {
  ...{ groups: 0, selection: 'silhouette', mostGroups: 8, salientBits: 4, saliency: 'adaptive', percent: 1 },
  ...{ price: 'target', target: 1.03, rho: 100, lambda: 0.1, statistic: 'matrix', center: 'zero', sample: 1500 },
  ...{ graphs: 5, neighbours: 30, rounds: 10 },
}
const sage = (changes = {}) => ({ method: 'sage', ...sageOptions, ...changes })
const sagePlus = (changes = {}) => ({ method: 'sage-plus', ...sageOptions, damping: 0.01, ...changes })
/** The defaults of MG-PTQ under a bound on all stored bits, a range a row and width. */
const mgptq = (bits, candidates = '1,2,3,4') => ({
  ...{ method: 'mg-ptq', bits, bounds: 'effective', groupSize: -1, allocator: 'messages', budget: 'model' },
  ...{ objective: 'compensated', sensitivity: 'outputs', candidates, limits: '', tie: false, ranges: 'width' },
  ...{ fit: 'search', order: 'width', correction: 0.5, sequence: 'true', damping: 0.01, adjacency: 'factor' },
  ...{ features: 'weights', alpha: 10, steps: 300, learningRate: 0.002, noise: 0.3 },
})
/** The preset `browser` on widths of MG-PTQ under such a bound. */
const tesseraq = (bits, changes = {}) => ({
  ...{ method: 'tesseraq', bits, groupSize: -1, allocation: 'mg-ptq', init: 'awq', scaling: false },
  ...{ bounds: 'effective', learn: 'both', rounds: 20, iterations: 25, batch: 8, ...changes },
})

/** `line`: of the figure; `seeds`: how many of the seeds, one where neither seed nor calibration changes a code. */
const row = (label, options, line, seeds = 3) => ({ label, options, line, seeds })
const targets = [1.1, 1.3, 1.6, 2]
const amplitudes = [1, 2, 3, 4, 5, 6, 7, 8]

const tables = {
  A: {
    title: 'As published, at the bits they store',
    rows: [
      row('RTN, 1 bit, groups of 128', rtn(1, 128), null, 1),
      row('RTN, 1 bit, rows', rtn(1, -1), null, 1),
      row('RTN, 1 bit, groups of 128, ± one amplitude', rtn(1, 128, true), null, 1),
      row('GPTQ, 1 bit, groups of 128', gptq(1, 128), null),
      row('GPTQ, 1 bit, groups of 128, ± one amplitude', gptq(1, 128, true), null),
      row('GPTQ, 2 bits, groups of 128', gptq(2, 128), 'GPTQ'),
      row('GPTQ, 3 bits, groups of 128', gptq(3, 128), 'GPTQ'),
      row('BiLLM', billm(), 'BiLLM'),
      row(
        'BiLLM, corrected',
        billm({ propagate: true, searchOn: 'weights', restOrder: 1, ownQuantiles: true, mostSalient: 13 }),
        'BiLLM',
      ),
      row('PB-LLM', pbllm(), 'PB-LLM'),
      row('PB-LLM by the Hessian', pbllm({ metric: 'hessian' }), 'PB-LLM'),
      row('SAGE-PTQ, amplitudes by silhouette', sage(), null),
      row('SAGE-PTQ, amplitudes by eigengap', sage({ selection: 'eigengap' }), null, 1),
      row('SAGE+, amplitudes by silhouette', sagePlus(), null),
    ],
  },
  B: {
    title: 'SAGE-PTQ with a given number of amplitudes',
    rows: [
      ...amplitudes.map((groups) => row(`SAGE-PTQ, ${groups}`, sage({ groups }), 'SAGE-PTQ', 1)),
      ...[1, 2, 4, 8].map((groups) => row(`SAGE+, ${groups}`, sagePlus({ groups }), 'SAGE+')),
      row('SAGE-PTQ, 1, no salient weights', sage({ groups: 1, saliency: 'given', percent: 0 }), null, 1),
      ...[2, 8].map((salientBits) =>
        row(`SAGE-PTQ, 2, salient at ${salientBits} bits`, sage({ groups: 2, salientBits }), null, 1),
      ),
      row('SAGE-PTQ, 2, by rows', sage({ groups: 2, statistic: 'row' }), null, 1),
      row('SAGE-PTQ, 2, stored bits priced', sage({ groups: 2, price: 'bits' }), null, 1),
    ],
  },
  C: {
    title: 'At given stored bits',
    rows: targets.flatMap((bits) => [
      row(`MG-PTQ, ${bits}`, mgptq(bits), 'MG-PTQ'),
      row(`TesseraQ on widths of MG-PTQ, ${bits}`, tesseraq(bits), 'TesseraQ on MG-PTQ'),
    ]),
  },
}

const flags = readFlags(Object.keys(tables), {})

const rowsOf = (table) =>
  table.rows.map(({ label, options: { method, ...options }, line, seeds }) => ({
    ...{ label, line },
    recipes: flags.seeds.slice(0, seeds).map((seed) => recipeOf(flags, method, options, seed)),
  }))

/** Seed by seed, so that a series cut short is a whole table of fewer seeds. */
const planned = flags.seeds.flatMap((seed) =>
  flags.tables.flatMap((name) =>
    rowsOf(tables[name])
      .filter(({ recipes }) => seed < recipes.length)
      .map(({ label, recipes }) => ({ label: `${name}: ${label}`, recipe: recipes[seed] })),
  ),
)

await runMany('near-one-bit', flags, distinct(planned), (comparison, name) => {
  const parts = Object.entries(tables).map(([letter, table]) => ({ letter, title: table.title, rows: rowsOf(table) }))
  const shown = { comparison, flags, tables: parts }
  return { md: tablesText(shown, name), svg: bitsFigure(shown) }
})
