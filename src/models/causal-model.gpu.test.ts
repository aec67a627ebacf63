import { describe, expect, it } from 'vitest'
import { expectClose, testGpu } from '../../test/device'
import { tinyCheckpoint, tinyConfig } from '../../test/tiny-checkpoint'
import type { Tensor } from '../gpu/tensor'
import { NO_TARGET } from '../kernels/nll'
import { llamaReference } from '../reference/llama'
import { nllReference } from '../reference/transformer'
import { CausalModel } from './causal-model'
import { KvCache } from './kv-cache'
import { CheckpointWeights } from './weights'

const ids = Array.from({ length: 42 }, (_, i) => (i * 37 + 5) % 101)
// three blocks of float32 sums of some 60 terms of size 1, logits up to about 10
const tolerance = { atol: 1e-4, rtol: 1e-4 }

/** A model with the windows' last hidden states, block by block. */
async function forward(config: Record<string, unknown>, { windows = 1, shardBytes = 2 ** 20 } = {}) {
  const gpu = await testGpu()
  const { spec, source, weights } = tinyCheckpoint(config)
  const model = await CausalModel.load(gpu, spec, new CheckpointWeights(gpu, source), { positions: 64, shardBytes })
  const first = gpu.record()
  let x = model.embed(first, Uint32Array.from(ids))
  await gpu.submit(first)
  await model.forEachBlock(async (block) => {
    const rec = gpu.record()
    const y = model.block.run(rec, block, x, { windows, length: ids.length / windows })
    gpu.free(x)
    x = y
    await gpu.submit(rec)
  })
  return { gpu, spec, weights, model, x }
}

describe('CausalModel', () => {
  it.each([
    ['every option set', tinyConfig],
    ['every option at its default', { ...tinyConfig, head_dim: 10, attention_bias: false, mlp_bias: false, rope_scaling: null, tie_word_embeddings: true }],
  ])('gives the logits of the float64 model with %s', async (_, config) => {
    const { gpu, spec, weights, model, x } = await forward(config)
    const rec = gpu.record()
    const logits = model.logits(rec, x, { first: 0, count: ids.length })
    await gpu.submit(rec)
    expectClose(await gpu.readF32(logits), llamaReference(spec, weights, ids), tolerance)
    gpu.free(logits, x)
    model.free()
  }) // biome-ignore format: one case a line

  it('keeps windows apart, and scores targets from a head in shards', async () => {
    const windows = 3
    const length = ids.length / windows
    const { gpu, spec, weights, model, x } = await forward(tinyConfig, { windows, shardBytes: 4 * 36 * 13 })
    const rec = gpu.record()
    const targets = ids.map((_, i) => (i % length === length - 1 ? NO_TARGET : ids[i + 1]!))
    const best = gpu.alloc([ids.length], 'u32', 'likeliest')
    const scores = model.nll(rec, x, Uint32Array.from(targets), best)
    // the same of some rows only, in any order
    const some = [40, 3, 17, 3]
    const gathered = model.gather(rec, x, Uint32Array.from(some))
    const few = model.nll(
      rec,
      gathered,
      Uint32Array.from(some, (row) => targets[row]!),
    )
    await gpu.submit(rec)
    const expected = ids.map((_, i) => {
      if (targets[i] === NO_TARGET) return 0
      const start = Math.floor(i / length) * length
      const logits = llamaReference(spec, weights, ids.slice(start, i + 1))
      return nllReference(logits.slice(-spec.vocab), targets[i]!)
    })
    expectClose(await gpu.readF32(scores), expected, tolerance)
    expectClose(await gpu.readF32(few), some.map((row) => expected[row]!), tolerance) // biome-ignore format: as above
    const likeliest = ids.map((_, i) => {
      const start = Math.floor(i / length) * length
      const row = llamaReference(spec, weights, ids.slice(start, i + 1)).slice(-spec.vocab)
      return row.indexOf(Math.max(...row))
    })
    expect([...(await gpu.readU32(best))]).toEqual(likeliest)
    gpu.free(scores, few, gathered, best, x)
    model.free()
  })

  it.each(['f32', 'f16'] as const)('gives the same logits token by token through a cache in %s as at once', async (kv) => {
    const gpu = await testGpu()
    const { spec, source, weights } = tinyCheckpoint()
    const model = await CausalModel.load(gpu, spec, new CheckpointWeights(gpu, source), { positions: 64 })
    const blocks = await model.loadBlocks()
    const cache = new KvCache(gpu, spec, 50, kv)
    const expected = llamaReference(spec, weights, ids)
    for (const [start, end] of [[0, 17], [17, 18], [18, 19], [19, 30], [30, 42]] as const) {
      const rec = gpu.record()
      let x: Tensor = model.embed(rec, Uint32Array.from(ids.slice(start, end)))
      blocks.forEach((block, layer) => {
        x = model.block.run(rec, block, x, { windows: 1, length: end - start }, { cache: cache.layers[layer]!, start })
      })
      const logits = model.logits(rec, x, { first: end - start - 1, count: 1 })
      await gpu.submit(rec)
      const row = expected.subarray((end - 1) * spec.vocab, end * spec.vocab)
      // halves keep eleven bits of a key or value; three blocks and the head add up what that costs
      expectClose(await gpu.readF32(logits), row, kv === 'f32' ? tolerance : { atol: 5e-3, rtol: 5e-3 })
    }
    await cache.check()
  }) // biome-ignore format: one chunk of tokens an entry

  it('refuses a token that the vocabulary does not have', async () => {
    const gpu = await testGpu()
    const { spec, source } = tinyCheckpoint()
    const model = await CausalModel.load(gpu, spec, new CheckpointWeights(gpu, source), { positions: 8 })
    expect(() => model.embed(gpu.record(), Uint32Array.of(3, 101))).toThrow(/tokens: expected ids below 101, got 101/)
  })
})
