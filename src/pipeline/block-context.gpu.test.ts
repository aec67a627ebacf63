import { describe, expect, it } from 'vitest'
import { affineSample } from '../../test/affine'
import { expectClose, testGpu } from '../../test/device'
import { whole } from '../../test/panels'
import { openedTiny, tinyConfig, tinyText } from '../../test/tiny-checkpoint'
import { dequantize } from '../formats/affine'
import { CausalModel } from '../models/causal-model'
import { linearName } from '../models/required-tensors'
import { type BlockWeights, CheckpointWeights } from '../models/weights'
import { blockReference, embedReference } from '../reference/llama'
import { matmulReference } from '../reference/matmul'
import { batchesOf } from './batching'
import { CalibratedBlock } from './block-context'
import { PauseSwitch } from './pause'
import { HiddenStream } from './streams'
import { calibrationWindows } from './windows'

const config = { ...tinyConfig, num_hidden_layers: 1, hidden_size: 20, intermediate_size: 33, head_dim: 6 }
const [SAMPLES, LENGTH] = [5, 8]

/** The only block of a model, with both streams before it; `q`, `k` and `v` may be handed over as random codes. */
async function withBlock(
  compares: boolean,
  work: (
    block: CalibratedBlock,
    commit: () => Promise<Map<string, Float32Array>>,
    original: BlockWeights,
  ) => Promise<void>,
) {
  const gpu = await testGpu()
  const { model, spec, weights } = openedTiny(config)
  const recipe = { text: 'letters', samples: SAMPLES, length: LENGTH, pick: 'first' } as const
  const windows = calibrationWindows(model.tokenizer, tinyText(100), recipe, 0)
  const before = gpu.pool.liveBytes
  const causal = await CausalModel.load(gpu, spec, new CheckpointWeights(gpu, model.source), {
    ...{ positions: LENGTH, ends: 'embedding' },
  })
  // two batches, the last one smaller
  const stream = await HiddenStream.start(gpu, causal, batchesOf(gpu.info, spec, windows, 3))
  const beside = await stream.fork()
  await causal.forEachBlock(async (original) => {
    const block = new CalibratedBlock(gpu, causal, original, {
      ...{ layer: 0, seed: 0, stream, originalStream: beside, compares },
      ...{ pause: new PauseSwitch(), signal: undefined, report: () => {} },
    })
    const commit = async () => {
      const changed = new Map<string, Float32Array>()
      for (const linear of spec.linears.filter(({ stage }) => stage === 0)) {
        const name = linearName(0, linear)
        const { out, in: columns } = linear
        const shape = { out, columns, widths: [[2, 1]] as [2, 1][], grid: 'range' as const, zeroBits: 2 as const }
        const codes = affineSample({ ...shape, groupSize: 8, permuted: false, named: false, seed: out }, name).linear
        const rest = { damping: null, deadColumns: 0, warnings: [] }
        await block.commit({ spec: linear, linear: codes, ...rest }, 0)
        changed.set(`${name}.weight`, dequantize(codes))
      }
      return changed
    }
    await work(block, commit, { ...original, linears: { ...original.linears } })
    Object.assign(original.linears, block.weights.linears)
  })
  await stream.free()
  beside.free()
  causal.free()
  await gpu.settle()
  expect(gpu.pool.liveBytes, 'live bytes afterwards').toBe(before)
  return { spec, weights, ids: windows.ids }
}

describe('a block under calibration', () => {
  it('compares its inputs with those of the original block, batch by batch', async () => {
    const gpu = await testGpu()
    const crosses = new Map<number, Float32Array>()
    const hessians = new Map<number, Float32Array>()
    let changed = new Map<string, Float32Array>()
    const { spec, weights, ids } = await withBlock(true, async (block, commit) => {
      const [first] = (await block.hessians([0])).values()
      // nothing is quantized yet: the same inputs
      expectClose(await gpu.readF32(whole(first!.cross!)), await gpu.readF32(whole(first!.panels)), {
        rtol: 1e-5,
        atol: 1e-6,
      })
      changed = await commit()
      for (const [stage, { cross, panels }] of await block.hessians([1, 2, 3])) {
        crosses.set(stage, await gpu.readF32(whole(cross!)))
        hessians.set(stage, await gpu.readF32(whole(panels)))
      }
      block.free()
      block.freeOriginals()
    })
    const states = Array.from({ length: SAMPLES }, (_, w) =>
      embedReference(spec, weights, [...ids.subarray(w * LENGTH, (w + 1) * LENGTH)]),
    )
    const now = new Map<string, ArrayLike<number>>([...weights, ...changed]) as typeof weights
    for (const stage of [1, 2, 3] as const) {
      const inputs = (from: typeof weights) =>
        Float64Array.from(states.flatMap((x) => [...blockReference(spec, from, 0, x).inputs[stage]]))
      const [x0, x] = [inputs(weights), inputs(now)]
      const tokens = SAMPLES * LENGTH
      const n = x.length / tokens
      const product = (a: Float64Array) =>
        matmulReference(a, x, { m: n, n, k: tokens, transA: true }).map((value) => (2 / tokens) * value)
      // a block in float32, relative to the largest entry
      const size = Math.max(...product(x))
      expectClose(hessians.get(stage)!, product(x), { atol: 2e-5 * size })
      expectClose(crosses.get(stage)!, product(x0), { atol: 2e-5 * size })
      const apart = crosses
        .get(stage)!
        .reduce((most, c, at) => Math.max(most, Math.abs(c - hessians.get(stage)![at]!)), 0)
      expect(apart).toBeGreaterThan(0.01 * size)
    }
  })

  it.each([true, false])('keeps original weights as long as they are compared with: %o', async (compares) => {
    const { pool } = await testGpu()
    await withBlock(compares, async (block, commit, { linears: { q, up } }) => {
      const [stage] = (await block.hessians([0])).values()
      expect(stage!.cross === null).toBe(!compares)
      const before = pool.liveBytes
      await commit()
      const grown = pool.liveBytes - before
      expect(block.weights.linears.q.weight).not.toBe(q.weight)
      expect(block.weights.linears.up.weight).toBe(up.weight)
      if (compares) expect(pool.alive().has(q.weight.buffer)).toBe(true)
      else expect(grown).toBe(0)
      block.free()
      const bytes = pool.liveBytes
      block.freeOriginals()
      expect(bytes - pool.liveBytes).toBe(grown)
      expect(pool.alive().has(up.weight.buffer)).toBe(true)
    })
  })
})
