import { describe, expect, it } from 'vitest'
import { archivedRun, measuredAs } from '../../test/archived-runs'
import type { PerplexityReport } from '../measurement-records'
import type { Measurement } from './measurements'
import type { RunRecord } from './runs'
import { keptTradeOffs, tradeOffs } from './trade-offs'

const run = (number: number, total: number, model = 'a') =>
  ({ run: number, model, modelName: model, label: `run ${number}`, bits: { total } }) as unknown as RunRecord
const line = (number: number, perplexity: number | null, changes: Partial<Measurement> = {}): Measurement => ({
  ...{ model: 'a', recipe: '', run: number, protocol: 'windows:64', text: 't', maxTokens: null },
  before: { perplexity: 10 } as PerplexityReport,
  after: perplexity === null ? null : ({ perplexity } as PerplexityReport),
  ...changes,
})

describe('what bits cost', () => {
  const runs = [run(1, 4.2), run(2, 2.1), run(3, 2.1), run(4, 3.1), run(5, 5)]

  it('orders runs by their bits and marks those that no other beats', () => {
    const found = tradeOffs(runs, [line(1, 12), line(2, 40), line(3, 30), line(4, 35), line(5, 12)])!
    expect(found.points.map(({ run, best }) => [run, best])).toEqual([
      ...[[3, true], [2, false], [4, false], [1, true], [5, false]], // biome-ignore format: one order
    ])
    expect([found.original, found.text, found.protocol]).toEqual([10, 't', 'windows:64'])
  })

  it('keeps ways of measuring, and models, apart', () => {
    const lines = [
      line(1, 12),
      line(2, 40),
      line(3, 30, { text: 'u' }),
      line(4, 35, { text: 'u', protocol: 'llama.cpp:64' }),
    ]
    expect(tradeOffs(runs, lines)?.points.map(({ run }) => run)).toEqual([2, 1])
    expect(tradeOffs([...runs, run(6, 1, 'b')], lines)).toBeNull()
    expect(tradeOffs(runs, [...lines, line(5, 11, { text: 'u' })])?.text).toBe('u')
  })

  it('has nothing to show of one run, of none, and of what is not finite', () => {
    expect(tradeOffs([], [])).toBeNull()
    expect(tradeOffs(runs, [line(1, 12), line(2, null)])).toBeNull()
    expect(tradeOffs(runs, [line(1, 12), line(2, Number.POSITIVE_INFINITY)])).toBeNull()
  })
})

describe('what kept runs cost', () => {
  const kept = (n: number, bits: number, packedBytes: number, perplexity: number | null) =>
    archivedRun(
      n,
      { bits: { code: bits, scale: 0, index: 0, total: bits }, packedBytes },
      perplexity === null ? undefined : measuredAs(perplexity),
    ).head
  const setting = { text: 'union', protocol: 'windows:64', maxTokens: 512 }
  const runs = [kept(1, 4, 500, 52), kept(2, 3, 600, 60), kept(3, 2, 700, 55), kept(4, 1, 1, null)]
  const front = (cost: 'bits' | 'bytes') =>
    keptTradeOffs(runs, setting, cost)!.points.map(({ run, best }) => [run, best])

  it('has a front of bits, and another of bytes', () => {
    expect(front('bits')).toEqual([
      [3, true],
      [2, false],
      [1, true],
    ])
    expect(front('bytes')).toEqual([
      [1, true],
      [2, false],
      [3, false],
    ])
    expect(keptTradeOffs(runs, setting, 'bytes')).toMatchObject({ original: 50, modelName: 'wren-nano' })
    expect(keptTradeOffs(runs.slice(2), setting, 'bits')).toBeNull()
    expect(keptTradeOffs(runs, { ...setting, maxTokens: 1 }, 'bits')).toBeNull()
  })
})
