import { expect, it } from 'vitest'
import { noise, testGpu } from '../../test/device'
import { allocSelection, freeSelection, recordSelect } from './select'

/** Magnitudes over many exponents, some of them equal, one of them a subnormal. */
const values = (count: number): Float32Array<ArrayBuffer> =>
  noise(count, 7).map((v, i) => (i % 9 === 4 ? 0.125 : i % 50 === 7 ? 1e-41 : v * 10 ** ((i % 13) - 6)))

it.each([
  [1, 0, [0]],
  [7, 7, [0, 3, 6]],
  [1000, 0, [0, 1, 1, 500, 998, 999]],
  [5003, 129, [0, 128, 129, 130, 2500, 5002]],
  [70000, 20001, Array.from({ length: 200 }, (_, i) => i * 350)],
])('finds magnitudes by rank among %i values, %i of them taken for 0', async (count, skipped, wanted) => {
  const gpu = await testGpu()
  const all = values(count)
  const [tensor, zeros] = [gpu.upload(all), gpu.upload(Uint32Array.of(skipped))]
  const before = gpu.pool.liveBytes
  const selection = allocSelection(gpu, wanted.length)
  const rec = gpu.record()
  rec.write(selection.ranks, Uint32Array.from(wanted))
  recordSelect(rec, tensor, zeros, count, selection)
  await gpu.submit(rec)
  const found = new Float32Array((await gpu.readU32(selection.selected)).buffer)
  freeSelection(gpu, selection)
  expect(gpu.pool.liveBytes).toBe(before)
  const sorted = all.map((v, i) => (i < skipped ? 0 : Math.abs(v))).sort()
  expect([...found]).toEqual(wanted.map((rank) => sorted[rank]))
  gpu.free(tensor, zeros)
})
