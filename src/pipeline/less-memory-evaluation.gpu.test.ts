import { expect, it } from 'vitest'
import { scarceGpu } from '../../test/scarce-gpu'
import { openedTiny, tinyConfig, tinyText } from '../../test/tiny-checkpoint'
import { GpuOutOfMemoryError } from '../errors'
import type { Gpu } from '../gpu/device'
import type { Progress } from '../records'
import { divergence } from './divergence'
import { weightsOf } from './opened'
import { perplexity } from './perplexity'
import { scan } from './scan'
import { zeroShot } from './zero-shot'
import { parseTask } from './zero-shot-task'

const LENGTH = 24
const { model } = openedTiny({ ...tinyConfig, max_position_embeddings: LENGTH })
/** Eight windows a batch. */
const BINDING = 4 * 4 * 59 * LENGTH * 8

const text = { name: 'letters', text: tinyText(40 * LENGTH) }
const request = { text, protocol: `windows:${LENGTH}`, maxTokens: null }
const items = Array.from({ length: 40 }, (_, i) => ({
  query: tinyText(10, i).replaceAll(/\s/g, 'x'),
  choices: ['one', 'another'],
  gold: i % 2,
}))
const task = parseTask('tiny.jsonl', items.map((item) => JSON.stringify(item)).join('\n'))

interface Options {
  readonly roundBytes?: number
  readonly onProgress?: (progress: Progress) => void
}

/** Each gives numbers that do not depend on how it was batched but for the order of sums. */
const evaluations: Record<string, (gpu: Gpu, options: Options) => Promise<number[]>> = {
  perplexity: async (gpu, options) => {
    const report = await perplexity(gpu, model, weightsOf(gpu, model), { ...request, ...options })
    return [report.nll, ...report.positions.map(({ nll }) => nll)]
  },
  divergence: async (gpu, options) => {
    const other = openedTiny({ ...tinyConfig, max_position_embeddings: LENGTH, rope_theta: 400 }).model
    const sides = [model, other].map((of) => ({ model: of, weights: weightsOf(gpu, of) }))
    const report = await divergence(gpu, { original: sides[0]!, quantized: sides[1]! }, { ...request, ...options })
    return [report.kl.mean]
  },
  scan: async (gpu, options) => {
    const grid = { groupSize: 32, symmetric: false }
    const report = await scan(gpu, model, {
      ...{ ...request, ...options, ...grid, maxTokens: 9 * LENGTH, by: 'layer', widths: [2] },
    })
    return report.records.flatMap(({ kl, perplexity }) => [kl, perplexity])
  },
  'a zero-shot task': async (gpu, options) => {
    const report = await zeroShot(gpu, model, weightsOf(gpu, model), { task, ...options })
    return report.logLikelihoods.flat()
  },
}

it.each(Object.entries(evaluations))('%s goes on in smaller batches, then is refused', async (_, evaluate) => {
  const { gpu, memory } = await scarceGpu(BINDING)
  gpu.pool.keepBytes = 0
  const peakOf = async (work: () => Promise<number[]>): Promise<[bytes: number, found: number[]]> => {
    memory.peak = 0
    const found = await work()
    gpu.pool.trim()
    expect(memory.used).toBe(0)
    return [memory.peak, found]
  }
  const [most, expected] = await peakOf(() => evaluate(gpu, {}))
  const tight = { roundBytes: 2 * 4 * 36 * LENGTH }
  const [least] = await peakOf(() => gpu.withBatches(LENGTH, () => evaluate(gpu, tight)))
  expect(least).toBeLessThan(most)

  const warnings: string[] = []
  const onProgress = (progress: Progress) => {
    if (progress.type === 'warning') warnings.push(progress.text)
  }
  memory.budget = (most + least) / 2
  const [peak, found] = await peakOf(() => evaluate(gpu, { onProgress }))
  expect(peak).toBeLessThanOrEqual(memory.budget)
  expect(warnings[0]).toMatch(/^the GPU's memory ran out \(.+\): going on with \d windows? a batch and 1 MiB of hidden/)
  for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i]!, 4)

  memory.budget = least / 2
  const refused = evaluate(gpu, {})
  await expect(refused).rejects.toThrow(GpuOutOfMemoryError)
  await expect(refused).rejects.toThrow(
    /got "Out of memory" with 1 window a batch and 1 MiB of hidden states at once, too/,
  )
  expect(gpu.pool.liveBytes).toBe(0)
  expect(memory.used).toBe(0)
})
