import { describe, expect, it, vi } from 'vitest'
import { fakeDevice } from '../../test/fake-device'
import type { DeviceTraits, Kernel } from './kernel'
import { PipelineCache } from './pipelines'
import { GpuQueue, Speedometer } from './queue'
import { Recorder } from './recorder'
import type { Tensor } from './tensor'

const traits: DeviceTraits = {
  flopsPerDispatch: 1e12,
  workgroupBytes: 16384,
  maxGroupsPerDimension: 1000,
  software: false,
}
const tensor = (label: string, n = 4): Tensor => ({
  buffer: { label } as GPUBuffer,
  offset: 0,
  shape: [n],
  type: 'f32',
})
const x = tensor('x')

/** `flops` a dispatch; parameters of every type. */
const kernel = (flops = 0): Kernel<'x', { value: number; groups?: number }> => ({
  label: 'test',
  wgsl: 'test',
  bindings: { x: 'read_write' },
  params: { index: 'u32', delta: 'i32', scale: 'f32' },
  passes: ({ value, groups = 1 }) => [
    { groups: [groups], params: { index: value, delta: -1 - value, scale: value + 0.5 } },
  ],
  cost: () => ({ flops, bytes: 0 }),
})

function start() {
  const fake = fakeDevice()
  const queue = new GpuQueue(fake.device, new PipelineCache(fake.device), new Speedometer(false))
  return { ...fake, queue, rec: new Recorder(traits) }
}

const turn = () => new Promise((resolve) => setTimeout(resolve))

describe('GpuQueue', () => {
  it('keeps writes, copies, clears and dispatches in their order, neighbours in one pass', async () => {
    const { queue, rec, log, finishAll } = start()
    finishAll()
    const test = kernel()
    rec.run(test, { x }, { value: 0, groups: 7 })
    rec.run(test, { x }, { value: 1, groups: 8 })
    rec.copy(x, tensor('y'))
    rec.clear(x)
    rec.run(test, { x }, { value: 2, groups: 9 })
    rec.write(x, Float32Array.of(1))
    rec.run(test, { x }, { value: 3, groups: 10 })
    await queue.submit(rec)
    expect(log).toEqual([
      'write params',
      'submit pass, dispatch 7, dispatch 8, copy, clear, pass, dispatch 9',
      'write x',
      'write params',
      'submit pass, dispatch 10',
    ])
    expect(rec.commands).toEqual([])
  })

  it('marks the first dispatch in the timeline, submitted and done, once each', async () => {
    const { queue, rec, finishAll } = start()
    performance.clearMarks()
    const marks = () => performance.getEntriesByType('mark').map(({ name }) => name)
    rec.copy(x, tensor('y'))
    await queue.submit(rec)
    expect(marks()).toEqual([])
    rec.run(kernel(), { x }, { value: 0 })
    await queue.submit(rec)
    expect(marks()).toEqual(['bitloom: first submission'])
    finishAll()
    rec.run(kernel(), { x }, { value: 1 })
    await queue.submit(rec)
    await queue.settle()
    expect(marks()).toEqual(['bitloom: first submission', 'bitloom: first dispatch done'])
    expect(queue.firstDispatchAt).toBe(performance.getEntriesByName('bitloom: first dispatch done')[0]!.startTime)
  })

  it('gives every dispatch its own parameters, over more dispatches than an arena holds', async () => {
    const { queue, rec, log, params, finishAll } = start()
    const test = kernel()
    for (let value = 0; value < 300; value++) rec.run(test, { x }, { value })
    await queue.submit(rec)
    finishAll()
    const sizes = log.filter((line) => line.startsWith('submit')).map((line) => line.match(/dispatch/g)!.length)
    expect(sizes).toEqual([16, 128, 128, 28]) // few at first, so that the device begins
    const seen = params.map((view) => [view.getUint32(0, true), view.getInt32(4, true), view.getFloat32(8, true)])
    expect(seen).toEqual(Array.from({ length: 300 }, (_, value) => [value, -1 - value, value + 0.5]))
  })

  it('cuts submissions by the time they should take', async () => {
    const { queue, rec, log, finishAll } = start()
    const test = kernel(40e9) // 40 ms each by the first guess of 10⁹ flops a millisecond
    for (let value = 0; value < 7; value++) rec.run(test, { x }, { value })
    const done = queue.submit(rec)
    await turn()
    finishAll()
    await done
    const sizes = log.filter((line) => line.startsWith('submit')).map((line) => line.match(/dispatch/g)!.length)
    expect(sizes).toEqual([3, 3, 1])
  })

  it('waits for the oldest while three submissions are in flight, and comes back with two', async () => {
    const { queue, rec, inFlight, finishOne, finishAll } = start()
    const test = kernel(200e9)
    for (let value = 0; value < 5; value++) rec.run(test, { x }, { value })
    let returned = false
    const done = queue.submit(rec).then(() => {
      returned = true
    })
    for (let finished = 0; finished < 3; finished++) {
      await turn()
      expect([inFlight(), returned]).toEqual([3, false])
      finishOne()
    }
    await done
    expect(inFlight()).toBe(2)
    const settled = queue.settle()
    finishAll()
    await settled
  })

  it('goes further ahead by short submissions', async () => {
    const { queue, inFlight, finishOne, finishAll } = start()
    const submitOne = () => {
      const rec = new Recorder(traits)
      rec.run(kernel(1e9), { x }, { value: 0 })
      return queue.submit(rec)
    }
    for (let n = 0; n < 64; n++) await submitOne()
    let returned = false
    const done = submitOne().then(() => {
      returned = true
    })
    await turn()
    expect([inFlight(), returned]).toEqual([65, false])
    finishOne()
    await done
    expect(inFlight()).toBe(64)
    finishAll()
    await queue.settle()
  })

  it('learns from submissions that end while others are under way, and from several heard of together', async () => {
    const { device, finishOne } = fakeDevice()
    const seen: number[][] = []
    const speed = new Speedometer(false)
    speed.observe = ({ ms }, measured) => void seen.push([ms, measured])
    const queue = new GpuQueue(device, new PipelineCache(device), speed)
    let now = 1000
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now)
    const submit = async (flops: number) => {
      const rec = new Recorder(traits)
      rec.run(kernel(flops), { x }, { value: 0 })
      await queue.submit(rec)
    }
    for (const flops of [10e9, 20e9, 7e9, 8e9]) await submit(flops)
    for (const later of [30, 5, 1, 2]) {
      now += later
      finishOne()
      await Promise.resolve()
    }
    await queue.settle()
    clock.mockRestore()
    expect(seen).toEqual([
      [10, 30],
      [20, 5],
      [15, 3],
    ])
  })

  it('runs recorders in the order in which they were submitted, even if nobody waits in between', async () => {
    const { queue, log, finishAll, device } = start()
    finishAll()
    let compiled = () => {}
    const slow = new Promise<GPUComputePipeline>((resolve) => {
      compiled = () => resolve({} as GPUComputePipeline)
    })
    const compile = device.createComputePipelineAsync
    device.createComputePipelineAsync = () => slow
    const [first, second] = [new Recorder(traits), new Recorder(traits)]
    first.run({ ...kernel(), wgsl: 'slow' }, { x }, { value: 1, groups: 1 })
    const a = queue.submit(first)
    device.createComputePipelineAsync = compile
    second.run({ ...kernel(), wgsl: 'fast' }, { x }, { value: 2, groups: 2 })
    const b = queue.submit(second)
    setTimeout(compiled)
    await Promise.all([a, b])
    expect(log.filter((line) => line.startsWith('submit'))).toEqual([
      'submit pass, dispatch 1',
      'submit pass, dispatch 2',
    ])
  })

  it('forgets a list it could not encode, so that the next one runs alone', async () => {
    const { queue, rec, log, finishAll } = start()
    finishAll()
    const test = kernel()
    rec.run(test, { x }, { value: 1, groups: 1 })
    rec.run({ ...test, passes: () => [{ groups: [2], params: { index: 0 } }] }, { x }, { value: 2 })
    await expect(queue.submit(rec)).rejects.toThrow("test: parameter 'delta' not given")
    const next = new Recorder(traits)
    next.run(test, { x }, { value: 3, groups: 3 })
    await queue.submit(next)
    expect(log.filter((line) => line.startsWith('submit'))).toEqual(['submit pass, dispatch 3'])
  })
})

