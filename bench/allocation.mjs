#!/usr/bin/env node
/**
 * Runs every recipe behind the tables of mixed column widths on one model, in one process, and writes the runs
 * (allocation-NAME.json), the tables (.md) and the figure of the sweeps (.svg):
 *
 *     node bench/allocation.mjs --data DIR --model wren-3m [--tables A,B,C,D,E,sweeps] [--seeds 3] [--targets 2,2.5,3]
 *
 * DIR holds models/NAME and texts/. Called again it runs only what the JSON lacks. `--jobs N` shares the runs among N
 * processes on the same device (their seconds then say little). `--count` runs nothing, `--tabulate` only
 * makes tables and figure of what is there.
 */
import { sweepsFigure, tablesText } from './allocation-tables.mjs'
import { distinct, readFlags, recipeOf, runMany } from './many-runs.mjs'

/** What no table changes. */
const common = {
  ...{ bounds: 'code', candidates: '1,2,3,4', limits: '', tie: false, groupSize: 128, order: 'original' },
  ...{
    damping: 0.01,
    alpha: 10,
    steps: 300,
    learningRate: 0.002,
    noise: 0.3,
    features: 'weights',
    adjacency: 'factor',
  },
}
/** The published method. */
const published = {
  ...{ ...common, objective: 'output', sensitivity: 'none', budget: 'layer' },
  ...{ ranges: 'shared', fit: 'minmax', sequence: 'layer', correction: 0 },
}
/** What the methods of the second table share. */
const better = { ...published, ranges: 'width', fit: 'search', sequence: 'true', correction: 0.5 }
const acrossModel = { budget: 'model', sensitivity: 'outputs' }
const improved = { ...better, ...acrossModel, allocator: 'gcn', objective: 'compensated' }
const gptq = { method: 'gptq', groupSize: 128, symmetric: false, actOrder: false, sequence: 'layer', damping: 0.01 }
const gcn = { ...published, allocator: 'gcn' }

