import { expect, it } from 'vitest'
import { smallGpu, testGpu } from '../../test/device'
import { Gpu } from '../gpu/device'
import { chooseTile, LARGE_TILES, TILES } from './gemm'
import type { Tile } from './gemm-shape'
import { fastest, tune } from './tuning'

/** Something small to time, and a clock by which the tiles take so many milliseconds. */
function trial(ms: readonly number[]) {
  let calls = 0
  let time = 0
  const now = () => {
    // begin and end, all in turn
    if (calls % 2 === 1) time += ms[Math.floor(calls / 2) % ms.length]!
    calls++
    return time
  }
  return { now, size: { m: 8, n: 8, k: 8 } }
}

const loops = [TILES.software, TILES.row] as const

it('takes the fastest, but the first where the difference is small', async () => {
  const gpu = await testGpu()
  expect((await fastest(gpu, loops, trial([10, 5]))).name).toBe(TILES.row.name)
  expect((await fastest(gpu, loops, trial([10, 9.8]))).name).toBe(TILES.software.name)
})

it('never takes one that gives a wrong product, does not write all of it, or does not compile', async () => {
  const gpu = await testGpu()
  const spoilt = (name: string, source: string): Tile => ({ ...TILES.row, name, source })
  const { source } = TILES.row
  const wrong = spoilt('wrong', source.replace(/\+= a\S+ \*/, '$& 1.01 *'))
  const partial = spoilt('partial', source.replace('store_c(row', 'if (row > 3u) { return; } store_c(row'))
  const broken = spoilt('broken', 'not WGSL')
  const tiles = [wrong, partial, broken, TILES.software]
  expect((await fastest(gpu, tiles, trial([50]))).name).toBe(TILES.software.name)
})

it('leaves out what needs more workgroup memory than there is', async () => {
  const gpu = await testGpu()
  expect((await fastest(gpu, [{ ...TILES.row, bytes: 1e6 }, TILES.software], trial([1, 2]))).name).toBe('direct 4×8')
})

it('is remembered, and what was remembered for nothing is tried anew', async () => {
  const { device, info } = await smallGpu(2 ** 27)
  const gpu = new Gpu(device, { ...info, software: false })
  const kept = new Map<string, string>()
  const store = {
    get: async (key: string) => kept.get(key) ?? null,
    set: async (key: string, value: string) => void kept.set(key, value),
  }
  const key = [...(await keysOf(gpu))][0]!
  kept.set(key, TILES.medium.name)
  await tune(gpu, store)
  expect(gpu.traits.largeTile).toBe(TILES.medium.name)
  const shape = { m: 4096, n: 4096, k: 512, batch: 1 }
  const choice = chooseTile(shape, { region: 'full' }, gpu.traits, false)
  expect(choice.tile.name).toBe(TILES.medium.name)
})

/** The keys that a device asks for. */
async function keysOf(gpu: Gpu): Promise<Set<string>> {
  const keys = new Set<string>()
  await tune(gpu, {
    async get(key) {
      keys.add(key)
      return LARGE_TILES[0]!.name
    },
    set: async () => {},
  })
  return keys
}

it('asks nothing of software adapters, and lives with a store that fails', async () => {
  const gpu = await testGpu()
  await tune(gpu, { get: () => Promise.reject(new Error('closed')), set: () => Promise.reject(new Error('full')) })
  expect(gpu.traits.largeTile).toBeUndefined()
})
