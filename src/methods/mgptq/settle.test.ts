import { describe, expect, it } from 'vitest'
import { noise } from '../../../test/device'
import { layoutBits, mixedLayout } from '../mixed-layout'
import type { MgptqOptions } from './options'
import { schema } from './options'
import { type Scored, settle, settleAlone, type Widths } from './settle'

const K = 4
/** Columns whose loss falls fourfold a bit, from very different heights. */
function scored(name: string, out: number, columns: number, seed: number, more: Partial<Scored> = {}): Scored {
  const heights = noise(columns, seed).map((x) => Math.exp(3 * x) * out)
  const scores = new Float32Array(columns * K).map((_, at) => -heights[Math.floor(at / K)]! * 4 ** -((at % K) + 1))
  return { name, layer: 0, stage: 0, out, in: columns, scores, ...more }
}
const layers: readonly Scored[] = [
  scored('a.q_proj', 256, 384, 1),
  scored('a.k_proj', 128, 384, 2),
  scored('a.v_proj', 128, 384, 3),
  scored('a.up_proj', 700, 384, 4, { stage: 2 }),
  scored('a.down_proj', 384, 700, 5, { stage: 3 }),
]
const choose = (given: Partial<MgptqOptions>, linears: readonly Scored[] = layers, seed = 1): Widths =>
  settle(linears, { ...schema.parse({}), allocator: 'greedy', ...given }, seed)

const weightsOf = (linears: readonly Scored[]) => linears.reduce((sum, { out, in: columns }) => sum + out * columns, 0)
const histogram = (widths: Uint8Array) => [1, 2, 3, 4].map((b) => widths.filter((width) => width === b).length)

/** Mean of the stored bits over the weights of all linears. */
function meanOf(
  widths: Widths,
  linears: readonly Scored[],
  kind: 'code' | 'effective',
  options: Partial<MgptqOptions>,
) {
  const { groupSize, ranges } = { ...schema.parse({}), ...options }
  let bits = 0
  for (const { name, out, in: columns } of linears) {
    const chosen = widths.get(name)!
    const { total } = layoutBits(mixedLayout(chosen, { groupSize, ranges }), out)
    const mean = chosen.reduce((sum, width) => sum + width, 0) / columns
    bits += (kind === 'code' ? mean : total) * out * columns
  }
  return bits / weightsOf(linears)
}

describe('the budget', () => {
  const targets = [1.5, 2, 2.25, 2.5, 3, 3.5]

  it.each(targets)('is met in code bits at %f, over all layers and in one', (bits) => {
    for (const linears of [layers, [layers[0]!]]) {
      const mean = meanOf(choose({ bits }, linears), linears, 'code', {})
      expect(mean).toBeLessThanOrEqual(bits + 1e-9)
      expect(bits - mean).toBeLessThanOrEqual(0.005)
    }
  })

  it.each([
    { groupSize: 128, ranges: 'width' },
    { groupSize: 64, ranges: 'shared' },
    { groupSize: -1, ranges: 'width' },
  ] as const)('is never passed in effective bits, scales and indices counted: %o', (options) => {
    for (const bits of [2.5, 3, 3.5]) {
      const mean = meanOf(choose({ ...options, bits, bounds: 'effective' }), layers, 'effective', options)
      expect(mean).toBeLessThanOrEqual(bits + 0.005)
      // a width that comes into use brings the widest layer another group of 32 bits a row
      expect(bits - mean).toBeLessThan((32 * 700) / weightsOf(layers))
    }
  })

  it('is met in effective bits where a group more is little', () => {
    const many = Array.from({ length: 7 }, (_, layer) =>
      layers.map((one, i) => ({
        ...scored(one.name, one.out, one.in, 10 * layer + i),
        layer,
        name: `${layer}${one.name}`,
      })),
    ).flat()
    const mean = meanOf(choose({ bits: 2.75, bounds: 'effective' }, many), many, 'effective', {})
    expect(Math.abs(mean - 2.75)).toBeLessThanOrEqual(0.005)
  })

  it.each([288, 384, 512, 1024])('bounds the stored bytes of one layer of %i columns by whole chunks', (columns) => {
    const one = [scored('a.q_proj', 256, columns, 1)]
    for (const bits of [2, 2.25, 2.5, 3, 3.5]) {
      const mean = meanOf(choose({ bits, bounds: 'effective' }, one), one, 'effective', {})
      expect(mean).toBeLessThanOrEqual(bits + 1e-9)
      // one bit more for a chunk of 32 columns, and a group more of 32 bits a row
      expect(bits - mean).toBeLessThan((2 * 32) / columns)
    }
  })

  it('flows to the layers that need it', () => {
    const needy = layers.map((linear, i) => ({
      ...linear,
      scores: linear.scores.map((score) => score * (i === 4 ? 50 : 1)),
    }))
    const mean = (widths: Uint8Array) => widths.reduce((sum, width) => sum + width, 0) / widths.length
    const widths = choose({ bits: 2.5 }, needy)
    expect(mean(widths.get('a.down_proj')!)).toBeGreaterThan(3)
    expect(mean(widths.get('a.up_proj')!)).toBeLessThan(2.5)
  })

  it('is approached by a linear alone whose limits or overhead keep it from it', () => {
    const q = layers[0]!
    const alone = (given: Partial<MgptqOptions>) =>
      new Set(settleAlone(q, { ...schema.parse({}), allocator: 'greedy', ...given }, 1))
    expect(alone({ bits: 2, limits: 'q_proj: 3-' })).toEqual(new Set([3]))
    expect(alone({ bits: 3, limits: 'q_proj: -2' })).toEqual(new Set([2]))
    expect(alone({ bits: 1.01, bounds: 'effective' })).toEqual(new Set([1]))
    expect(alone({ bits: 4.9, bounds: 'effective' })).toEqual(new Set([4]))
  })

  it('names what can be reached when the target cannot', () => {
    expect(() => choose({ bits: 5 })).toThrow(/expected a target between 1 and 4 code bits.*got 5/)
    expect(() => choose({ bits: 2, limits: 'proj: 3-4' })).toThrow(/between 3 and 4 code bits.*got 2/)
    expect(() => choose({ bits: 1, bounds: 'effective' })).toThrow(/expected effective bits between 1\.\d+ and 4\.\d+/)
    expect(() => choose({ candidates: '2,4', limits: 'down: 3' })).toThrow(/limits of a.down_proj.*candidates 2, 4/)
  })
})

