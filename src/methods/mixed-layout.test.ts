import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packAffine, rangeGrid } from '../formats/affine'
import { validateAffine } from '../formats/affine-check'
import { effectiveBits } from '../formats/bits'
import { layoutBits, mixedLayout, uniformLayout } from './mixed-layout'

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
  it('is a valid linear of the bits it promises, whose stored groups are those of its columns', () => {
    fc.assert(
      fc.property(anyLayout, fc.constantFrom(1, 3, 33), ({ widths, layout }, out) => {
        const { perm, segments, groups, groupSize, groupOf, storedGroupOf, rule } = layout
        const cells = new Float32Array(out * groups)
        const linear = packAffine({
          ...{ name: 'sample', out, in: widths.length, perm, segments, groups, groupSize, groupOf: storedGroupOf },
          ...(rule && { rule }),
          ...{ codes: new Uint8Array(out * widths.length), grid: rangeGrid(cells, cells) },
        })
        validateAffine(linear)
        expect(layoutBits(layout, out)).toEqual(effectiveBits(linear))
        for (let i = 0; i < widths.length; i++)
          expect(storedGroupOf ? storedGroupOf[i] : Math.floor(i / groupSize)).toBe(groupOf[perm ? perm[i]! : i])
      }),
    )
  })

  it('has at most half a group of columns more, or less, in a group, and one a run where there is one a row', () => {
    fc.assert(
      fc.property(anyLayout, ({ widths, layout, groupSize, ranges }) => {
        const sizes = new Uint32Array(layout.groups)
        for (const group of layout.groupOf) sizes[group]!++
        const runs = new Set(Array.from(widths, (bits) => (ranges === 'width' ? bits : bits > 1))).size
        if (groupSize === -1) expect(layout.groups).toBe(runs)
        else expect(Math.max(...sizes)).toBeLessThanOrEqual(1.5 * groupSize)
      }),
    )
  })

  it.each(['width', 'shared'] as const)('is plain where equal widths fill whole groups (%s)', (ranges) => {
    const layout = mixedLayout(new Uint8Array(384).fill(3), { groupSize: 128, ranges })
    expect(layout).toMatchObject({ perm: null, storedGroupOf: null, groups: 3, groupSize: 128 })
    expect(layout).not.toHaveProperty('rule')
    expect(layout.segments).toEqual([{ bits: 3, columns: 384 }])
    expect(layout).toEqual(uniformLayout(384, 3, 128))
    expect(mixedLayout(new Uint8Array(5).fill(1), { groupSize: -1, ranges })).toEqual(uniformLayout(5, 1, 5))
  })

  it('cuts other equal widths evenly, at no cost of an index', () => {
    const layout = mixedLayout(new Uint8Array(300).fill(3), { groupSize: 128, ranges: 'width' })
    expect(layout).toMatchObject({ perm: null, groups: 2, rule: 'width' })
    expect([...layout.groupOf]).toEqual([...new Array(150).fill(0), ...new Array(150).fill(1)])
    expect(layoutBits(layout, 16).index).toBe(0)
  })

  it('names groups only where it must', () => {
    const widths = Uint8Array.of(4, 2, 4, 2, 2, 4, 2, 1)
    const byWidth = mixedLayout(widths, { groupSize: 2, ranges: 'width' })
    expect([...byWidth.perm!]).toEqual([7, 1, 3, 4, 6, 0, 2, 5])
    expect([...byWidth.storedGroupOf!]).toEqual([0, 1, 1, 2, 2, 3, 3, 4])
    const even = mixedLayout(widths.subarray(0, 4), { groupSize: 2, ranges: 'width' })
    expect(even).toMatchObject({ storedGroupOf: null, rule: 'width' })
    const shared = mixedLayout(widths, { groupSize: 3, ranges: 'shared' })
    expect([...shared.groupOf]).toEqual([1, 1, 1, 1, 2, 2, 2, 0])
  })

  it.each([
    ['width', 5],
    ['shared', 4],
  ] as const)('costs a number a column and hardly more groups than equal widths would (%s)', (ranges, groups) => {
    const counts = [160, 224, 96, 32]
    const widths = Uint8Array.from(counts.flatMap((count, i) => new Array<number>(count).fill(i + 1)).reverse())
    expect(layoutBits(mixedLayout(widths, { groupSize: 128, ranges }), 512)).toEqual({
      ...{ code: 2, scale: (32 * groups) / 512, index: 3 / 512 },
      total: 2 + (32 * groups + 3) / 512,
    })
  })

  it('refuses widths that no segment may have', () => {
    expect(() => mixedLayout(Uint8Array.of(2, 9), { groupSize: 128, ranges: 'width' })).toThrow('widths [2,9]')
    expect(() => mixedLayout(Uint8Array.of(2), { groupSize: 0, ranges: 'width' })).toThrow('groups of 0')
  })
})

describe('uniformLayout', () => {
  it('keeps plain groups, the last one short', () => {
    const layout = uniformLayout(300, 3, 128)
    expect(layout).toMatchObject({ perm: null, storedGroupOf: null, groups: 3, groupSize: 128 })
    expect([...layout.groupOf]).toEqual(Array.from({ length: 300 }, (_, i) => Math.floor(i / 128)))
    expect(uniformLayout(5, 1, 128)).toMatchObject({ groups: 1, groupSize: 5 })
  })
})
