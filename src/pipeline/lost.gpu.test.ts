import { expect, it } from 'vitest'
import { freshGpu } from '../../test/device'
import { openedTiny, tinyText } from '../../test/tiny-checkpoint'
import { DeviceLostError } from '../errors'
import type { Progress } from '../records'
import { weightsOf } from './opened'
import { perplexity } from './perplexity'
import { quantize } from './quantize'
import { defaultRecipe } from './recipe'

const text = { name: 'letters', text: tinyText(500) }
const base = defaultRecipe('gptq')
const recipe = { ...base, calibration: { ...base.calibration, samples: 5, length: 64 } }

it.each(['embed', 'propagate', 'calibrate', 'module', 'block'])(
  'a device lost during quantize at %s is told, not waited for',
  async (event) => {
    const gpu = await freshGpu()
    const onProgress = (progress: Progress) => {
      if (progress.type === event || (progress.type === 'phase' && progress.phase === event)) gpu.device.destroy()
    }
    const { model } = openedTiny()
    const run = () => quantize(gpu, model, { recipe, calibration: text, onProgress })
    await expect(run()).rejects.toThrow(DeviceLostError)
    expect(gpu.pool.liveBytes).toBe(0)
    await expect(run()).rejects.toThrow(/reload to take a new one/)
  },
  10_000,
)

it('a device lost during perplexity is told', async () => {
  const gpu = await freshGpu()
  const { model } = openedTiny()
  const onProgress = (progress: Progress) => {
    if (progress.type === 'phase' && progress.phase === 'evaluate' && progress.done === 1) gpu.device.destroy()
  }
  const run = perplexity(gpu, model, weightsOf(gpu, model), {
    ...{ text, protocol: 'windows:32', maxTokens: null, onProgress },
  })
  await expect(run).rejects.toThrow(DeviceLostError)
  expect(gpu.pool.liveBytes).toBe(0)
}, 10_000)
