import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { smallGpu, testGpu } from '../../test/device'
import { sharedPath, sharedTest } from '../../test/shared'
import { openedTiny, tinyConfig, tinyText } from '../../test/tiny-checkpoint'
import { CancelledError, FormatError, NumericalError } from '../errors'
import { folderSources } from '../formats/node-files'
import type { Gpu } from '../gpu/device'
import type { Progress } from '../records'
import { nllMeanReference } from '../reference/llama'
import { type OpenedModel, openFiles, weightsOf } from './opened'
import { type PerplexityRequest, perplexity } from './perplexity'

/** A run that must leave the device's memory as it was. */
async function run(gpu: Gpu, model: OpenedModel, request: PerplexityRequest) {
  const before = gpu.pool.liveBytes
  try {
    return await perplexity(gpu, model, weightsOf(gpu, model), request)
  } finally {
    expect(gpu.pool.liveBytes, 'live bytes after the run').toBe(before)
  }
}

const request = (more: Partial<PerplexityRequest> = {}): PerplexityRequest => ({
  ...{ text: { name: 'letters', text: tinyText(111) }, protocol: 'windows:10', maxTokens: null },
  ...more,
})

/** Windows of 10 tokens of the first `tokens` letters, the first letter of each replaced by BOS where given. */
function windowsOf({ tokenizer }: OpenedModel, tokens: number, bos?: number): number[][] {
  const ids = tokenizer.encode(request().text.text, { bos: bos !== undefined })
  return Array.from({ length: Math.floor(Math.min(tokens, ids.length) / 10) }, (_, w) => {
    const window = ids.slice(10 * w, 10 * w + 10)
    return bos === undefined ? window : [bos, ...window.slice(1)]
  })
}

describe('perplexity', () => {
  const { model, spec, weights } = openedTiny(tinyConfig)
  /** Room for 3 windows a batch: [30, 59] activations are a quarter of it. */
  const SMALL = 4 * 4 * 59 * 30

  it('is the float64 model’s under windows:L: all tokens but each first one', async () => {
    const report = await run(await testGpu(), model, request())
    const expected = nllMeanReference(spec, weights, windowsOf(model, 111), 1)
    expect(report).toMatchObject({ protocol: 'windows:10', text: 'letters', tokens: 99, windows: 11 })
    expect(Math.abs(report.nll / expected - 1)).toBeLessThan(1e-5)
    expect(report.perplexity).toBe(Math.exp(report.nll))
  })

  it('is the float64 model’s under llama.cpp:L: BOS first, the second half scored', async () => {
    const report = await run(await testGpu(), model, request({ protocol: 'llama.cpp:10' }))
    const expected = nllMeanReference(spec, weights, windowsOf(model, 112, 0), 6)
    expect(report).toMatchObject({ tokens: 44, windows: 11 })
    expect(Math.abs(report.nll / expected - 1)).toBeLessThan(1e-5)
  })

  it('is the same however windows are batched, rounds cut, vocabulary and logits split', async () => {
    const gpu = await smallGpu(SMALL)
    const large = openedTiny({ ...tinyConfig, vocab_size: 1500 }) // three shards of embedding and head, 4 rows of logits
    const progress: number[] = []
    const report = await run(gpu, large.model, {
      ...request({ protocol: 'llama.cpp:10', maxTokens: 105 }),
      roundBytes: 2 * 4 * 36 * 30, // two batches of three windows
      onProgress: (p: Progress) => p.type === 'phase' && p.phase === 'evaluate' && progress.push(p.done / p.total),
    })
    const expected = nllMeanReference(large.spec, large.weights, windowsOf(large.model, 105, 0), 6)
    expect(report).toMatchObject({ tokens: 40, windows: 10 })
    expect(Math.abs(report.nll / expected - 1)).toBeLessThan(1e-5)
    // four batches pass three blocks and the head
    expect(progress).toEqual(Array.from({ length: 16 }, (_, i) => i / 16))
  })

  it('stops when asked to, at a block and before the head, and runs again', async () => {
    const gpu = await testGpu()
    for (const stop of [1, 3]) {
      const abort = new AbortController()
      const onProgress = (p: Progress) =>
        p.type === 'phase' && p.phase === 'evaluate' && p.done === stop && abort.abort()
      await expect(run(gpu, model, request({ signal: abort.signal, onProgress }))).rejects.toThrow(CancelledError)
    }
    expect((await run(gpu, model, request())).tokens).toBe(99)
  })

  it('names what is wrong: a short text, a tensor, an overflow', async () => {
    const gpu = await testGpu()
    await expect(run(gpu, model, request({ maxTokens: 9 }))).rejects.toThrow(FormatError)
    const broken = openedTiny(tinyConfig)
    const up = broken.weights.get('model.layers.2.mlp.up_proj.weight')!
    up[3] = Number.POSITIVE_INFINITY
    await expect(run(gpu, broken.model, request())).rejects.toThrow(
      /model.layers.2.mlp.up_proj.weight.*got Infinity at element 3/,
    )
    up.fill(1e30)
    broken.weights.get('model.layers.2.mlp.gate_proj.weight')!.fill(1e30)
    await expect(run(gpu, broken.model, request())).rejects.toThrow(NumericalError)
    expect((await run(gpu, model, request())).tokens).toBe(99)
  })
})

describe('perplexity of stories260K on its first 60 windows', () => {
  const reference = 'reference/reference.json'
  const text = 'texts/tinystories_val.txt'
  for (const protocol of ['windows:256', 'llama.cpp:256'])
    sharedTest(`is NumPy’s under ${protocol}`, ['models/stories260K', text, reference], async () => {
      const { ppl, 'ppl_llama.cpp:256': llama } = JSON.parse(readFileSync(sharedPath(reference), 'utf8')).models
        .stories260K
      const expected = (protocol === 'windows:256' ? ppl : llama)['tinystories_val.txt']
      const model = await openFiles(await folderSources(sharedPath('models/stories260K')), 'stories260K')
      const report = await run(await testGpu(), model, {
        text: { name: 'tinystories', text: readFileSync(sharedPath(text), 'utf8').slice(0, 100_000) },
        ...{ protocol, maxTokens: 60 * 256 },
      })
      expect(report.tokens).toBe(expected.tokens_scored)
      expect(Math.abs(report.perplexity / expected.ppl - 1)).toBeLessThan(1e-3)
    })
})
