import { expect, it } from 'vitest'
import { inBits, plural } from './counts'
import { CODES, DISTRIBUTIONS, KINDS, SALIENCY, WEIGHTS } from './distributions'
import { divergenceWords } from './divergence'
import { hubWords } from './hub'
import { keptWords } from './kept-runs'
import { graphWords, groupingWords } from './look'
import { CELL_WORDS, WORDS } from './matrix'
import { measureWords } from './measure'
import { MODEL_MAP } from './model-map'
import { recipeWords, sweepWords } from './recipe'
import { cardWords, reportWords } from './report'
import { runsTableWords, runWords } from './run'
import { runsWords } from './runs'
import { sensitivityWords } from './sensitivity'
import { takeWords } from './take'
import { textsWords } from './texts'
import { tradeOffWords } from './trade-off'
import { tensorWords, viewWords } from './view'

it('groups digits, and leaves what is written as it is', () => {
  expect([plural(0, 'run'), plural(1, 'run'), plural(1024, 'entry', 'entries')]).toEqual([
    ...['0 runs', '1 run', '1,024 entries'],
  ])
  expect([inBits(1), inBits('1'), inBits(1.5), inBits('1.00')]).toEqual(['1 bit', '1 bit', '1.5 bits', '1.00 bits'])
})

it('tells of one as of one, wherever the page counts', () => {
  const one = [
    DISTRIBUTIONS.bar('p', '0', '1', 'w', '1', '1%'),
    ...[WEIGHTS.counted('1'), CODES.kinds.affine(1), CODES.kinds.apart(1), CODES.told('0', '1', 0, null)],
    ...[CODES.flat('1'), CODES.mean('1', '1'), SALIENCY.same('1', 1), SALIENCY.width('1'), SALIENCY.rho('1', 1)],
    ...[SALIENCY.box('1', 1, 'm', 'l', 'h'), KINDS.label('t', 1), KINDS.row('k', 1, 'm', 'l', 'h', 'w')],
    ...[divergenceWords.of('r', 't', 'p', 1), divergenceWords.step('0', '0.1', 1, '0.1')],
    ...[hubWords.downloadNote(1, 1), hubWords.facts('a', '1', '1'), hubWords.stored('t', '1'), hubWords.parts(1)],
    ...[keptWords.blocks(1, 1), runWords.blocks(1, 1), runWords.tokensOf(1, 't'), runsTableWords.setting('t', 'p', 1)],
    ...[graphWords.label('m', 1, 1), graphWords.bits(1), groupingWords.sample(1, 1), groupingWords.groups(['1'])],
    ...[groupingWords.bar('0', '1', '1', 'p', 'g'), WORDS.label('m', 1), WORDS.dead(1), WORDS.rowsEach(1)],
    ...[WORDS.weightsTable(1, 1), WORDS.columnFacts(0, 1, []), CELL_WORDS.bits(1)],
    ...Object.values(WORDS.inView).map((told) => told(0, 0, 1)),
    ...[measureWords.interval(1), MODEL_MAP.label('t', 1, 1, 'layer'), recipeWords.meantFor('p', 1, 1)],
    ...[recipeWords.lengthHelp(1), recipeWords.layers(1, 1), sweepWords.on('t', 'p', 1), sweepWords.run(1)],
    ...[reportWords.counted(1, 1, 'p'), ...reportWords.environment.original(1, 's'), cardWords.intro(1, 'r', 'v')],
    ...[runsWords.setting('t', 'p', 1), runsWords.tokensOf(1, 't'), runsWords.items('t', 1), runsWords.damaged(1, 1)],
    ...[sensitivityWords.bits(1), sensitivityWords.mapOf('module', 1), sensitivityWords.allowedHelp(2, 1, 1)],
    ...[sensitivityWords.work('module', 1, null), takeWords.allEqual(1), takeWords.someDiffer(1, 1, '1', 'n')],
    ...[textsWords.rows(1, 1), tradeOffWords.about('bits', 't', 'p', 1), tradeOffWords.label('bits', 1)],
    ...[viewWords.shareOf(1), viewWords.entries(1), viewWords.someEntries(1, 1), viewWords.bitsOf('1')],
    ...[viewWords.module('n', '1', 1, 's'), viewWords.table.count(1, 1), tensorWords.label('n', 1, 1)],
    ...[tensorWords.someRead(1, 1), tensorWords.allRead(1), tensorWords.histogramLabel('n', 1)],
    tensorWords.bar('0', '1', 1),
    tensorWords.block({ weights: 1, super: 1, book: { entries: 1, weights: 1 } } as never),
  ]
  for (const text of one)
    expect(text).not.toMatch(/(?<![\d.,])1 (sampled |more |recorded |codebook )?([a-z]+s|entries|perplexities)\b/)
  expect(sensitivityWords.allowedHelp(1, 1, 2)).toMatch(/^1 loses more at 1 bit and/)
  expect(WORDS.inView.columns(0, 0, 1)).toBe('1 column')
  expect(WORDS.inView.columns(0, 99, 100)).toBe('all 100 columns')
  expect(WORDS.inView.rows(5, 9, 100)).toBe('rows 5 to 9 of 100')
})
