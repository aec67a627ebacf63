import { describe, expect, it } from 'vitest'
import { testGpu } from '../../test/device'
import { openedTiny, tinyConfig, tinyText } from '../../test/tiny-checkpoint'
import { CancelledError, FormatError } from '../errors'
import { dequantize } from '../formats/dequantize'
import type { Width } from '../formats/quantized'
import { roundToNearest } from '../methods/rtn/nearest'
import type { Progress } from '../records'
import { divergence } from './divergence'
import { weightsOf } from './opened'
import { type ScanRequest, scan } from './scan'
import { planScan, probesOf } from './scan-units'

const text = { name: 'letters', text: tinyText(63) }
const grid = { groupSize: 32, symmetric: false }
const request = (more: Partial<ScanRequest> = {}): ScanRequest => ({
  ...{ text, protocol: 'windows:10', maxTokens: null, by: 'module', widths: [2, 4], ...grid },
  ...more,
})

/** The tiny model with some of its linears rounded, against itself as it was. */
async function roundedApart(modules: readonly string[], bits: Width) {
  const gpu = await testGpu()
  const [before, after] = [openedTiny(tinyConfig), openedTiny(tinyConfig)]
  for (const name of modules) {
    const values = after.weights.get(`${name}.weight`)!
    const { shape } = after.model.source.tensors.get(`${name}.weight`)!
    const w = gpu.upload(values, shape as [number, number])
    values.set(dequantize(await roundToNearest(gpu, name, w, { bits, ...grid })))
    gpu.free(w)
  }
  const [original, quantized] = [before, after].map(({ model }) => ({ model, weights: weightsOf(gpu, model) }))
  return divergence(
    gpu,
    { original: original!, quantized: quantized! },
    { text, protocol: 'windows:10', maxTokens: null },
  )
}

describe('a scan', () => {
  const { model, spec } = openedTiny(tinyConfig)

  it.each(['module', 'layer', 'role'] as const)(
    'by %s is what a comparison of a model rounded there says',
    async (by) => {
      const gpu = await testGpu()
      const live = gpu.pool.liveBytes
      const report = await scan(gpu, model, request({ by }))
      expect(gpu.pool.liveBytes).toBe(live)
      const units = { module: 21, layer: 3, role: 7 }[by]
      expect(report.records).toHaveLength(2 * units)
      expect(report).toMatchObject({ by, tokens: 54, windows: 6, widths: [2, 4] })
      // one in the middle, the last, and one of each width
      for (const at of [units, 2 * units - 1]) {
        const { modules, bits, kl, perplexity, topAgreement, interval } = report.records[at]!
        const apart = await roundedApart(modules, bits as Width)
        expect(kl / apart.kl.mean).toBeCloseTo(1, 6)
        expect(perplexity / apart.quantized.perplexity).toBeCloseTo(1, 6)
        expect(topAgreement).toBe(apart.topAgreement.value)
        expect(interval!.low / apart.kl.interval!.low).toBeCloseTo(1, 5)
        expect(report.perplexity / apart.original.perplexity).toBeCloseTo(1, 6)
      }
      const mean = (bits: number) =>
        report.records.filter((one) => one.bits === bits).reduce((sum, { kl }) => sum + kl, 0)
      expect(mean(2)).toBeGreaterThan(3 * mean(4))
    },
  )

  it('is the same in many small pieces, and says beforehand how many', async () => {
    const gpu = await testGpu()
    const whole = await scan(gpu, model, request())
    const steps: [number, number][] = []
    const onProgress = (p: Progress) => {
      if (p.type === 'phase' && p.phase === 'evaluate') steps.push([p.done, p.total])
    }
    // six windows at a time: the original's and five probes'
    const roundBytes = 6 * 4 * 10 * spec.hidden
    const cut = await scan(gpu, model, request({ roundBytes, onProgress }))
    expect(cut.records.map(({ unit, bits }) => [unit, bits])).toEqual(
      whole.records.map(({ unit, bits }) => [unit, bits]),
    )
    for (const [i, { kl }] of cut.records.entries()) expect(kl / whole.records[i]!.kl).toBeCloseTo(1, 6)
    const total = steps[0]![1]
    expect(steps).toEqual(Array.from({ length: total }, (_, done) => [done, total]))
  })

  it('stops when asked to', async () => {
    const gpu = await testGpu()
    const abort = new AbortController()
    const onProgress = (p: Progress) => p.type === 'phase' && p.done === 9 && abort.abort()
    await expect(scan(gpu, model, request({ signal: abort.signal, onProgress }))).rejects.toThrow(CancelledError)
  })

  it('runs only what changes', () => {
    const probes = probesOf(spec, 'module', [4])
    const text = { windows: 6, length: 10 }
    const plan = planScan(spec, probes, text, { most: 6, roundBytes: 1e9 })
    // 3 blocks and the head of the original; of 7 modules a block what is left from there, and the head
    expect(plan).toMatchObject({ step: 6, one: 4, passes: 4 + 7 * (4 + 3 + 2) })
    expect(() => planScan(spec, probes, text, { most: 6, roundBytes: 1e3 })).toThrow(FormatError)
  })
})
