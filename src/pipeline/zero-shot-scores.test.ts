import { expect, it } from 'vitest'
import type { TaskKind } from '../measurement-records'
import { type ContinuationScore, scoreTask } from './zero-shot-scores'

const task = (kind: TaskKind, items: readonly { gold: number; bytes: readonly number[] }[]) => ({
  ...{ name: 't', kind },
  items: items.map((item, i) => ({ ...item, line: i + 1, pairs: [] })),
})
const said = (...values: number[]): ContinuationScore[] =>
  values.map((logLikelihood) => ({ logLikelihood, greedy: false }))

it('chooses the likeliest continuation, and the likeliest a byte', () => {
  const bytes = [2, 10]
  const items = [
    { gold: 0, bytes },
    { gold: 1, bytes },
    { gold: 1, bytes },
    { gold: 0, bytes },
  ]
  const report = scoreTask(task('choices', items), [said(-4, -5), said(-4, -5), said(-3, -2), said(-6, -6)])
  expect(report).toEqual({
    ...{ task: 't', kind: 'choices', items: 4, gold: [0, 1, 1, 0], perplexity: null },
    // the first of equals
    predictions: [0, 0, 1, 0],
    // a byte: −2 −0.5; −2 −0.5; −1.5 −0.2; −3 −0.6
    normalizedPredictions: [1, 1, 1, 1],
    accuracy: { value: 0.75, error: Math.sqrt((0.75 * 0.25) / 3) },
    normalized: { value: 0.5, error: Math.sqrt(0.25 / 3) },
    logLikelihoods: [
      [-4, -5],
      [-4, -5],
      [-3, -2],
      [-6, -6],
    ],
  })
})

it('does not divide by lengths where the continuation is one', () => {
  const report = scoreTask(task('contexts', [{ gold: 1, bytes: [5, 5] }]), [said(-3, -2)])
  expect(report).toMatchObject({
    ...{ predictions: [1], normalized: null, normalizedPredictions: null },
    // nothing is known of the spread of one item
    accuracy: { value: 1, error: null },
  })
})

it('counts a last word that greedy decoding gives, and takes the perplexity of all', () => {
  const items = [
    { gold: 0, bytes: [1] },
    { gold: 0, bytes: [1] },
  ]
  const report = scoreTask(task('lastWord', items), [
    [{ logLikelihood: -1, greedy: true }],
    [{ logLikelihood: -4, greedy: false }],
  ])
  expect(report).toMatchObject({ predictions: [0, -1], accuracy: { value: 0.5, error: 0.5 }, normalized: null })
  expect(report.perplexity).toBeCloseTo(Math.exp(2.5), 12)
})
