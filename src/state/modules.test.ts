import { describe, expect, it } from 'vitest'
import { fakeMethods } from '../../test/fake-methods'
import { fakeInspection, fakeModule } from '../../test/fake-model'
import { fp16Bytes, gridAxes, nominalBits, packedBytes } from './modules'
import { defaultRecipe } from './recipe'

const { tensors, modules } = fakeInspection('wren', 2)

it('lays a grid out in the order data flows, experts last', () => {
  const others = ['experts.1.up', 'qkv', 'experts.0.gate'].map((role) => ({ name: role, layer: 3, role }))
  const { roles, layers } = gridAxes([...others, ...[...modules].reverse()])
  expect(roles.slice(0, 8)).toEqual(['q', 'k', 'v', 'qkv', 'o', 'gate', 'up', 'down'])
  expect(roles.slice(8)).toEqual(['experts.1.up', 'experts.0.gate'])
  expect(layers).toEqual([0, 1, 3])
})

describe('nominalBits', () => {
  const plan = [{ name: 'a', layer: 0, role: 'q', out: 10, in: 172 }]

  it('counts padding to chunks, scales and zeros', () => {
    // 192 stored columns of 4 bits, two groups of 16-bit scale and 4-bit zero, over 172 columns
    const expected = (192 * 4 + 2 * (16 + 4)) / 172
    expect(nominalBits(plan, { bits: 4, groupSize: 128, symmetric: false })).toBeCloseTo(expected, 12)
    expect(nominalBits(plan, { bits: 4, groupSize: -1, symmetric: true })).toBeCloseTo((192 * 4 + 16) / 172, 12)
    const wide = [{ ...plan[0]!, in: 512 }]
    expect(nominalBits(wide, { bits: 4, grid: 'Q2_K' })).toBe(4)
    expect(nominalBits([{ ...plan[0]!, in: 192 }], { bits: 4, grid: 'Q6_K' })).toBe(8.5)
  })

  it('is the target with the ranges of two widths where columns have several', () => {
    const even = [{ name: 'a', layer: 0, role: 'q', out: 1000, in: 256 }]
    const mixed = { bits: 2.5, bounds: 'code', candidates: '1,2,3,4', groupSize: 128, ranges: 'width' }
    // 128 columns of 2 bits and as many of 3: two groups, 32 bits each a row
    const bits = nominalBits(even, mixed)!
    expect(bits).toBeGreaterThanOrEqual(2.5 + 64 / 256)
    expect(bits).toBeLessThan(2.5 + 64 / 256 + 0.05)
    expect(nominalBits(even, { ...mixed, bits: 3 })!).toBeCloseTo(3.25, 2)
    expect(nominalBits(even, { ...mixed, bounds: 'effective' })).toBe(2.5)
    expect(nominalBits(even, { ...mixed, bits: 5 })).toBeNull()
    expect(nominalBits(even, { ...mixed, candidates: 'two' })).toBeNull()
  })

  it('is unknown for methods without a fixed width', () => {
    expect(nominalBits(plan, {})).toBeNull()
    expect(nominalBits([], { bits: 4 })).toBeNull()
  })
})

it('sizes of downloads replace only what the download changes', () => {
  const module = fakeModule(modules[0]!, defaultRecipe(fakeMethods[0]!, '', 'software'))
  const weights = 192 * 192
  const files = {
    bytes: 5000 + 4 * weights,
    tensors: [{ ...tensors[0]!, name: `${module.name}.weight`, bytes: 4 * weights }],
  }
  expect(packedBytes([module], files)).toBeCloseTo(5000 + (weights * 4.125) / 8, 6)
  expect(fp16Bytes(weights, files)).toBe(5000 + 2 * weights)
})
