import { expect, it } from 'vitest'
import { hellaswagContext, withoutBrackets } from './hellaswag'

it('makes a sentence of a title and drops other marks, as the harness does', () => {
  expect(withoutBrackets(' Wash it. [title] Dry it. [step] Hang it up.  ')).toBe('Wash it.. Dry it. Hang it up.')
  // a mark at the beginning leaves its space
  expect(withoutBrackets('[substeps] A barbell [x] is')).toBe(' A barbell is')
  expect(withoutBrackets('a [b\nc] d [e] f')).toBe('a [b\nc] d f')
  expect(withoutBrackets('no end [here')).toBe('no end [here')
})

it('takes a line of opening brackets in no time', () => {
  const brackets = '['.repeat(2 ** 18)
  expect(withoutBrackets(brackets)).toBe(brackets)
})

it('puts the activity before the context and the beginning of the sentence behind it', () => {
  const line = { activity_label: 'Pole vault', ctx: 'unused', ctx_a: 'You run.', ctx_b: 'a few Women' }
  expect(hellaswagContext(line)).toBe('Pole vault: You run. A few women')
  expect(hellaswagContext({ activity_label: 'How to', ctx_a: '[header] Sew [step] Begin.', ctx_b: '' })).toBe(
    'How to: Sew Begin.',
  )
  expect(hellaswagContext({ ctx: 'You run. a few' })).toBe('You run. a few')
})
