import { expect, it, vi } from 'vitest'
import type { FakeOptions } from '../../test/fake-engine'
import { fakeStudio, savedFiles } from '../../test/studio'
import { DeviceLostError, GpuLimitError } from '../errors'

async function studioWith(options: FakeOptions = {}) {
  const copied: string[] = []
  const { saved, save } = savedFiles()
  const studio = fakeStudio(options, {
    clock: { openedAt: 1_000_000, now: () => 1_002_000 },
    save,
    copy: async (text) => {
      copied.push(text)
    },
  })
  await studio.boot()
  await studio.openBenchmark()
  return { studio, copied, saved, state: studio.store.getState }
}

it('measures the chosen works at every size and gives the table away', async () => {
  const { studio, copied, saved, state } = await studioWith()
  expect(state().benchmark.device).toMatchObject({ foundMs: 180, readyMs: 320, openedAt: 1_000_000 })
  studio.setBenchmark({ sizes: '64, 128', runs: 2, left: ['Codes'] })
  await studio.runBenchmark()
  const { run } = state().benchmark
  expect(run).toMatchObject({ status: 'done', done: 6, total: 6, askedAt: 1_002_000 })
  expect(run!.rows.map(({ n, runs }) => [n, runs])).toEqual([64, 128, 64, 128, 64, 128].map((n) => [n, 2]))
  expect(run!.startUp).toEqual({ firstDispatchAt: 1_002_080, compiled: { pipelines: 6, ms: 24 } })
  expect(state().busy).toBeNull()
  expect(await studio.copyBenchmark('markdown')).toBe(true)
  expect(copied[0]).toContain('| matmul A·Bᵀ n×n×n | 128 |')
  await studio.copyBenchmark('json')
  await studio.saveBenchmark()
  expect(saved).toEqual([{ name: 'benchmark-swiftshader-device-subzero.json', text: copied[1] }])
})

it('stops between two measurements and keeps what was measured', async () => {
  const { studio, state } = await studioWith({ delay: 20 })
  const running = studio.runBenchmark()
  await vi.waitFor(() => expect(state().benchmark.run?.rows.length).toBeGreaterThan(0))
  await studio.stopBenchmark()
  expect(state().benchmark.run?.status).toBe('stopping')
  await running
  expect(state().benchmark.run).toMatchObject({ status: 'stopped' })
  expect(state().benchmark.run!.rows.length).toBeLessThan(12)
  expect(state().failures.benchmark).toBeUndefined()
})

it('is refused beside a run, and a run beside it; neither harms the other', async () => {
  const { studio, state } = await studioWith({ delay: 2 })
  await studio.openBundled('wren')
  studio.chooseMethod('rtn')
  const run = studio.run()
  await studio.runBenchmark()
  expect(state().benchmark.run).toBeNull()
  expect(await run).toBe(true)
  const benchmark = studio.runBenchmark()
  expect(await studio.run()).toBe(false)
  await benchmark
  expect(state().benchmark.run?.status).toBe('done')
  expect(state().run?.status).toBe('done')
})

it('keeps the last table where the next one fails at once, and says why', async () => {
  const fail: { benchmark?: Error } = {}
  const { studio, state } = await studioWith({ fail })
  await studio.runBenchmark()
  const { run } = state().benchmark
  fail.benchmark = new GpuLimitError('gpu: expected room for 1 GB, got none — choose smaller sizes')
  await studio.runBenchmark()
  expect(state().benchmark.run).toEqual(run)
  expect(state().failures.benchmark).toMatchObject({ heading: 'Too large for this GPU' })
  fail.benchmark = new DeviceLostError('gpu: expected the device to stay, got none — reload')
  await studio.runBenchmark()
  expect(state().engine.status).toBe('lost')
})
