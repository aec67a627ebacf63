import fc from 'fast-check'
import { expect, it } from 'vitest'
import { StopText } from './stop-text'

/** All that comes out, piece by piece. */
function given(pieces: readonly string[], stops: readonly string[]): string {
  const stream = new StopText(stops)
  return pieces.map((piece) => stream.push(piece)).join('') + stream.end()
}

it('ends before the first stop text, wherever pieces are cut', () => {
  expect(given(['The e', 'nd. T', 'hen'], ['. T'])).toBe('The end')
  expect(given(['ab', 'ab', 'c'], ['abc'])).toBe('ab')
  expect(given(['a\n', '\nb'], ['\n\n', 'b'])).toBe('a')
})

it('holds back what may become one and gives it out where it does not', () => {
  const stream = new StopText(['</s>'])
  expect(stream.push('a<')).toBe('a')
  expect(stream.push('/')).toBe('')
  expect(stream.push('b')).toBe('</b')
  expect(stream.push('</s')).toBe('')
  expect(stream.stopped).toBe(false)
  expect(stream.end()).toBe('</s')
})

it('gives what cutting the whole text gives, for any pieces', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 6 })
  const stop = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 3 })
  fc.assert(
    fc.property(fc.array(letters, { maxLength: 6 }), fc.array(stop, { maxLength: 3 }), (pieces, stops) => {
      // what decides is the text so far: an earlier piece may have stopped where a longer one would begin before
      const expected = (() => {
        let text = ''
        for (const piece of pieces) {
          text += piece
          const found = stops.map((one) => text.indexOf(one)).filter((at) => at >= 0)
          if (found.length > 0) return text.slice(0, Math.min(...found))
        }
        return text
      })()
      expect(given(pieces, stops)).toBe(expected)
    }),
  )
})
