import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { expectClose, smallGpu, testGpu } from '../../test/device'
import { sharedPath, sharedTest } from '../../test/shared'
import { openedTiny, tinyConfig, tinyText } from '../../test/tiny-checkpoint'
import { CancelledError, NumericalError } from '../errors'
import { folderSources } from '../formats/node-files'
import type { Gpu } from '../gpu/device'
import { linearName } from '../models/required-tensors'
import { nllSumReference, outputGradientReference } from '../reference/gradients'
import { type GradientOptions, outputGradients } from './gradients'
import { type OpenedModel, openFiles, weightsOf } from './opened'
import { perplexity } from './perplexity'
import { calibrationWindows, type Windows } from './windows'

/** Small enough to nudge every number of every output. */
const config = {
  ...tinyConfig,
  ...{ vocab_size: 23, hidden_size: 6, intermediate_size: 7, num_hidden_layers: 2 },
  ...{ num_attention_heads: 4, num_key_value_heads: 2, head_dim: 2 },
}

const windowsOf = ({ tokenizer }: OpenedModel, samples: number, length: number, text = tinyText(200)): Windows =>
  calibrationWindows(tokenizer, text, { text: 'letters', samples, length, pick: 'first' }, 0)

/** A run that must leave the device's memory as it was. */
async function run(gpu: Gpu, model: OpenedModel, windows: Windows, options?: GradientOptions) {
  const before = gpu.pool.liveBytes
  try {
    return await outputGradients(gpu, model.spec, weightsOf(gpu, model), windows, options)
  } finally {
    expect(gpu.pool.liveBytes, 'live bytes after the run').toBe(before)
  }
}

describe('output gradients', () => {
  const { model, spec, weights } = openedTiny(config)

  it('are those of the float64 model, for every row and every token of every linear', async () => {
    const windows = windowsOf(model, 3, 5)
    const { linears, nll } = await run(await testGpu(), model, windows)
    const texts = [0, 1, 2].map((w) => Array.from(windows.ids.subarray(5 * w, 5 * w + 5)))
    const sum = texts.reduce((all, ids) => all + nllSumReference(spec, weights, ids), 0)
    expect(Math.abs(nll / (sum / 12) - 1)).toBeLessThan(1e-5)
    expect([...linears.keys()]).toEqual([0, 1].flatMap((layer) => spec.linears.map((l) => linearName(layer, l))))
    for (let layer = 0; layer < 2; layer++)
      for (const linear of spec.linears) {
        const g = texts.flatMap((ids) => [...outputGradientReference(spec, weights, ids, layer, linear)])
        const { out } = linear
        const rows = Array.from(
          { length: out },
          (_, r) => g.reduce((s, x, i) => (i % out === r ? s + x * x : s), 0) / 15,
        )
        const tokens = Array.from({ length: 15 }, (_, t) =>
          g.slice(t * out, t * out + out).reduce((s, x) => s + (x * x) / out, 0),
        )
        const actual = linears.get(linearName(layer, linear))!
        const mean = rows.reduce((a, b) => a + b) / out
        // float32 gradients through two blocks; squares double the relative error
        expectClose(actual.rows, rows, { rtol: 1e-4, atol: mean * 1e-5 })
        expectClose(actual.tokens, tokens, { rtol: 1e-4, atol: mean * 1e-5 })
        expect(Math.abs(actual.mean / mean - 1)).toBeLessThan(1e-4)
        for (const last of [4, 9, 14]) expect(actual.tokens[last], 'nothing follows the last token').toBe(0)
      }
  }, 60_000)

  it('are the same however windows are batched and swept, vocabulary and logits split', async () => {
    const large = openedTiny({ ...tinyConfig, vocab_size: 1500 }).model
    const windows = windowsOf(large, 9, 10)
    const whole = await run(await testGpu(), large, windows)
    const progress: string[] = []
    const split = await run(await smallGpu(4 * 4 * 4 * 59 * 20), large, windows, {
      stateBytes: 2 * 4 * 4 * 36 * 20,
      onProgress: (done, total) => progress.push(`${done}/${total}`),
    })
    expect(Math.abs(split.nll / whole.nll - 1)).toBeLessThan(1e-6)
    for (const [name, { rows, tokens, mean }] of whole.linears) {
      expectClose(split.linears.get(name)!.rows, rows, { rtol: 1e-4, atol: mean * 1e-5 })
      expectClose(split.linears.get(name)!.tokens, tokens, { rtol: 1e-4, atol: mean * 1e-5 })
    }
    // five batches of two windows or less, two batches a sweep, three blocks there and back
    expect(progress).toEqual(Array.from({ length: 18 }, (_, i) => `${i}/18`))
  })

  it('stop when asked to, there and back, and run again', async () => {
    const gpu = await testGpu()
    const windows = windowsOf(model, 2, 5)
    for (const stop of [1, 3]) {
      const abort = new AbortController()
      const onProgress = (done: number) => done === stop && abort.abort()
      await expect(run(gpu, model, windows, { signal: abort.signal, onProgress })).rejects.toThrow(CancelledError)
    }
    expect((await run(gpu, model, windows)).linears.size).toBe(14)
  })

  it('say so when the model overflows', async () => {
    const broken = openedTiny(config)
    for (const role of ['gate', 'up']) broken.weights.get(`model.layers.1.mlp.${role}_proj.weight`)!.fill(1e30)
    await expect(run(await testGpu(), broken.model, windowsOf(model, 2, 5))).rejects.toThrow(NumericalError)
  })

  sharedTest(
    'of wren-nano come with the perplexity of its other path',
    ['models/wren-nano', 'texts/wiki.test.raw'],
    async () => {
      const gpu = await testGpu()
      const nano = await openFiles(await folderSources(sharedPath('models/wren-nano')), 'wren-nano')
      const text = readFileSync(sharedPath('texts/wiki.test.raw'), 'utf8').slice(0, 20_000)
      const windows = windowsOf(nano, 6, 96, text)
      const { nll, linears } = await run(gpu, nano, windows)
      const report = await perplexity(gpu, nano, weightsOf(gpu, nano), {
        ...{ text: { name: 'wiki', text }, protocol: 'windows:96', maxTokens: 6 * 96 },
      })
      expect(report.tokens).toBe(6 * 95)
      // a software adapter adds the exponentials of a row one after another there, in 256 sums here
      expect(Math.abs(nll / report.nll - 1)).toBeLessThan(1e-5)
      for (const { mean } of linears.values()) expect(mean).toBeGreaterThan(0)
    },
  )
})
