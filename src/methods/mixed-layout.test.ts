import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packAffine, rangeGrid } from '../formats/affine'
import { validateAffine } from '../formats/affine-check'
import { effectiveBits } from '../formats/bits'
import { layoutBits, mixedLayout } from './mixed-layout'

const anyLayout = fc
  .record({
    candidates: fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 4 }),
    picks: fc.array(fc.nat(3), { minLength: 1, maxLength: 300 }),
    groupSize: fc.constantFrom(-1, 1, 7, 32, 64, 128, 1000),
    ranges: fc.constantFrom('width' as const, 'shared' as const),
  })
  .map(({ candidates, picks, ...options }) => {
    const widths = Uint8Array.from(picks, (pick) => candidates[pick % candidates.length]!)
    return { widths, ...options, layout: mixedLayout(widths, options) }
  })

describe('mixedLayout', () => {
  it('stores every column once, by width and then in original order', () => {
    fc.assert(
      fc.property(anyLayout, ({ widths, layout }) => {
        const perm = layout.perm ?? widths.map((_, i) => i)
        expect([...perm].sort((a, b) => a - b)).toEqual([...widths.keys()])
        for (let i = 1; i < perm.length; i++) {
          const step = widths[perm[i]!]! - widths[perm[i - 1]!]!
          expect(step > 0 || (step === 0 && perm[i]! > perm[i - 1]!)).toBe(true)
        }
        expect(layout.segments.flatMap(({ bits, columns }) => new Array(columns).fill(bits))).toEqual(
          Array.from(perm, (column) => widths[column]),
        )
      }),
    )
  })

  it('makes groups of at most the asked size, whole but for the last of each run', () => {
    fc.assert(
      fc.property(anyLayout, ({ widths, layout, groupSize, ranges }) => {
        const size = groupSize === -1 ? widths.length : groupSize
        const members = Array.from({ length: layout.groups }, (_, g) =>
          [...widths.keys()].filter((column) => layout.groupOf[column] === g),
        )
        const runOf = (column: number) => (ranges === 'width' ? widths[column]! : Number(widths[column]! > 1))
        const runs = new Set(Array.from(widths, (_, column) => runOf(column))).size
        expect(members.every(({ length }) => length >= 1 && length <= size)).toBe(true)
        expect(members.every((group) => new Set(group.map(runOf)).size === 1)).toBe(true)
        expect(members.filter(({ length }) => length < Math.min(size, widths.length)).length).toBeLessThanOrEqual(runs)
        expect(layout.groups).toBeLessThanOrEqual(Math.ceil(widths.length / size) + runs - 1)
        // columns of a run fill one group after another
        for (const group of members)
          for (const later of members)
            if (runOf(group[0]!) === runOf(later[0]!) && group[0]! < later[0]!)
              expect(group.at(-1)!).toBeLessThan(later[0]!)
      }),
    )
  })

  it('is a valid linear of the bits it promises, whose stored groups are those of its columns', () => {
    fc.assert(
      fc.property(anyLayout, fc.constantFrom(1, 3, 33), ({ widths, layout }, out) => {
        const { perm, segments, groups, groupSize, groupOf, storedGroupOf } = layout
        const cells = new Float32Array(out * groups)
        const linear = packAffine({
          ...{ name: 'sample', out, in: widths.length, perm, segments, groups, groupSize, groupOf: storedGroupOf },
          ...{ codes: new Uint8Array(out * widths.length), grid: rangeGrid(cells, cells) },
        })
        validateAffine(linear)
        expect(layoutBits(layout, out)).toEqual(effectiveBits(linear))
        for (let i = 0; i < widths.length; i++)
          expect(storedGroupOf ? storedGroupOf[i] : Math.floor(i / groupSize)).toBe(groupOf[perm ? perm[i]! : i])
      }),
    )
  })

  it.each(['width', 'shared'] as const)('is plain where all widths are equal (%s)', (ranges) => {
    const layout = mixedLayout(new Uint8Array(300).fill(3), { groupSize: 128, ranges })
    expect(layout).toMatchObject({ perm: null, storedGroupOf: null, groups: 3, groupSize: 128 })
    expect(layout.segments).toEqual([{ bits: 3, columns: 300 }])
    expect(mixedLayout(new Uint8Array(5).fill(1), { groupSize: -1, ranges }).groupSize).toBe(5)
  })

  it('names groups only where it must', () => {
    const widths = Uint8Array.of(4, 2, 4, 2, 2, 4, 2, 1)
    const byWidth = mixedLayout(widths, { groupSize: 2, ranges: 'width' })
    expect([...byWidth.perm!]).toEqual([7, 1, 3, 4, 6, 0, 2, 5])
    expect([...byWidth.storedGroupOf!]).toEqual([0, 1, 1, 2, 2, 3, 3, 4])
    const even = mixedLayout(widths.subarray(0, 4), { groupSize: 2, ranges: 'width' })
    expect(even.storedGroupOf).toBeNull()
    const shared = mixedLayout(widths, { groupSize: 3, ranges: 'shared' })
    expect([...shared.groupOf]).toEqual([1, 1, 1, 2, 2, 2, 3, 0])
  })

  it('refuses widths that no segment may have', () => {
    expect(() => mixedLayout(Uint8Array.of(2, 9), { groupSize: 128, ranges: 'width' })).toThrow('widths [2,9]')
    expect(() => mixedLayout(Uint8Array.of(2), { groupSize: 0, ranges: 'width' })).toThrow('groups of 0')
  })
})
