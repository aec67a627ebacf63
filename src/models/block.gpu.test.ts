import { expect, it } from 'vitest'
import { noise, testGpu } from '../../test/device'
import { tinyCheckpoint } from '../../test/tiny-checkpoint'
import { BlockForward, type Stage } from './block'
import { freeRopeTables, makeRopeTables } from './rope-tables'
import { CheckpointWeights, freeBlock, loadBlock } from './weights'

it('hands out the input of every stage, stops where asked, and gives all memory back', async () => {
  const gpu = await testGpu()
  const { spec, source } = tinyCheckpoint()
  const before = gpu.pool.liveBytes
  const weights = await loadBlock(gpu, new CheckpointWeights(gpu, source), spec, 1)
  const tables = makeRopeTables(gpu, spec, 8)
  const block = new BlockForward(gpu, spec, tables)
  const batch = { windows: 2, length: 7 }
  const hidden = noise(14 * spec.hidden, 1)
  const x = gpu.upload(hidden, [14, spec.hidden])

  const rec = gpu.record()
  const tapped: { stage: Stage; copy: ReturnType<typeof gpu.alloc> }[] = []
  const y = block.run(rec, weights, x, batch, {
    tap: (stage, input) => {
      const copy = gpu.alloc(input.shape)
      rec.copy(input, copy)
      tapped.push({ stage, copy })
    },
  })
  await gpu.submit(rec)
  expect(tapped.map(({ stage, copy }) => [stage, ...copy.shape])).toEqual([
    [0, 14, 36],
    [1, 14, 56],
    [2, 14, 36],
    [3, 14, 59],
  ])
  expect(await gpu.readF32(x)).toEqual(hidden)

  for (const { stage, copy } of tapped) {
    const again = gpu.record()
    const input = block.run(again, weights, x, batch, { upTo: stage })
    await gpu.submit(again)
    expect(await gpu.readF32(input), `stage ${stage}`).toEqual(await gpu.readF32(copy))
    gpu.free(input, copy)
  }
  gpu.free(x, y)
  freeRopeTables(gpu, tables)
  freeBlock(gpu, weights)
  expect(gpu.pool.liveBytes).toBe(before)
})

it('gives in two parts what it gives whole, the middle left as it is', async () => {
  const gpu = await testGpu()
  const { spec, source } = tinyCheckpoint()
  const before = gpu.pool.liveBytes
  const weights = await loadBlock(gpu, new CheckpointWeights(gpu, source), spec, 1)
  const tables = makeRopeTables(gpu, spec, 8)
  const block = new BlockForward(gpu, spec, tables)
  const batch = { windows: 2, length: 7 }
  const x = gpu.upload(noise(14 * spec.hidden, 1), [14, spec.hidden])

  const rec = gpu.record()
  const whole = block.run(rec, weights, x, batch)
  const inputs = [2, 3].map((upTo) => block.run(rec, weights, x, batch, { upTo: upTo as Stage }))
  const h = block.run(rec, weights, x, batch, { part: 'attention' })
  const middle = gpu.alloc(h.shape)
  rec.copy(h, middle)
  const parts = [2, 3].map((upTo) => block.run(rec, weights, h, batch, { part: 'feedForward', upTo: upTo as Stage }))
  const y = block.run(rec, weights, h, batch, { part: 'feedForward' })
  await gpu.submit(rec)
  expect(await gpu.readF32(y)).toEqual(await gpu.readF32(whole))
  expect(await gpu.readF32(h)).toEqual(await gpu.readF32(middle))
  for (const [i, part] of parts.entries()) expect(await gpu.readF32(part)).toEqual(await gpu.readF32(inputs[i]!))
  gpu.free(x, y, whole, h, middle, ...inputs, ...parts)
  freeRopeTables(gpu, tables)
  freeBlock(gpu, weights)
  expect(gpu.pool.liveBytes).toBe(before)
})
