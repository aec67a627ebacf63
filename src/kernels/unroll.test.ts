import { describe, expect, it } from 'vitest'
import { unroll } from './unroll'

const squeeze = (text: string) => text.replaceAll(/\s+/g, ' ').trim()

describe('unroll', () => {
  it('writes out nested loops with constant indices', () => {
    const source = 'for (var i = 0u; i < N; i++) { let p = x[i]; for (var j = 0u; j < M; j++) { y[j * N + i] += p; } }'
    expect(squeeze(unroll(source, { N: 2, M: 2 }))).toBe(
      '{ let p = x[0u]; { y[0u * N + 0u] += p; } { y[1u * N + 0u] += p; } } { let p = x[1u]; { y[0u * N + 1u] += p; } { y[1u * N + 1u] += p; } }',
    )
  })

  it('leaves other loops and longer names alone, and goes on inside them', () => {
    const source = 'for (var s = 0u; s < end; s++) { for (var i = 0u; i < N; i++) { items[i] = s; } }'
    expect(squeeze(unroll(source, { N: 1 }))).toBe('for (var s = 0u; s < end; s++) { { items[0u] = s; } }')
  })

  it('drops a loop of no steps', () => {
    expect(unroll('a;for (var i = 0u; i < N; i++) { b; }c;', { N: 0 })).toBe('a;c;')
  })
})
