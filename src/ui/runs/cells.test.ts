import { describe, expect, it } from 'vitest'
import { archivedRun, measuredAs } from '../../../test/archived-runs'
import { changeText, fieldTitle, improved, meanText, metricText } from './cells'
import { columnsOf, FIRST_COLUMNS, OWN_COLUMNS } from './columns'

describe('numbers of runs', () => {
  it('are told in the digits of their kind', () => {
    expect(metricText('perplexity', 61.204)).toBe('61.20')
    expect(metricText('bits', 4.25)).toBe('4.250')
    expect(metricText('bytes', 853_000)).toBe('853 KB')
    expect(metricText('kl', 0.01234)).toBe('0.0123')
    expect(metricText('accuracy', 0.525)).toBe('52.5\u00a0%')
  })

  it('are held against those of the baseline', () => {
    expect(changeText('perplexity', 6, 66)).toBe('+6.00')
    expect(changeText('bytes', -25, 75)).toBe('−25.0\u00a0%')
    expect(changeText('top', -0.021, 0.5)).toBe('−2.1 points')
    expect(changeText('seconds', 0, 3)).toBe('±0')
    expect([
      improved({ better: 'lower' }, -1),
      improved({ better: 'higher' }, -1),
      improved({ better: 'lower' }, 0),
    ]).toEqual([true, false, null])
  })

  it('are means with their deviation, where there is more than one', () => {
    const text = (value: number) => value.toFixed(1)
    expect(meanText({ mean: 61, deviation: 0.5 }, text)).toBe('61.0 ± 0.5')
    expect(meanText({ mean: 61, deviation: null }, text)).toBe('61.0')
    expect(meanText(null, text)).toBe('')
  })
})

describe('columns of runs', () => {
  const run = { ...archivedRun(3, { tags: ['a'] }, measuredAs(60)).head, bytes: 10 }
  const setting = { text: 'union', protocol: 'windows:64', maxTokens: 512 }

  it('have values to sort by', () => {
    const cells = new Map(OWN_COLUMNS.map(({ key, cell }) => [key, cell(run, setting)]))
    expect(cells.get('perplexity')).toBe(60)
    expect(cells.get('ratio')).toBe(1.2)
    expect(cells.get('recipe')).toBe('GPTQ 4-bit g64')
    expect(cells.get('result')).toBeNull()
    expect(cells.get('kl')).toBeNull()
  })

  it('stand in one order, those of the recipe after its label', () => {
    const keys = columnsOf(['tags', 'recipe.groupSize', 'model', 'recipe', 'recipe.seed', 'no such']).map(
      ({ key }) => key,
    )
    expect(keys).toEqual(['model', 'recipe', 'recipe.groupSize', 'recipe.seed', 'tags'])
    expect(columnsOf(FIRST_COLUMNS)).toHaveLength(FIRST_COLUMNS.length)
    expect(columnsOf(['recipe.groupSize'])[0]!.cell(run, null)).toBe('64')
    expect(fieldTitle('groupSize')).toBe('Group size')
  })
})
