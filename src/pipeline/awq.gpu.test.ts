import { describe, expect, it } from 'vitest'
import { asAffine } from '../../test/affine'
import { expectClose, testGpu } from '../../test/device'
import { openedTiny, tinyConfig, tinyText } from '../../test/tiny-checkpoint'
import { quantizeWhole as quantize, type WholeModel } from '../../test/whole'
import { scalesOf } from '../methods/awq/exponents'
import { inputMagnitudes } from '../methods/awq/magnitudes'
import { partErrors } from '../methods/awq/part-errors'
import { candidateOf, searchScales } from '../methods/awq/scales'
import { placesOf } from '../methods/reconstruction/windows'
import { BlockForward } from '../models/block'
import { CausalModel } from '../models/causal-model'
import { feedOf } from '../models/feeds'
import { linearName } from '../models/required-tensors'
import type { ModelSpec } from '../models/spec'
import { CheckpointWeights } from '../models/weights'
import type { Progress, Recipe } from '../records'
import { roundedReference } from '../reference/awq'
import { blockReference, embedReference } from '../reference/llama'
import { batchesOf } from './batching'
import { CalibratedBlock } from './block-context'
import { PauseSwitch } from './pause'
import { defaultRecipe } from './recipe'
import { HiddenStream } from './streams'
import { calibrationWindows } from './windows'

/** Loud and faint channels, so that scales matter; every query with values of its own, or pairs that share them. */
const config = (kvHeads: number) => ({
  ...tinyConfig,
  ...{ num_hidden_layers: 1, hidden_size: 40, intermediate_size: 72, head_dim: 10, num_key_value_heads: kvHeads },
})
function opened(kvHeads: number) {
  const tiny = openedTiny(config(kvHeads))
  for (const name of ['input', 'post_attention']) {
    const norm = tiny.weights.get(`model.layers.0.${name}_layernorm.weight`)!
    norm.forEach((w, j) => {
      norm[j] = j % 9 === 2 ? 8 * w : j % 9 === 5 ? 0 : w
    })
  }
  const up = tiny.weights.get('model.layers.0.mlp.up_proj.weight')!
  for (let i = 0; i < up.length; i++) if (Math.floor(i / 40) % 8 === 3) up[i]! *= 6
  return tiny
}

const [SAMPLES, LENGTH] = [7, 16]
const text = { name: 'letters', text: tinyText(400) }
const recipe = (method: string, options: Record<string, unknown>): Recipe => ({
  ...defaultRecipe(method),
  options: { bits: 3, groupSize: 32, ...options },
  calibration: { text: 'letters', samples: SAMPLES, length: LENGTH, pick: 'first' },
})

/** A run that leaves the device's memory as it was. */
async function run(
  kvHeads: number,
  options: Record<string, unknown> = {},
  onProgress: (progress: Progress) => void = () => {},
): Promise<WholeModel> {
  const gpu = await testGpu()
  const before = gpu.pool.liveBytes
  const result = await quantize(gpu, opened(kvHeads).model, {
    recipe: recipe('awq', options),
    calibration: text,
    onProgress,
  })
  expect(gpu.pool.liveBytes, 'live bytes after the run').toBe(before)
  return result
}

const codesOf = ({ linears }: WholeModel) => [...linears].map(([name, linear]) => [name, [...asAffine(linear).codes]])
const outputError = ({ report }: WholeModel) => report.modules.reduce((sum, { error }) => sum + error.output!, 0)

/** The only block of the model while a method works on it, its windows in batches of three. */
async function withBlock(
  kvHeads: number,
  work: (block: CalibratedBlock, all: ReturnType<typeof opened>) => Promise<void>,
) {
  const gpu = await testGpu()
  const all = opened(kvHeads)
  const { model, spec } = all
  const windows = calibrationWindows(model.tokenizer, text.text, recipe('awq', {}).calibration, 0)
  const before = gpu.pool.liveBytes
  const causal = await CausalModel.load(gpu, spec, new CheckpointWeights(gpu, model.source), {
    ...{ positions: LENGTH, ends: 'embedding' },
  })
  const stream = await HiddenStream.start(gpu, causal, batchesOf(gpu.info, spec, windows, 3))
  const beside = await stream.fork()
  await causal.forEachBlock(async (original) => {
    const setting = { layer: 0, seed: 0, stream, originalStream: beside, compares: false, signal: undefined }
    const block = new CalibratedBlock(gpu, causal, original, { ...setting, pause: new PauseSwitch(), report: () => {} })
    await work(block, all)
    block.free()
  })
  await stream.free()
  beside.free()
  causal.free()
  await gpu.settle()
  expect(gpu.pool.liveBytes, 'live bytes afterwards').toBe(before)
}

