import { describe, expect, it } from 'vitest'
import { architectureNames, expectedOf, openArchitecture } from '../../test/architectures'
import { expectClose, testGpu } from '../../test/device'
import type { Gpu } from '../gpu/device'
import type { Tensor } from '../gpu/tensor'
import type { OpenedModel } from '../pipeline/opened'
import { CausalModel } from './causal-model'
import { Decoder } from './decoder'
import { KV_TYPES } from './kv-cache'
import { CheckpointWeights, freeBlock } from './weights'

const loaded = (gpu: Gpu, { spec, source }: OpenedModel, positions: number) =>
  CausalModel.load(gpu, spec, new CheckpointWeights(gpu, source), { positions })

/** Logits [tokens, vocab] of these ids, twice side by side as windows of one batch. */
async function logitsTwice(gpu: Gpu, opened: OpenedModel, ids: Uint32Array): Promise<[Float32Array, Float32Array]> {
  const model = await loaded(gpu, opened, ids.length)
  const batch = { windows: 2, length: ids.length }
  const first = gpu.record()
  let x = model.embed(first, Uint32Array.from([...ids, ...ids]), batch)
  await gpu.submit(first)
  await model.forEachBlock(async (block) => {
    const rec = gpu.record()
    const y = model.block.run(rec, block, x, batch)
    await gpu.submit(rec)
    gpu.free(x)
    x = y
  })
  const last = gpu.record()
  const logits = model.logits(last, x, { first: 0, count: 2 * ids.length })
  await gpu.submit(last)
  const values = await gpu.readF32(logits)
  gpu.free(x, logits)
  model.free()
  return [values.slice(0, values.length / 2), values.slice(values.length / 2)]
}

describe.each(architectureNames)('%s', (name) => {
  it('gives the logits that PyTorch gives, in every window', async () => {
    const gpu = await testGpu()
    const { ids, logits } = await expectedOf(name)
    const before = gpu.pool.liveBytes
    const opened = await openArchitecture(name)
    // logits reach 30, and are sums of some hundred products that each step rounds to 24 bits
    for (const actual of await logitsTwice(gpu, opened, ids)) expectClose(actual, logits, { atol: 3e-5, rtol: 1e-5 })
    expect(gpu.pool.liveBytes).toBe(before)
  })

  it.each(KV_TYPES)('reads a text piece by piece into a cache of %s', async (kv) => {
    const gpu = await testGpu()
    const { ids, logits } = await expectedOf(name)
    const opened = await openArchitecture(name)
    const { vocab } = opened.spec
    const model = await loaded(gpu, opened, ids.length)
    const blocks = await model.loadBlocks()
    const decoder = new Decoder(gpu, model, blocks, { capacity: ids.length, kv })
    let start = 0
    // a prompt, one of a few tokens more, and single ones
    for (const end of [5, 9, ...Array.from({ length: ids.length - 9 }, (_, i) => 10 + i)]) {
      const found: Tensor = await decoder.logits(ids.slice(start, end), start)
      const row = logits.slice((end - 1) * vocab, end * vocab)
      // halves round keys and values to 11 bits
      expectClose(await gpu.readF32(found), row, kv === 'f32' ? { atol: 3e-5, rtol: 1e-5 } : { atol: 0.05 })
      gpu.free(found)
      start = end
    }
    decoder.free()
    for (const block of blocks) freeBlock(gpu, block)
    model.free()
  })
})

it('refuses texts beyond the positions that GPT-2 has embedded', async () => {
  const gpu = await testGpu()
  const opened = await openArchitecture('gpt2')
  await expect(loaded(gpu, opened, 65)).rejects.toThrow(/wpe\.weight: expected texts of at most 64 tokens, .* got 65/)
})
