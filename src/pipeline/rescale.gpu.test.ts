import { describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { whole } from '../../test/panels'
import { openedTiny, tinyConfig, tinyText } from '../../test/tiny-checkpoint'
import { NumericalError } from '../errors'
import type { Gpu } from '../gpu/device'
import { rtn } from '../methods/rtn/rtn'
import { CausalModel } from '../models/causal-model'
import { CheckpointWeights } from '../models/weights'
import { batchesOf } from './batching'
import { CalibratedBlock } from './block-context'
import { PauseSwitch } from './pause'
import { HiddenStream } from './streams'
import { calibrationWindows } from './windows'

/** v has a row for every column of o. */
const plain = {
  ...tinyConfig,
  ...{ num_hidden_layers: 1, hidden_size: 20, intermediate_size: 33, head_dim: 6, num_key_value_heads: 4 },
}
const grouped = { ...plain, num_key_value_heads: 2 }
const bare = { ...plain, attention_bias: false, mlp_bias: false }
const LENGTH = 8

/** The only block of a model, with streams of two batches before it. */
async function withBlock(
  config: Record<string, unknown>,
  compares: boolean,
  work: (gpu: Gpu, block: CalibratedBlock, output: () => Promise<Float32Array>) => Promise<void>,
) {
  const gpu = await testGpu()
  const { model, spec } = openedTiny(config)
  const recipe = { text: 'letters', samples: 5, length: LENGTH, pick: 'first' } as const
  const windows = calibrationWindows(model.tokenizer, tinyText(100), recipe, 0)
  const before = gpu.pool.liveBytes
  const causal = await CausalModel.load(gpu, spec, new CheckpointWeights(gpu, model.source), {
    ...{ positions: LENGTH, ends: 'embedding' },
  })
  const stream = await HiddenStream.start(gpu, causal, batchesOf(gpu.info, spec, windows, 3))
  const originalStream = await stream.fork()
  await causal.forEachBlock(async (original) => {
    const block = new CalibratedBlock(gpu, causal, original, {
      ...{ layer: 0, seed: 0, stream, originalStream, compares },
      ...{ pause: new PauseSwitch(), signal: undefined, report: () => {} },
    })
    await work(gpu, block, async () => {
      const rec = gpu.record()
      const y = await stream.run(rec, block.weights, 0)
      await gpu.submit(rec)
      const values = await gpu.readF32(y)
      gpu.free(y)
      return values
    })
    block.free()
    block.freeOriginals()
    Object.assign(original.linears, block.weights.linears)
  })
  await stream.free()
  await originalStream.free()
  causal.free()
  await gpu.settle()
  expect(gpu.pool.liveBytes, 'live bytes afterwards').toBe(before)
}

const scalesFor = (block: CalibratedBlock, stage: number): Float32Array<ArrayBuffer> =>
  noise(block.model.linears.find((linear) => linear.stage === stage)!.in, stage + 1).map((value) => 1.2 + value)

async function rescale(gpu: Gpu, block: CalibratedBlock, stage: number): Promise<void> {
  const scales = gpu.upload(scalesFor(block, stage))
  await block.rescale(stage, scales)
  gpu.free(scales)
}

const changedNames = async (block: CalibratedBlock) =>
  (await block.changes()).map(([name]) => name.split('layers.0.')[1])

describe('rescaling a block', () => {
  it.each([
    [
      'with biases',
      plain,
      [0, 1, 2, 3],
      ['input_layernorm.weight', 'self_attn.v_proj.bias', 'post_attention_layernorm.weight', 'mlp.up_proj.bias'],
    ],
    ['without', bare, [3, 2, 1, 0], ['post_attention_layernorm.weight', 'input_layernorm.weight']],
    [
      'of grouped queries',
      grouped,
      [0, 2, 3],
      ['input_layernorm.weight', 'post_attention_layernorm.weight', 'mlp.up_proj.bias'],
    ],
  ])('keeps what it computes: %s', (_, config, stages, changed) =>
    withBlock(config, false, async (gpu, block, output) => {
      const before = await output()
      const weight = async (stage: number) =>
        gpu.readF32(block.weight(block.model.linears.findLast((l) => l.stage === stage)!))
      for (const stage of stages) {
        const w = await weight(stage)
        const s = scalesFor(block, stage)
        await rescale(gpu, block, stage)
        expectClose(
          await weight(stage),
          w.map((value, at) => value * s[at % s.length]!),
          { rtol: 1e-6 },
        )
      }
      // a few roundings in every weight and its input, through sums of at most 33 terms
      expectClose(await output(), before, { atol: 1e-5 * Math.max(...before.map(Math.abs)) })
      expect(await changedNames(block)).toEqual(changed)
      for (const [name, values] of await block.changes()) expect(values.length, name).toBeGreaterThan(0)
    }),
  )

  it('drops the Hessian of its stage, and later ones are of the new inputs', () =>
    withBlock(plain, false, async (gpu, block) => {
      const before = await gpu.readF32(whole((await block.hessians([0, 2])).get(2)!.panels))
      const bytes = gpu.pool.liveBytes
      const s = scalesFor(block, 2)
      await rescale(gpu, block, 2)
      expect(gpu.pool.liveBytes).toBeLessThan(bytes)
      const after = await gpu.readF32(whole((await block.hessians([2])).get(2)!.panels))
      const n = s.length
      const expected = before.map((value, at) => value / (s[at % n]! * s[Math.floor(at / n)]!))
      expectClose(after, expected, { atol: 1e-5 * Math.max(...expected) })
    }))

  it('rescales the original block too where the two are compared', () =>
    withBlock(plain, true, async (gpu, block) => {
      for (const stage of [0, 1, 2, 3]) await rescale(gpu, block, stage)
      // nothing is quantized: the inputs are the same
      for (const [, { panels, cross }] of await block.hessians([0, 1, 2, 3]))
        expectClose(await gpu.readF32(whole(cross!)), await gpu.readF32(whole(panels)), { rtol: 1e-5, atol: 1e-6 })
      for await (const module of rtn.quantize(block, { grid: 'free', bits: 4, groupSize: -1, symmetric: false }))
        expect((await (await block.commit(module, 0)).value).error.weight).toBeLessThan(0.02)
    }))

  it('refuses scales that are no scales', () =>
    withBlock(plain, false, async (gpu, block) => {
      for (const bad of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
        const scales = gpu.upload(scalesFor(block, 3).fill(bad, 7, 8))
        const failure = block.rescale(3, scales)
        await expect(failure).rejects.toThrow(NumericalError)
        await expect(failure).rejects.toThrow(
          `mlp.down_proj: expected positive finite scales of its columns, got ${bad} in column 7`,
        )
        gpu.free(scales)
      }
    }))

  it('refuses o where queries share values, and a block that is begun', () =>
    withBlock(grouped, false, async (gpu, block) => {
      await expect(gpu.scope(() => rescale(gpu, block, 1))).rejects.toThrow('nothing feeds stage 1')
      const [q] = block.model.linears
      for await (const module of rtn.quantize(block, { grid: 'free', bits: 8, groupSize: -1, symmetric: false }))
        if (module.spec === q) await block.commit(module, 0)
      await expect(gpu.scope(() => rescale(gpu, block, 2))).rejects.toThrow('finished linears')
    }))
})
