import { expect, it } from 'vitest'
import { fakeScores } from '../../test/fake-tasks'
import { numbersOf, type TaskLine } from './task-lines'

const key = { model: 'wren#1', recipe: 'r', run: 1, file: 'piqa.jsonl', bytes: 9, items: 12 }
const line = (kind: 'choices' | 'contexts' | 'lastWord'): TaskLine => ({
  ...key,
  before: fakeScores('piqa', kind, 'original', 12, false),
  after: fakeScores('piqa', kind, 'quantized', 12, true),
})

it('tells accuracies and how far they are apart, item by item', () => {
  const [accuracy, normalized, ...rest] = numbersOf(line('choices'))
  expect(rest).toEqual([])
  // right: all but 0 3 6 9; all but 0 4 8. So 3 6 9 are gained, 4 8 are lost
  expect(accuracy).toMatchObject({ name: 'acc', before: { value: 8 / 12 }, after: { value: 9 / 12 } })
  const mean = 1 / 12
  const squares = 3 * (1 - mean) ** 2 + 2 * (1 + mean) ** 2 + 7 * mean ** 2
  expect(accuracy!.difference!.value).toBeCloseTo(mean, 12)
  expect(accuracy!.difference!.error).toBeCloseTo(Math.sqrt(squares / 11 / 12), 12)
  expect(normalized).toEqual({ ...accuracy, name: 'acc_norm' })
})

it('has no accuracy by length for contexts, and a perplexity for last words', () => {
  expect(numbersOf(line('contexts')).map(({ name }) => name)).toEqual(['acc'])
  expect(numbersOf(line('lastWord'))[1]).toEqual({
    name: 'perplexity',
    before: { value: 31.25, error: null },
    after: { value: 35.5, error: null },
    difference: { value: 4.25, error: null },
  })
})

it('knows no difference while a side is missing', () => {
  const [accuracy] = numbersOf({ ...line('choices'), before: null })
  expect(accuracy).toMatchObject({ before: null, after: { value: 0.75 }, difference: null })
})