/** Hidden states of every window before the block, in float64. */
function states(spec: ModelSpec, weights: ReadonlyMap<string, Float32Array>): Float64Array[] {
  const ids = openedTiny(config(2)).model.tokenizer.encode(text.text)
  return Array.from({ length: SAMPLES }, (_, w) =>
    embedReference(spec, weights, ids.slice(w * LENGTH, (w + 1) * LENGTH)),
  )
}

describe('the search for scales', () => {
  it('compares the outputs of a half whose linears are rounded', async () => {
    await withBlock(2, async (block, { spec, weights }) => {
      const { gpu } = block
      const grid = { bits: 3, groupSize: 32, grid: 'free' } as const
      const magnitudes = await inputMagnitudes(block)
      for (const stage of [0, 2] as const) {
        const ratios = [0, 0.25, 0.6]
        const candidates = ratios.map((ratio) => scalesOf(magnitudes.get(stage)!, ratio))
        const tensors = ratios.map((ratio) => candidateOf(gpu, magnitudes.get(stage)!, ratio))
        const errors = await partErrors(block, stage, grid, tensors)
        for (const { scales, importance } of tensors) gpu.free(scales, importance)
        const expected = candidates.map((scales) => {
          const rounded = new Map(weights)
          for (const linear of spec.linears.filter((candidate) => candidate.stage === stage)) {
            const name = `${linearName(0, linear)}.weight`
            rounded.set(name, Float32Array.from(roundedReference(weights.get(name)!, scales, linear.in, grid)))
          }
          let error = 0
          for (const x of states(spec, weights)) {
            const [a, b] = [weights, rounded].map((of) => blockReference(spec, of, 0, x))
            const [y, z] = stage === 0 ? [a!.h, b!.h] : [a!.y, b!.y]
            for (let i = 0; i < y.length; i++) error += (y[i]! - z[i]!) ** 2
          }
          return error
        })
        // a weight beside a border may round the other way in float32
        expectClose(errors, expected, { rtol: 0.01 })
      }
    })
  })

  it.each([2, 4])('leaves the block what it computes, with %i heads of values', async (kvHeads) => {
    await withBlock(kvHeads, async (block, { spec, weights }) => {
      expect(feedOf(spec, 1) !== null).toBe(kvHeads === 4)
      const inputs = await inputMagnitudes(block)
      await searchScales(block, { bits: 2, groupSize: 32, grid: 'free' })
      const after = await inputMagnitudes(block)
      for (const stage of [0, 1, 2, 3] as const) {
        const scaled = inputs.get(stage)!.some((a, j) => Math.abs(after.get(stage)![j]! - a) > 1e-3 * a)
        expect(scaled, `stage ${stage}`).toBe(stage !== 1 || kvHeads === 4)
      }
      const { gpu, model, rope } = block
      const samples = block.samples()
      const [windows = 0] = samples.batches
      const rec = gpu.record()
      const input = await samples.windows(rec, placesOf(samples).slice(0, windows), 'input')
      const y = new BlockForward(gpu, model, rope).run(rec, block.weights, input, { windows, length: samples.length })
      gpu.free(input)
      await gpu.submit(rec)
      const expected = states(spec, weights)
        .slice(0, windows)
        .flatMap((x) => [...blockReference(spec, weights, 0, x).y])
      // sums of float32 round as their largest terms do
      const largest = Math.max(...expected.map(Math.abs))
      expectClose(await gpu.readF32(y), expected, { atol: 1e-5 * largest })
      gpu.free(y)
    })
  })
})

describe('AWQ', () => {
  it.each([2, 4])(
    'loses less than rounding to nearest, and less still with both its halves: %i heads of values',
    async (kvHeads) => {
      const [nearest, clipped, scaled, both] = [
        await run(kvHeads, { search: 'none' }),
        await run(kvHeads, { search: 'clips' }),
        await run(kvHeads, { search: 'scales' }),
        await run(kvHeads),
      ].map(outputError)
      expect(clipped!).toBeLessThan(nearest!)
      expect(scaled!).toBeLessThan(nearest!)
      expect(both!).toBeLessThan(Math.min(clipped!, scaled!))
    },
  )

  it('leaves the block what it gives but for rounding: at 8 bits nearly all of it', async () => {
    const drifts: number[] = []
    for (const search of ['scales', 'none'])
      await run(4, { bits: 8, search }, (progress) => {
        if (progress.type === 'block') drifts.push(progress.drift!)
      })
    const [scaled, plain] = drifts
    expect(plain).toBeLessThan(1e-3)
    expect(scaled).toBeLessThan(plain!)
  })

  it('gives the same codes again', async () => {
    expect(codesOf(await run(2))).toEqual(codesOf(await run(2)))
  })
})
