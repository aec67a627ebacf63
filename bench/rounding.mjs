#!/usr/bin/env node
/**
 * Runs every recipe behind the tables of learned roundings on one model, in one process, and writes the runs
 * (rounding-NAME.json), the tables (.md) and the figure of the steps (.svg):
 *
 *     node bench/rounding.mjs --data DIR --model wren-3m [--tables A,B,C,D] [--grids W2g128,W2] [--seeds 3]
 *
 * DIR holds models/NAME and texts/. Called again it runs only what the JSON lacks. `--jobs N` shares the runs among N
 * processes on the same device (their seconds then say little). `--count` runs nothing, `--tabulate` only
 * makes tables and figure of what is there.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { distinct, listed, readFlags, recipeOf, runMany } from './many-runs.mjs'
import { stepsFigure, tablesText } from './rounding-tables.mjs'

/** W2g64: 2 bits in groups of 64 columns; W2: of the whole row. */
const grids = {
  W2g128: { bits: 2, groupSize: 128 },
  W2g64: { bits: 2, groupSize: 64 },
  W2: { bits: 2, groupSize: -1 },
  W3g128: { bits: 3, groupSize: 128 },
  W4g128: { bits: 4, groupSize: 128 },
}
/** What a uniform grid stores for a weight: its code, and its part of a float16 step and of a zero as wide as a code. */
const storedBits = ({ bits, groupSize }) => bits + (16 + bits) / (groupSize === -1 ? meanColumns() : groupSize)

const rtn = (grid) => ({ method: 'rtn', ...grid, symmetric: false })
const gptq = (sequence) => (grid) => ({
  ...{ method: 'gptq', ...grid, symmetric: false, actOrder: false, sequence, damping: 0.01 },
})
const awq = (search) => (grid) => ({ method: 'awq', ...grid, search })
/** Four windows of 512 tokens are the 2048 tokens of a published step. */
const omniquant =
  (epochs = 20) =>
  (grid) => ({ method: 'omniquant', ...grid, epochs, learningRate: 0.01, batch: 4 })
/** The defaults of MG-PTQ under a bound on all stored bits. */
const mgptq = (grid) => ({
  ...{ method: 'mg-ptq', bits: storedBits(grid), bounds: 'effective', groupSize: grid.groupSize },
  ...{ allocator: 'messages', budget: 'model', objective: 'compensated', sensitivity: 'outputs' },
  ...{ candidates: '1,2,3,4', limits: '', tie: false, ranges: 'width', fit: 'search', order: 'width' },
  ...{ correction: 0.5, sequence: 'true', damping: 0.01, adjacency: 'factor', features: 'weights' },
  ...{ alpha: 10, steps: 300, learningRate: 0.002, noise: 0.3 },
})
/** The preset `browser` with changes. */
const tesseraq =
  (changes = {}) =>
  (grid) => ({
    ...{ method: 'tesseraq', ...grid, allocation: 'uniform', init: 'awq', scaling: false, bounds: 'code' },
    ...{ learn: 'both', rounds: 20, iterations: 25, batch: 8, ...changes },
  })
const tesseraqOnWidths = (scaling) => (grid) =>
  tesseraq({ allocation: 'mg-ptq', bounds: 'effective', bits: storedBits(grid), scaling })(grid)

/**
 * `options`: of a grid; `seeds`: how many of the seeds; `samples`: other calibration windows than the flag's; `only`:
 * grids of the table that it is for; all when missing.
 */
const row = (label, options, given = {}) => ({ label, options, ...given })
/** The calibration of the published method, in windows. */
const many = { samples: 512 }
/** Where neither seed nor calibration changes a code. */
const once = { seeds: 1 }

