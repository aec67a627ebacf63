import { describe, expect, it } from 'vitest'
import { placesOf } from './soft-rounding'

describe('placesOf', () => {
  it('lists the runs of groups, their members and the group of every column', () => {
    const places = placesOf({ widths: Uint8Array.of(2, 4, 2, 4, 1), groupOf: [1, 0, 1, 0, 2], groups: 3 })
    expect([...places]).toEqual([...[0, 2, 4, 2, 2, 2, 4, 1, 1], ...[1, 3, 0, 2, 4], ...[1, 0, 1, 0, 2]])
  })

  it.each([
    ['a group without columns', { widths: Uint8Array.of(2, 2), groupOf: [0, 0], groups: 2 }, /group 1 with columns/],
    ['a group of two widths', { widths: Uint8Array.of(2, 3), groupOf: [0, 0], groups: 1 }, /several widths/],
    ['a column in no group', { widths: Uint8Array.of(2, 2), groupOf: [0, 1], groups: 1 }, /column 1 in group 1 of 1/],
    ['another number of columns', { widths: Uint8Array.of(2), groupOf: [0, 0], groups: 1 }, /2 columns for 1/],
    ['a width that no code has', { widths: Uint8Array.of(9), groupOf: [0], groups: 1 }, /columns of 9 bits/],
  ])('refuses %s', (_, layout, message) => {
    expect(() => placesOf(layout)).toThrow(message)
  })
})
