import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { smallGpu, testGpu } from '../../test/device'
import { openedTiny, tinyConfig, tinyText } from '../../test/tiny-checkpoint'
import { folderSources } from '../formats/node-files'
import { outputGradients } from './gradients'
import { forecastGradients } from './gradients-forecast'
import { type OpenedModel, openFiles, weightsOf } from './opened'
import { calibrationWindows } from './windows'

const tiny = async (config = {}): Promise<OpenedModel> => openedTiny({ ...tinyConfig, ...config }).model
const bundled = async (name: string): Promise<OpenedModel> =>
  openFiles(await folderSources(resolve(import.meta.dirname, `../../public/models/${name}`)), name)

it.each<[string, () => Promise<OpenedModel>, { windows: number; length: number; stateBytes?: number }, number?]>([
  ['tiny, one batch', tiny, { windows: 4, length: 50 }],
  ['tiny, many batches', tiny, { windows: 9, length: 50 }, 4 * 4 * 4 * 59 * 100],
  ['tiny, many sweeps', tiny, { windows: 9, length: 50, stateBytes: 2 * 4 * 4 * 36 * 100 }, 4 * 4 * 4 * 59 * 100],
  ['tiny, wide head', () => tiny({ vocab_size: 5000, tie_word_embeddings: true }), { windows: 5, length: 20 }],
  ['tiny, one narrow layer', () => tiny({ num_hidden_layers: 1, intermediate_size: 5 }), { windows: 3, length: 64 }],
  ['wren-nano', () => bundled('wren-nano'), { windows: 12, length: 64 }],
])('the forecast for output gradients is what they take: %s', async (_, open, asked, maxBindingBytes) => {
  const gpu = maxBindingBytes ? await smallGpu(maxBindingBytes) : await testGpu()
  const model = await open()
  const text = model.name === 'tiny' ? tinyText(1000) : 'It was a bright day. '.repeat(300)
  const recipe = { text: 'letters', samples: asked.windows, length: asked.length, pick: 'first' } as const
  const windows = calibrationWindows(model.tokenizer, text, recipe, 0)
  expect(windows.count).toBe(asked.windows)
  const { weights, states, activations, peak } = forecastGradients(model.spec, asked, gpu.info)
  expect(weights + states + activations).toBe(peak)
  gpu.pool.resetPeak()
  const before = gpu.pool.liveBytes
  const { stateBytes } = asked
  await outputGradients(gpu, model.spec, weightsOf(gpu, model), windows, stateBytes ? { stateBytes } : {})
  const measured = gpu.pool.peakBytes - before
  expect(peak / measured).toBeGreaterThan(0.95)
  expect(peak / measured).toBeLessThan(1.05)
})