const tables = {
  A: {
    title: 'On the same grid',
    grids: Object.keys(grids),
    rows: [
      row('to nearest', rtn, once),
      row('GPTQ', gptq('layer')),
      row('GPTQ, true sequence', gptq('true'), { only: ['W2g128'] }),
      row('AWQ', awq('both')),
      row('AWQ, clips alone', awq('clips'), { only: ['W2g128', 'W3g128'] }),
      row('OmniQuant', omniquant()),
      row('OmniQuant, 40 epochs', omniquant(40), { only: ['W2'], seeds: 1 }),
      row('TesseraQ from AWQ', tesseraq()),
      row('TesseraQ from clips', tesseraq({ init: 'clip' }), { only: ['W2g128', 'W2', 'W3g128'] }),
      row('TesseraQ from OmniQuant', tesseraq({ init: 'omniquant' }), { only: ['W2'], seeds: 1 }),
      row('TesseraQ from AWQ, 20 × 60 steps, 512 windows', tesseraq({ iterations: 60 }), {
        ...many,
        only: ['W2g128', 'W3g128'],
      }),
    ],
  },
  B: {
    title: 'At the same stored bits, those of the uniform grid',
    grids: Object.keys(grids),
    rows: [
      row('MG-PTQ', mgptq),
      row('TesseraQ on widths of MG-PTQ', tesseraqOnWidths(false)),
      row('TesseraQ on widths of MG-PTQ, AWQ scales', tesseraqOnWidths(true), {
        only: ['W2g128', 'W3g128'],
        seeds: 1,
      }),
      row('TesseraQ from AWQ', tesseraq()),
    ],
  },
  C: {
    title: 'One choice changed at a time, from 20 rounds of 25 steps, batch 8',
    grids: ['W2g128'],
    rows: [
      row('from min–max: to nearest', awq('none'), once),
      row('from min–max: DST alone', tesseraq({ init: 'none', learn: 'scales' })),
      row('from min–max: PAR alone', tesseraq({ init: 'none', learn: 'roundings' })),
      row('from min–max: PAR and DST', tesseraq({ init: 'none' })),
      row('from AWQ: to nearest', awq('both')),
      row('from AWQ: DST alone', tesseraq({ learn: 'scales' })),
      row('from AWQ: PAR alone', tesseraq({ learn: 'roundings' })),
      row('from AWQ: PAR and DST', tesseraq()),
      row('from GPTQ', tesseraq({ init: 'gptq' }), { seeds: 1 }),
      row('10 rounds of 50 steps', tesseraq({ rounds: 10, iterations: 50 })),
      row('batch 4', tesseraq({ batch: 4 }), { seeds: 1 }),
      row('batch 16', tesseraq({ batch: 16 }), { seeds: 1 }),
      row('32 windows', tesseraq(), { samples: 32 }),
      row('128 windows', tesseraq(), { samples: 128 }),
      row('512 windows', tesseraq(), many),
    ],
  },
  D: {
    title: 'Steps in each of 20 rounds, from AWQ',
    grids: ['W2g128'],
    rows: [
      ...[5, 10].map((iterations) => row(`${iterations} steps`, tesseraq({ iterations }), { seeds: 1 })),
      row('25 steps', tesseraq()),
      row('60 steps', tesseraq({ iterations: 60 }), { seeds: 1 }),
      ...[25, 60].map((iterations) => row(`${iterations} steps, 512 windows`, tesseraq({ iterations }), many)),
      row('250 steps, 512 windows, batch 4', tesseraq({ iterations: 250, batch: 4 }), { ...many, seeds: 1 }),
    ],
  },
}

/** Columns of a row of the model's linears, on average over rows. */
function meanColumns() {
  const path = join(flags.data, 'models', flags.model, 'config.json')
  const { hidden_size: hidden, intermediate_size: ffn, ...config } = JSON.parse(readFileSync(path, 'utf8'))
  const head = config.head_dim ?? hidden / config.num_attention_heads
  const [q, kv] = [config.num_attention_heads * head, config.num_key_value_heads * head]
  const shapes = [[q, hidden], [kv, hidden], [kv, hidden], [hidden, q], [ffn, hidden], [ffn, hidden], [hidden, ffn]] // biome-ignore format: one block, one glance
  const sum = (of) => shapes.reduce((total, shape) => total + of(shape), 0)
  return sum(([rows, columns]) => rows * columns) / sum(([rows]) => rows)
}

const flags = readFlags(Object.keys(tables), { grids: { type: 'string', default: Object.keys(grids).join(',') } })
const asked = listed('grids', flags.grids, Object.keys(grids))

/** Every row of a table that is asked for on every grid of its own, as `{grid, label, recipes}`, a recipe a seed. */
const rowsOf = (table) =>
  table.grids
    .filter((grid) => asked.includes(grid))
    .flatMap((grid) =>
      table.rows
        .filter(({ only }) => only?.includes(grid) ?? true)
        .map(({ label, options, seeds: most = flags.seeds.length, samples }) => {
          const { method, ...chosen } = options(grids[grid])
          const recipes = flags.seeds.slice(0, most).map((seed) => recipeOf(flags, method, chosen, seed, samples))
          return { grid, label, recipes }
        }),
    )

/** Seed by seed, so that a series cut short is a whole table of fewer seeds. */
const planned = flags.seeds.flatMap((seed) =>
  flags.tables.flatMap((name) =>
    rowsOf(tables[name])
      .filter(({ recipes }) => seed < recipes.length)
      .map(({ grid, label, recipes }) => ({ label: `${name}: ${grid}: ${label}`, recipe: recipes[seed] })),
  ),
)

await runMany('rounding', flags, distinct(planned), (comparison, name) => {
  const rows = Object.entries(tables).map(([letter, table]) => ({ letter, title: table.title, rows: rowsOf(table) }))
  const shown = { comparison, flags, tables: rows }
  return { md: tablesText(shown, name), svg: stepsFigure(shown) }
})
