import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anyRuled } from '../../test/affine'
import { countGroups, packWidths, placeColumns, unpackWidths, widthsOf } from './column-rule'
import { WIDTHS } from './quantized'

const anyCase = fc
  .record({
    candidates: fc.uniqueArray(fc.constantFrom(...WIDTHS), { minLength: 1, maxLength: 4 }),
    picks: fc.array(fc.nat(3), { minLength: 1, maxLength: 400, size: 'max' }),
    groupSize: fc.constantFrom(1, 2, 7, 32, 64, 128, 1000),
    ranges: fc.constantFrom('width' as const, 'shared' as const),
  })
  .map(({ candidates, picks, groupSize, ranges }) => {
    const widths = Uint8Array.from(picks, (pick) => candidates[pick % candidates.length]!)
    const rule = { groupSize, ranges }
    const runOf = (column: number) => (ranges === 'width' ? widths[column]! : Number(widths[column]! > 1))
    const runs = [...new Set(Array.from(widths.keys(), runOf))]
    const lengths = runs.map((run) => [...widths.keys()].filter((column) => runOf(column) === run).length)
    return { widths, rule, runOf, lengths, placed: placeColumns(widths, rule) }
  })

describe('placeColumns', () => {
  it('stores every column once, sorted by width and stably so', () => {
    fc.assert(
      fc.property(anyCase, ({ widths, placed }) => {
        const sorted = Array.from(widths.keys()).sort((a, b) => widths[a]! - widths[b]!)
        expect(Array.from(placed.perm ?? widths.keys())).toEqual(sorted)
        if (placed.perm) expect(sorted).not.toEqual([...widths.keys()])
        const stored = placed.segments.flatMap(({ bits, columns }) => new Array<number>(columns).fill(bits))
        expect(stored).toEqual(sorted.map((column) => widths[column]))
      }),
    )
  })

  it('cuts each run evenly, into as many groups as its length asks for', () => {
    fc.assert(
      fc.property(anyCase, ({ widths, rule, runOf, lengths, placed }) => {
        const members = Array.from({ length: placed.groups }, (_, g) =>
          [...widths.keys()].filter((column) => placed.groupOf[column] === g),
        )
        expect(members.flat().length).toBe(widths.length)
        expect(placed.groups).toBe(
          lengths.reduce((sum, length) => sum + Math.max(1, Math.floor(length / rule.groupSize + 0.5)), 0),
        )
        expect(placed.groups).toBe(countGroups(placed.segments, rule))
        // what memory is reckoned for before widths are known
        const bound = Math.ceil(widths.length / rule.groupSize) + lengths.length - 1
        expect(placed.groups).toBeLessThanOrEqual(bound)
        for (const group of members) {
          expect(new Set(group.map(runOf)).size).toBe(1)
          expect(group.length).toBeLessThanOrEqual(1.5 * rule.groupSize)
          const sizes = members.filter((other) => runOf(other[0]!) === runOf(group[0]!)).map(({ length }) => length)
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
        }
        // groups of a run follow each other in original order, runs by width
        for (let g = 1; g < members.length; g++) {
          const [before, after] = [members[g - 1]!, members[g]!]
          if (runOf(before[0]!) === runOf(after[0]!)) expect(before.at(-1)!).toBeLessThan(after[0]!)
          else expect(runOf(before[0]!)).toBeLessThan(runOf(after[0]!))
        }
      }),
    )
  })

  it('names the group of every stored column, unless groups are runs of groupSize', () => {
    fc.assert(
      fc.property(anyCase, ({ widths, rule, placed: { perm, groups, groupOf, storedGroupOf } }) => {
        const stored = Array.from(perm ?? widths.keys(), (column) => groupOf[column])
        const plain = Array.from(widths.keys(), (i) => Math.floor(i / rule.groupSize))
        if (storedGroupOf) expect([...storedGroupOf]).toEqual(stored)
        else expect([stored, groups]).toEqual([plain, plain.at(-1)! + 1])
        if (storedGroupOf) expect(stored).not.toEqual(plain)
      }),
    )
  })

  it.each([
    ['width', { 1: 160, 2: 224, 3: 96, 4: 32 }, 5],
    ['shared', { 1: 160, 2: 224, 3: 96, 4: 32 }, 4],
    ['width', { 1: 63, 2: 65 }, 2],
    ['width', { 3: 191 }, 1],
    ['width', { 3: 192 }, 2],
    ['shared', { 3: 100, 4: 92 }, 2],
  ] as const)('makes groups of 128 by %s of %o: %i', (ranges, counts, groups) => {
    const widths = Object.entries(counts).flatMap(([bits, count]) => new Array<number>(count).fill(Number(bits)))
    expect(placeColumns(Uint8Array.from(widths), { groupSize: 128, ranges }).groups).toBe(groups)
  })

  it('refuses widths that no segment may have, and more groups than have a number', () => {
    const rule = { groupSize: 1, ranges: 'width' } as const
    expect(() => placeColumns(Uint8Array.of(2, 9), rule)).toThrow('widths [2,9]')
    expect(() => placeColumns(Uint8Array.of(0), rule)).toThrow('widths [0]')
    expect(() => placeColumns(new Uint8Array(65537).fill(2), rule)).toThrow('65537 groups')
  })
})

describe('widths', () => {
  it('are three bits less one', () => {
    const words = packWidths(Uint8Array.of(2, 4, 2, 1, 4, 2, 8, 8, 8, 8, 8))
    expect([...words]).toEqual([0xfffcb059 | 0, 1].map((word) => word >>> 0))
    expect([...unpackWidths(words, 11)]).toEqual([2, 4, 2, 1, 4, 2, 8, 8, 8, 8, 8])
  })

  it('come back from words, and from the order and segments of a linear', () => {
    fc.assert(
      fc.property(anyRuled, ({ linear }) => {
        const widths = widthsOf(linear)
        expect(unpackWidths(packWidths(widths), linear.in)).toEqual(widths)
        const rule = { groupSize: linear.groupSize, ranges: linear.rule! }
        const { perm, segments, storedGroupOf } = placeColumns(widths, rule)
        expect([perm, segments, storedGroupOf]).toEqual([linear.perm, linear.segments, linear.groupOf])
      }),
    )
  })
})
