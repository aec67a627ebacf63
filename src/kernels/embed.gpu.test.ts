import { expect, it } from 'vitest'
import { noise, testGpu } from '../../test/device'
import { embed } from './embed'

it('gathers rows from a table in shards, each writing its own tokens only', async () => {
  const gpu = await testGpu()
  const [vocab, hidden, split] = [11, 67, 4]
  const table = noise(vocab * hidden, 1)
  const tokens = [3, 10, 0, 4, 3, 7]
  const ids = gpu.upload(Uint32Array.from(tokens))
  const y = gpu.alloc([tokens.length, hidden])
  const rec = gpu.record()
  for (const [first, end] of [
    [0, split],
    [split, vocab],
  ] as const) {
    const shard = gpu.upload(table.slice(first * hidden, end * hidden))
    rec.run(embed, { ids, table: shard, y }, { tokens: tokens.length, hidden, first, count: end - first })
  }
  await gpu.submit(rec)
  const expected = tokens.flatMap((id) => [...table.subarray(id * hidden, (id + 1) * hidden)])
  expect([...(await gpu.readF32(y))]).toEqual(expected)
})
