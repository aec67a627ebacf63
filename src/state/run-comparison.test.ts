import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { archivedRun, measuredAs } from '../../test/archived-runs'
import type { RunHead } from '../archived-run'
import { ablation, compareRuns } from './run-comparison'
import { filterRuns, scoreOf, settingsOf, sortRuns } from './run-table'
import { tableText } from './text-tables'

type Change = Parameters<typeof archivedRun>[1]
const head = (n: number, change: Change = {}, perplexity: number | null = null): RunHead =>
  archivedRun(n, change, perplexity === null ? undefined : measuredAs(perplexity)).head
const SETTING = { text: 'union', protocol: 'windows:64', maxTokens: 512 }

describe('the table of runs', () => {
  const runs = [
    head(1, { tags: ['Best'], note: 'for the paper' }),
    head(2, { recipe: { options: { bits: 3, groupSize: 32 } } }, 60),
    head(
      3,
      {
        recipe: { method: 'rtn', options: { bits: 32 } },
        model: { name: 'other', digest: null, parameters: 1, bytes: 1 },
      },
      55,
    ),
  ]
  const found = (query: string) => filterRuns(runs, query).map(({ number }) => number)

  it('finds runs by every word of a query', () => {
    expect(found('')).toEqual([1, 2, 3])
    expect(found('WREN gptq')).toEqual([1, 2])
    expect(found('bits=3')).toEqual([2])
    expect(found('groupsize=32')).toEqual([2])
    expect(found('#best')).toEqual([1])
    expect(found('#bes')).toEqual([])
    expect(found('paper')).toEqual([1])
    expect(found('no such run')).toEqual([])
  })

  it('sorts numbers as numbers, texts with theirs, and what is missing last', () => {
    const values = new Map([
      [1, null],
      [2, 10],
      [3, 9],
    ])
    const order = (descending: boolean) => sortRuns([1, 2, 3], (n) => values.get(n) ?? null, descending)
    expect(order(false)).toEqual([3, 2, 1])
    expect(order(true)).toEqual([2, 3, 1])
    expect(sortRuns(['g10', 'g9', ''], (text) => text, false)).toEqual(['g9', 'g10', ''])
    expect(sortRuns([1, 2], () => Number.NaN, true)).toEqual([1, 2])
  })

  it('knows how runs were measured', () => {
    expect(settingsOf(runs)).toEqual([{ ...SETTING, runs: 2 }])
    expect(scoreOf(runs[1]!, SETTING)?.perplexity).toBe(60)
    expect(scoreOf(runs[0]!, SETTING)).toBeNull()
  })
})

describe('a comparison', () => {
  it('shows only what differs, and numbers against the baseline', () => {
    const runs = [
      head(1, {}, 60),
      head(2, { recipe: { options: { bits: 3, groupSize: 64 } }, packedBytes: 5e5, browser: 'Firefox 145' }, 66),
      head(3, { recipe: { seed: 4 } }),
    ]
    const { recipe, circumstances, metrics } = compareRuns(runs, '00000002')
    expect(recipe).toEqual([
      { key: 'bits', values: ['4', '3', '4'] },
      { key: 'seed', values: ['0', '0', '4'] },
    ])
    expect(circumstances.map(({ key }) => key)).toEqual(['browser'])
    expect(metrics.map(({ kind }) => kind)).toEqual(['perplexity', 'bits', 'width', 'bytes', 'error', 'seconds'])
    expect(metrics[0]).toMatchObject({ values: [60, 66, null], changes: [-6, null, null], better: 'lower' })
    expect(metrics[3]!.changes).toEqual([1e5, null, 1e5])
  })
})

describe('an ablation', () => {
  const seeds = [0, 1, 2]
  const runs = [
    ...seeds.map((seed) => head(10 + seed, { recipe: { seed } }, 60 + seed)),
    ...seeds.map((seed) => head(20 + seed, { recipe: { seed, options: { bits: 3, groupSize: 64 } } }, 70 + 2 * seed)),
    head(30, { recipe: { options: { bits: 4, groupSize: 32 } } }),
    head(31, { recipe: { method: 'rtn', options: { bits: 4, groupSize: 64 } } }, 65),
    // two values at once, and another model
    head(32, { recipe: { options: { bits: 3, groupSize: 32 } } }, 99),
    head(33, { model: { name: 'wren-nano', digest: 'other', parameters: 1, bytes: 1 } }, 99),
  ]

  it('has a row a value, with mean and deviation over seeds', () => {
    const rows = ablation(runs, runs[0]!, SETTING)
    expect(rows.map(({ key, value }) => [key, value])).toEqual([
      [null, ''],
      ['bits', '3'],
      ['groupSize', '32'],
      ['method', 'rtn'],
    ])
    expect(rows[0]!.perplexity).toEqual({ mean: 61, deviation: 1 })
    expect(rows[1]!.perplexity).toEqual({ mean: 72, deviation: 2 })
    expect(rows[2]!.perplexity).toBeNull()
    expect(rows[3]!.perplexity).toEqual({ mean: 65, deviation: null })
  })

  it('counts a seed once, by its latest run', () => {
    const again = head(40, { made: 9e9, recipe: { seed: 1 } }, 64)
    const [base] = ablation([...runs, again], runs[0]!, SETTING)
    expect(base!.perplexity).toMatchObject({ mean: (60 + 64 + 62) / 3 })
  })
})

describe('a table for other documents', () => {
  const table = {
    head: ['run', 'a|b', 'ppl'],
    rows: [['1', '50 %_x\nnext', '61.00 ± 1.00']],
    texts: 2,
    values: [
      ['run', 'a|b', 'ppl', 'ppl, deviation'],
      [1, '50 %_x\nnext', 61, 1],
    ],
  }

  it('is Markdown, CSV and LaTeX', () => {
    expect(tableText(table, 'markdown')).toBe(
      '| run | a\\|b | ppl |\n|---|---|---:|\n| 1 | 50 %_x next | 61.00 ± 1.00 |\n',
    )
    expect(tableText(table, 'csv')).toBe('run,a|b,ppl,"ppl, deviation"\n1,"50 %_x\nnext",61,1\n')
    expect(tableText(table, 'latex')).toBe(
      '\\begin{tabular}{llr}\n\\toprule\nrun & a|b & ppl \\\\\n\\midrule\n1 & 50 \\%\\_x next & 61.00 $\\pm$ 1.00 \\\\\n\\bottomrule\n\\end{tabular}\n',
    )
  })

  it('is inert whatever a cell says', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const one = { head: ['a'], rows: [[text]], texts: 1, values: [['a'], [text]] }
        expect(tableText(one, 'markdown').split('\n')).toHaveLength(4)
        const latex = tableText(one, 'latex').split('\n')[4]!
        expect(
          latex.replace(
            /\\(textbackslash|textasciitilde|textasciicircum)\{\}|\\[&%$#_{}]|\$(\\pm|-|\\times|\\to)\$/g,
            '',
          ),
        ).toMatch(/^[^&%$#_{}\\]* \\\\$/)
        expect(tableText(one, 'csv')).not.toMatch(/^a\n[=+\-@](?!\d+(\.\d+)?(e[+-]?\d+)?\n)/i)
      }),
    )
  })
})