describe('widths', () => {
  it('stay within the limits of the modules whose name matches', () => {
    const widths = choose({ bits: 2.5, limits: 'down_proj: 3-, [qk]_proj$: -2' })
    expect(Math.min(...widths.get('a.down_proj')!)).toBe(3)
    for (const name of ['a.q_proj', 'a.k_proj']) expect(Math.max(...widths.get(name)!)).toBe(2)
  })

  it('are equal where linears read the same input and are tied, and their budget is met', () => {
    const widths = choose({ bits: 2.25, tie: true })
    const [q, k, v] = ['q', 'k', 'v'].map((role) => [...widths.get(`a.${role}_proj`)!])
    expect(k).toEqual(q)
    expect(v).toEqual(q)
    expect(Math.abs(meanOf(widths, layers, 'code', {}) - 2.25)).toBeLessThanOrEqual(0.005)
    const free = choose({ bits: 2.25 })
    expect([...free.get('a.k_proj')!]).not.toEqual([...free.get('a.q_proj')!])
    // the same stage of another layer is another input
    const twice = [...layers, ...layers.map((linear) => ({ ...linear, name: `b${linear.name.slice(1)}`, layer: 1 }))]
    twice[5] = { ...scored('b.q_proj', 256, 384, 9), layer: 1 }
    const both = choose({ bits: 2.25, tie: true }, twice)
    expect([...both.get('b.q_proj')!]).toEqual([...both.get('b.v_proj')!])
    expect([...both.get('b.q_proj')!]).not.toEqual([...both.get('a.q_proj')!])
  })

  it('at random have the histogram of every linear on other columns, by the seed', () => {
    const [greedy, random, again, other] = [
      choose({ bits: 2.5 }),
      choose({ bits: 2.5, allocator: 'random' }),
      choose({ bits: 2.5, allocator: 'random' }),
      choose({ bits: 2.5, allocator: 'random' }, layers, 2),
    ]
    for (const { name } of layers) {
      expect(histogram(random.get(name)!)).toEqual(histogram(greedy.get(name)!))
      expect([...random.get(name)!]).not.toEqual([...greedy.get(name)!])
      expect([...again.get(name)!]).toEqual([...random.get(name)!])
      expect([...other.get(name)!]).not.toEqual([...random.get(name)!])
    }
  })

  it('are uniform at whole targets, and the two next to the target otherwise', () => {
    for (const bits of [1, 2, 3, 4])
      for (const widths of choose({ bits, allocator: 'uniform' }).values())
        expect(new Set(widths)).toEqual(new Set([bits]))
    const between = choose({ bits: 2.5, allocator: 'uniform' })
    for (const { name, in: columns } of layers) {
      const [one, two, three, four] = histogram(between.get(name)!)
      expect([one, four]).toEqual([0, 0])
      expect(Math.abs(two! - three!) / columns).toBeLessThan(0.1)
    }
  })

  it('may have a single candidate', () => {
    for (const widths of choose({ bits: 3, candidates: '3' }, [
      { ...layers[0]!, scores: new Float32Array(384) },
    ]).values())
      expect(new Set(widths)).toEqual(new Set([3]))
  })
})
