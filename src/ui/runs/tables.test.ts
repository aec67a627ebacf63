import { expect, it } from 'vitest'
import { archivedRun, measuredAs } from '../../../test/archived-runs'
import { ablation, compareRuns } from '../../state/run-comparison'
import { tableText } from '../../state/text-tables'
import { ablationTable, comparisonTable } from './tables'

const SETTING = { text: 'union', protocol: 'windows:64', maxTokens: 512 }
const head = (n: number, perplexity: number, recipe: object) => archivedRun(n, { recipe }, measuredAs(perplexity)).head
const runs = [
  head(1, 66, { seed: 0 }),
  head(2, 68, { seed: 1 }),
  { ...head(3, 60.5, { options: { bits: -1 } }), packedBytes: 7e5 },
]

it('holds runs side by side, for people and as plain numbers', () => {
  const table = comparisonTable(runs.slice(1), runs[1]!, compareRuns(runs.slice(1), runs[1]!.id))
  const told = new Map(table.rows.map(([title, ...cells]) => [title, cells]))
  expect(told.get('Perplexity')).toEqual(['68.00', '60.50 (−7.50)'])
  expect(told.get('Packed file')).toEqual(['600 KB', '700 KB (+16.7\u00a0%)'])
  expect(tableText(table, 'csv').split('\n')).toEqual(
    expect.arrayContaining([
      ',"Run 2, baseline",Run 3',
      'Bits,4,-1',
      'Perplexity,68,60.5',
      '"Packed file, bytes",600000,700000',
      '"Time, s",3,3',
    ]),
  )
})

it('tells what one change has done, for people and as plain numbers', () => {
  const table = ablationTable(
    ablation([...runs, head(4, 60, { options: { bits: 3, groupSize: 64 } })], runs[0]!, SETTING),
  )
  expect(table.head).toEqual(['Change', 'Value', 'n', 'Perplexity', 'Δ', 'Bits', 'Size', 'Time'])
  expect(table.rows.map((cells) => cells.slice(0, 5))).toEqual([
    ['baseline', '', '2', '67.00 ± 1.41', ''],
    ['Bits', '3', '1', '60.00', '−7.00'],
  ])
  const [titles, ...lines] = tableText(table, 'csv').trimEnd().split('\n')
  expect(titles).toBe(
    'Change,Value,n,Perplexity,"Perplexity, deviation",Δ,Bits,"Bits, deviation","Size, bytes","Time, s"',
  )
  expect(lines).toEqual([`baseline,,2,67,${Math.SQRT2},,4.25,0,600000,3`, 'Bits,3,1,60,,-7,4.25,,600000,3'])
})
