import { describe, expect, it } from 'vitest'
import { smallGpu, testGpu } from '../../test/device'
import { openedTiny, tinyConfig, tinyText } from '../../test/tiny-checkpoint'
import { CancelledError, FormatError, NumericalError } from '../errors'
import type { Gpu } from '../gpu/device'
import { divergenceReference } from '../reference/divergence'
import { llamaReference } from '../reference/llama'
import { nllReference } from '../reference/transformer'
import { divergence } from './divergence'
import { type OpenedModel, weightsOf } from './opened'
import { type PerplexityRequest, perplexity } from './perplexity'

const request = (more: Partial<PerplexityRequest> = {}): PerplexityRequest => ({
  ...{ text: { name: 'letters', text: tinyText(111) }, protocol: 'windows:10', maxTokens: null },
  ...more,
})

/** The tiny model, and the same after its weights were rounded to steps. */
function pair(config: Record<string, unknown> = tinyConfig) {
  const [original, quantized] = [openedTiny(config), openedTiny(config)]
  for (const values of quantized.weights.values())
    for (let i = 0; i < values.length; i++) values[i] = Math.round(values[i]! * 8) / 8
  return { original, quantized }
}

/** A comparison that must leave the device's memory as it was. */
async function run(gpu: Gpu, original: OpenedModel, quantized: OpenedModel, more: Partial<PerplexityRequest> = {}) {
  const before = gpu.pool.liveBytes
  const sides = {
    original: { model: original, weights: weightsOf(gpu, original) },
    quantized: { model: quantized, weights: weightsOf(gpu, quantized) },
  }
  try {
    return await divergence(gpu, sides, request(more))
  } finally {
    expect(gpu.pool.liveBytes, 'live bytes after the run').toBe(before)
  }
}

/** The same in float64: KL, agreement and losses of all scored tokens. */
function expected({ original, quantized }: ReturnType<typeof pair>, windows: number, firstScored: number) {
  const { spec, model } = original
  const ids = model.tokenizer.encode(request().text.text)
  const found = { kl: [] as number[], agree: [] as boolean[], before: [] as number[], after: [] as number[] }
  for (let w = 0; w < windows; w++) {
    const window = ids.slice(10 * w, 10 * w + 10)
    const [a, b] = [original, quantized].map(({ weights }) => llamaReference(spec, weights, window))
    for (let at = firstScored; at < 10; at++) {
      const [p, q] = [a!, b!].map((logits) => logits.subarray((at - 1) * spec.vocab, at * spec.vocab))
      found.kl.push(divergenceReference(p!, q!))
      found.agree.push(p!.indexOf(Math.max(...p!)) === q!.indexOf(Math.max(...q!)))
      found.before.push(nllReference(p!, window[at]!))
      found.after.push(nllReference(q!, window[at]!))
    }
  }
  return found
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

describe('divergence from the original', () => {
  it('is that of the float64 models, token by token', async () => {
    const both = pair()
    const report = await run(await testGpu(), both.original.model, both.quantized.model)
    const { kl, agree, before, after } = expected(both, 11, 1)
    expect(report).toMatchObject({ tokens: 99, windows: 11, text: 'letters', protocol: 'windows:10', stored: false })
    expect(report.kl.mean / mean(kl)).toBeCloseTo(1, 4)
    const ascending = kl.toSorted((a, b) => a - b)
    expect(report.kl.median / ascending[49]!).toBeCloseTo(1, 4)
    expect(report.kl.max / ascending[98]!).toBeCloseTo(1, 4)
    // 0.99 · 98 = 97.02
    expect(report.kl.p99 / (0.98 * ascending[97]! + 0.02 * ascending[98]!)).toBeCloseTo(1, 4)
    expect(report.topAgreement.value).toBe(agree.filter(Boolean).length / 99)
    expect(report.original.nll).toBeCloseTo(mean(before), 5)
    expect(report.quantized.nll).toBeCloseTo(mean(after), 5)
    expect(report.ratio.value).toBeCloseTo(Math.exp(mean(after) - mean(before)), 5)
    const changes = after.map((loss, i) => Math.exp(-loss) - Math.exp(-before[i]!))
    expect(report.probabilityChange.rms).toBeCloseTo(Math.sqrt(mean(changes.map((change) => change ** 2))), 6)
    expect(report.histogram.counts.reduce((sum, count) => sum + count)).toBe(99)
  })

  it('agrees with the perplexity of each side alone', async () => {
    const gpu = await testGpu()
    const { original, quantized } = pair()
    const report = await run(gpu, original.model, quantized.model, { protocol: 'llama.cpp:10' })
    for (const [side, { model }] of [
      ['original', original],
      ['quantized', quantized],
    ] as const) {
      const {
        perplexity: value,
        nll,
        interval,
        positions,
      } = await perplexity(gpu, model, weightsOf(gpu, model), {
        ...request({ protocol: 'llama.cpp:10' }),
      })
      expect(report[side]).toEqual({ perplexity: value, nll, interval, positions })
      expect(positions.map(({ from }) => from)).toEqual([6, 7, 8, 9])
    }
  })

  it('is the same however batches, rounds and logits are cut', async () => {
    const both = pair({ ...tinyConfig, vocab_size: 1500 })
    const whole = await run(await testGpu(), both.original.model, both.quantized.model)
    const small = await smallGpu(4 * 4 * 59 * 30) // 2 rows of logits of each at a time
    const cut = await run(small, both.original.model, both.quantized.model, { roundBytes: 2 * 4 * 36 * 60 })
    expect(cut.kl.mean / whole.kl.mean).toBeCloseTo(1, 6)
    expect(cut.topAgreement).toEqual(whole.topAgreement)
  })

  it('of a model from itself is nothing', async () => {
    const { model } = openedTiny(tinyConfig)
    const report = await run(await testGpu(), model, model)
    expect(report).toMatchObject({ kl: { mean: 0, max: 0 }, topAgreement: { value: 1 }, ratio: { value: 1 } })
    expect(report.histogram.counts[0]).toBe(99)
  })

  it('refuses other vocabularies and tokenizers, stops when asked to, and names an overflow', async () => {
    const gpu = await testGpu()
    const { original, quantized } = pair()
    await expect(run(gpu, openedTiny({ ...tinyConfig, vocab_size: 90 }).model, quantized.model)).rejects.toThrow(
      FormatError,
    )
    const { tokenizer } = quantized.model
    const shifted = { ...tokenizer, encode: (text: string) => tokenizer.encode(text).map((id) => (id + 1) % 101) }
    await expect(run(gpu, original.model, { ...quantized.model, tokenizer: shifted })).rejects.toThrow(/other tokens/)
    const abort = new AbortController()
    const onProgress = () => abort.abort()
    const stopped = run(gpu, original.model, quantized.model, { signal: abort.signal, onProgress })
    await expect(stopped).rejects.toThrow(CancelledError)
    for (const name of ['gate', 'up']) quantized.weights.get(`model.layers.2.mlp.${name}_proj.weight`)!.fill(1e30)
    await expect(run(gpu, original.model, quantized.model)).rejects.toThrow(NumericalError)
  })
})
