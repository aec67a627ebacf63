import { describe, expect, it } from 'vitest'
import { works } from '../../bench/suite'
import { testGpu } from '../../test/device'
import { CancelledError } from '../errors'
import type { BenchmarkProgress } from './api'
import { benchmark, benchmarkDevice, benchmarkGroups } from './benchmark'

const MATMUL = 'matmul A·Bᵀ n×n×n'
const LONG = 'Hessian n×n += XᵀX, 65536 tokens'

describe('the benchmark of the page', () => {
  it('names every work once, in a group it belongs to', () => {
    const groups = benchmarkGroups()
    const names = groups.flatMap((group) => group.works)
    expect([...names].sort()).toEqual(works.map(({ name }) => name).sort())
    // `measure` takes all works whose name contains what it is given
    for (const name of names) expect(names.filter((other) => other.includes(name))).toEqual([name])
    expect(groups.find(({ title }) => title === 'Products')!.works).toContain(MATMUL)
    expect(groups.find(({ title }) => title === 'Memory')!.works[0]).toMatch(/^copy/)
  })

  it('measures works in order, leaves out what takes too long, and gives all memory back', async () => {
    const gpu = await testGpu()
    const before = gpu.pool.liveBytes
    const heard: BenchmarkProgress[] = []
    const signal = new AbortController().signal
    const request = { works: [MATMUL, LONG], sizes: [16, 512], runs: 1, signal }
    await benchmark(gpu, { ...request, onProgress: (progress) => heard.push(progress) })
    expect(heard.filter(({ type }) => type === 'work')).toMatchObject([
      { work: MATMUL, n: 16, done: 0, total: 4 },
      { work: MATMUL, n: 512, done: 1 },
      { work: LONG, n: 16, done: 2 },
      { work: LONG, n: 512, done: 3 },
    ])
    const rows = heard.flatMap((progress) => (progress.type === 'row' ? [progress] : []))
    expect(rows.some(({ row }) => row.work === LONG && row.n === 512)).toBe(false)
    const { row, startUp } = rows[0]!
    expect(row).toMatchObject({ work: MATMUL, n: 16, runs: 1 })
    expect(row.gflops).toBeCloseTo((2 * 16 ** 3) / row.ms / 1e6, 9)
    expect(startUp.compiled.pipelines).toBe(1)
    expect(startUp.compiled.ms).toBeGreaterThan(0)
    expect(Math.abs(startUp.firstDispatchAt! - Date.now())).toBeLessThan(60_000)
    expect(gpu.pool.liveBytes).toBe(before)
  })

  it('stops between two measurements', async () => {
    const gpu = await testGpu()
    const before = gpu.pool.liveBytes
    const stop = new AbortController()
    let rows = 0
    const onProgress = ({ type }: BenchmarkProgress) => {
      if (type === 'row') rows++
      stop.abort()
    }
    const request = { works: [MATMUL], sizes: [16, 17, 18], runs: 1, signal: stop.signal, onProgress }
    await expect(benchmark(gpu, request)).rejects.toThrow(CancelledError)
    expect(rows).toBe(1)
    expect(gpu.pool.liveBytes).toBe(before)
  })

  it('tells offered features from used ones', async () => {
    const { device, info } = await testGpu()
    const { features, limits, foundAt, readyAt } = benchmarkDevice(await testGpu(), { foundAt: 4, readyAt: 5 })
    expect([foundAt, readyAt]).toEqual([4, 5])
    for (const { name, use } of features) {
      expect(use === 'used').toBe(device.features.has(name))
      expect(use === 'absent').toBe(!info.features.includes(name))
    }
    expect(limits[0]).toEqual({ name: 'maxStorageBufferBindingSize', value: info.maxBindingBytes })
  })
})