describe('Speedometer', () => {
  const arithmetic = (ms: number) => ({ ms, arithmetic: ms })

  it('follows what it sees, a step at a time and never out of bounds', () => {
    const speed = new Speedometer(false)
    const cost = { flops: 10e9, bytes: 0 }
    expect(speed.estimate(cost)).toEqual(arithmetic(10))
    speed.observe(arithmetic(10), 20)
    expect(speed.estimate(cost).ms).toBeCloseTo(10 * Math.SQRT2, 10)
    for (let i = 0; i < 50; i++) speed.observe(arithmetic(10), 1e6)
    expect(speed.estimate(cost)).toEqual(arithmetic(200))
    expect(speed.flopsPerDispatch).toBe((20 * 1e9) / 20)
  })

  it('learns nothing of arithmetic from work that memory bounds, and half from work that is half of each', () => {
    const speed = new Speedometer(false)
    const copy = { flops: 0, bytes: 500e6 }
    expect(speed.estimate(copy)).toEqual({ ms: 10, arithmetic: 0 })
    for (let i = 0; i < 50; i++) speed.observe({ ms: 10, arithmetic: 0 }, 0.1)
    expect(speed.estimate(copy).ms).toBeCloseTo(10 * 0.002, 10)
    expect(speed.flopsPerDispatch).toBe(20e9)
    speed.observe({ ms: 10, arithmetic: 5 }, 40)
    expect(speed.flopsPerDispatch).toBeCloseTo(20e9 / Math.SQRT2, 0)
  })

  it('does not learn from work too short to tell', () => {
    const speed = new Speedometer(true)
    speed.observe(arithmetic(4.9), 1000)
    expect(speed.estimate({ flops: 2e6, bytes: 0 }).ms).toBe(1)
  })
})
