import { describe, expect, it } from 'vitest'
import type { GroupingRecord } from '../../records'
import { binAt, groupingText, groupOf, layoutGrouping } from './grouping'
import { layoutTradeOffs, pointAt, tradeOffText } from './trade-offs'

const grouping: GroupingRecord = {
  ...{ threshold: 0.9, salient: 0.02, boundaries: [0.3], amplitudes: [0.125, 0.5], silhouettes: [0.61, 0.55] },
  histogram: { most: 1, counts: Uint32Array.of(50, 0, 30, 10, 8, 2) },
  sample: {
    ...{ values: Float32Array.of(0.1, 0.2, 0.6), clusters: Uint8Array.of(0, 0, 1) },
    ...{ from: Uint32Array.of(0, 1), to: Uint32Array.of(1, 2) },
  },
}

describe('the chart of magnitudes', () => {
  it('puts the graph under the histogram, on the same axis, and leaves it out where no sample was drawn', () => {
    const { histogram, graph, height } = layoutGrouping(grouping, 700)
    expect([graph!.x, graph!.width]).toEqual([histogram.x, histogram.width])
    expect(graph!.y).toBeGreaterThan(histogram.y + histogram.height)
    expect(graph!.y + graph!.height).toBeLessThan(height)
    const alone = layoutGrouping({ ...grouping, sample: null }, 700)
    expect(alone.graph).toBeNull()
    expect(alone.height).toBeLessThan(height)
  })

  it('knows the group of a magnitude, a boundary belonging to the upper one', () => {
    expect([0, 0.299, 0.3, 0.9, 0.901].map((magnitude) => groupOf(grouping, magnitude))).toEqual([0, 0, 1, 1, 2])
    expect(groupOf({ ...grouping, boundaries: [], amplitudes: [0.2] }, 0.5)).toBe(0)
  })

  it('finds the bar under the pointer and says it in words', () => {
    const layout = layoutGrouping(grouping, 700)
    const { x, width } = layout.histogram
    expect([-1, 1, width / 2 + 1, width + 1].map((at) => binAt(grouping, layout, x + at))).toEqual([null, 0, 3, null])
    expect(groupingText(grouping, 0)).toBe('0 to 0.167: 50 weights, 50.0\u00a0%; group 1 of 2, stored as ± 0.125')
    expect(groupingText(grouping, 5)).toBe('0.833 to 1.00: 2 weights, 2.0\u00a0%; salient')
    expect(groupingText(grouping, null)).toBe(
      '2 groups at ± 0.125, ± 0.500; boundaries 0.300; 2.0\u00a0% salient, beyond 0.900; silhouette by groups 2: 0.610, 3: 0.550',
    )
  })
})

describe('the chart of what bits buy', () => {
  const found = {
    ...{ text: 't', protocol: 'windows:64', maxTokens: null, modelName: 'm', original: 10 },
    points: [
      { run: 2, label: 'two', bits: 2, perplexity: 40, best: true },
      { run: 3, label: 'three', bits: 3, perplexity: 50, best: false },
      { run: 1, label: 'one', bits: 4, perplexity: 12, best: true },
    ],
  }

  it('finds the run near the pointer, and none far from all', () => {
    const layout = layoutTradeOffs(found, 600)
    const { box, x, y } = layout
    const at = (bits: number, perplexity: number) =>
      pointAt(found, layout, box.x + box.width * x.at(bits) + 3, box.y + box.height * (1 - y.at(perplexity)) - 3)
    expect([at(2, 40), at(3, 50), at(4, 12), at(3, 15)]).toEqual([0, 1, 2, null])
    for (const { bits } of found.points) expect(x.at(bits)).toBeGreaterThan(0.02)
  })

  it('says a run and the front in words', () => {
    expect(tradeOffText(found, 0)).toBe(
      'Run 2, two: 2.000 bits, perplexity 40.00, 4.000 times the original; no other run is lower at no more bits',
    )
    expect(tradeOffText({ ...found, original: null }, 1)).toBe('Run 3, three: 3.000 bits, perplexity 50.00')
    expect(tradeOffText(found, null)).toMatch(/^Best for their bits: run 2, .*; run 1, one: 4\.000 bits/)
  })
})