/** The target bounds all stored bytes; it is as much higher as a uniform grid's ranges cost. */
const stored = (options) => ({ ...options, bounds: 'effective' })
/** `seeds`: how many of the seeds; all when missing. */
const row = (label, options, { seeds } = {}) => ({ label, options, seeds })
const tables = {
  A: {
    title: 'As published: min–max ranges shared in place, a budget for every layer',
    rows: [
      row('GPTQ on integer zero points', gptq),
      row('uniform', { ...published, allocator: 'uniform' }),
      row('random', { ...published, allocator: 'random' }),
      row('greedy (OBS)', { ...published, allocator: 'greedy' }),
      row('MLP', { ...published, allocator: 'mlp' }),
      row('GCN, factor', gcn),
      row('GCN, rows', { ...gcn, adjacency: 'rows' }, { seeds: 1 }),
      row('GCN, symmetric', { ...gcn, adjacency: 'symmetric' }, { seeds: 1 }),
      row('GCN, scalars', { ...gcn, features: 'scalars' }),
    ],
  },
  B: {
    title: 'The same for all: searched ranges, true sequence, drift correction 0.5',
    rows: [
      row('uniform', { ...better, allocator: 'uniform' }),
      row('random', { ...better, allocator: 'random' }),
      row('greedy, layer', { ...better, allocator: 'greedy' }),
      row('greedy, model', { ...better, ...acrossModel, allocator: 'greedy' }),
      row('messages, model', { ...better, ...acrossModel, allocator: 'messages' }),
      row('MLP, layer', { ...better, allocator: 'mlp' }),
      row('GCN, layer', { ...better, allocator: 'gcn' }),
      row('improved MLP, model', { ...improved, allocator: 'mlp' }),
      row('improved GCN, model', improved),
      row('greedy, model, narrow first', { ...better, ...acrossModel, allocator: 'greedy', order: 'width' }),
      row('messages, model, narrow first', { ...better, ...acrossModel, allocator: 'messages', order: 'width' }),
      row('improved GCN, model, narrow first', { ...improved, order: 'width' }),
    ],
  },
  C: {
    title: 'Improved, on min–max ranges',
    rows: [row('improved GCN, min–max', { ...improved, fit: 'minmax' })],
  },
  D: {
    title: 'At the same stored bits: 0.25 more than the code bits of the column, whatever they are spent on',
    rows: [
      row('as published: uniform', stored({ ...published, allocator: 'uniform' })),
      row('as published: GCN', stored(gcn)),
      row('searched etc.: uniform', stored({ ...better, allocator: 'uniform' })),
      row('searched etc.: greedy, model', stored({ ...better, ...acrossModel, allocator: 'greedy' })),
      row('searched etc.: improved GCN', stored(improved)),
    ],
  },
  E: {
    title: 'One choice changed at a time, from the improved method',
    targets: [2],
    rows: [
      row('improved', improved),
      row('ranges shared in place', { ...improved, ranges: 'shared' }),
      row('min–max ranges, shared in place', { ...improved, fit: 'minmax', ranges: 'shared' }),
      row('narrow columns first', { ...improved, order: 'width' }),
      row('large inputs first', { ...improved, order: 'input' }),
      row('one sensitivity a layer', { ...improved, sensitivity: 'layers' }),
      row('a budget for every layer', { ...improved, budget: 'layer' }),
      row('no drift correction', { ...improved, correction: 0 }),
      row('full drift correction', { ...improved, correction: 1 }),
      row('calibrated once a block', { ...improved, sequence: 'layer' }),
      row('widths 2 to 4', { ...improved, candidates: '2,3,4' }),
      row('widths 1 to 8', { ...improved, candidates: '1,2,3,4,5,6,7,8' }),
      row('groups of 64', { ...improved, groupSize: 64 }),
      row('graph of correlations', { ...improved, adjacency: 'symmetric' }),
      row('q/k/v and gate/up tied', { ...improved, tie: true }),
    ],
  },
}
const sweeps = {
  target: 2,
  options: gcn,
  alpha: [1, 3, 10, 30, 100],
  damping: [0.001, 0.01, 0.1],
  held: { targets: [1.5, 2, 2.25, 2.5, 3, 3.5], rows: [row('GCN, as published', gcn), row('improved GCN', improved)] },
}

const flags = readFlags([...Object.keys(tables), 'sweeps'], { targets: { type: 'string', default: '2,2.5,3' } })
const { seeds } = flags
const targets = flags.targets.split(',').map(Number)

const recipe = ({ method = 'mg-ptq', ...options }, bits, seed) =>
  recipeOf(flags, method, { ...options, bits: options.bounds === 'effective' ? bits + 0.25 : bits }, seed)

/** Other methods know whole bits only. */
const possible = ({ method }, bits) => !method || Number.isInteger(bits)

/** Seed by seed, so that a series cut short is a whole table of fewer seeds. */
function planned() {
  const chosen = Object.entries(tables).filter(([name]) => flags.tables.includes(name))
  const ranked = seeds.flatMap((seed) =>
    chosen.flatMap(([name, { rows, targets: own }]) =>
      (own ?? targets).flatMap((bits) =>
        rows
          .filter(({ options, seeds: most = seeds.length }) => possible(options, bits) && seed < most)
          .map(({ label, options }) => ({ label: `${name}: ${label}`, recipe: recipe(options, bits, seed) })),
      ),
    ),
  )
  const { options, target, held } = sweeps
  const single = ['alpha', 'damping'].flatMap((key) =>
    sweeps[key].map((value) => ({ label: `sweep of ${key}`, recipe: recipe({ ...options, [key]: value }, target, 0) })),
  )
  const asked = held.rows.flatMap(({ label, options }) =>
    held.targets.map((bits) => ({ label: `held: ${label}`, recipe: recipe(options, bits, 0) })),
  )
  return distinct([...ranked, ...(flags.tables.includes('sweeps') ? [...single, ...asked] : [])])
}

await runMany('allocation', flags, planned(), (comparison, name) => {
  const shown = { comparison, tables, sweeps, recipe, seeds, targets }
  return { md: tablesText(shown, name), svg: sweepsFigure(shown) }
})
