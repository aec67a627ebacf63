import { describe, expect, it } from 'vitest'
import { freshGpu, noise, testGpu } from '../../test/device'
import { scarceGpu } from '../../test/scarce-gpu'
import { CancelledError, DeviceLostError, GpuOutOfMemoryError, GpuUnavailableError, NumericalError } from '../errors'
import type { Gpu } from './device'
import { type Kernel, wgsl } from './kernel'
import { requestGpu } from './open'
import { PipelineCache } from './pipelines'

const body = `
struct Params { first: u32, factor: f32, shift: i32 }
@group(0) @binding(0) var<uniform> p: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(1) fn main(@builtin(global_invocation_id) id: vec3u) {
  let i = p.first + id.x;
  y[i] = x[i] * p.factor + f32(p.shift);
}`

/** y = factor·x + shift, a dispatch an element, each with parameters of its own. */
const scale: Kernel<'x' | 'y', { count: number }> = {
  label: 'scale',
  wgsl: wgsl([body]),
  bindings: { x: 'read', y: 'read_write' },
  params: { first: 'u32', factor: 'f32', shift: 'i32' },
  passes: ({ count }) =>
    Array.from({ length: count }, (_, first) => ({ groups: [1], params: { first, factor: 2 * first, shift: -first } })),
  cost: ({ count }) => ({ flops: 2 * count, bytes: 8 * count }),
}

const broken: Kernel<'x', object> = {
  label: 'broken kernel',
  wgsl: '@group(0) @binding(1) var<storage, read_write> x: array<f32>;\n@compute @workgroup_size(1) fn main() {\n  x[0] = undefined_name;\n}',
  bindings: { x: 'read_write' },
  params: {},
  passes: () => [{ groups: [1] }],
  cost: () => ({ flops: 0, bytes: 0 }),
}

async function scaled(gpu: Gpu, count: number): Promise<Float32Array> {
  const x = gpu.upload(Float32Array.from({ length: count }, () => 1))
  const y = gpu.alloc([count])
  const rec = gpu.record()
  rec.run(scale, { x, y }, { count })
  await gpu.submit(rec)
  const values = await gpu.readF32(y)
  gpu.free(x, y)
  return values
}

describe('Gpu', () => {
  it('gives each of 300 dispatches its own parameters', async () => {
    const values = await scaled(await testGpu(), 300)
    expect([...values]).toEqual(Array.from({ length: 300 }, (_, i) => i))
  })

  it('keeps writes, copies and clears in their place', async () => {
    const gpu = await testGpu()
    const [a, b, c] = [gpu.alloc([4]), gpu.alloc([4]), gpu.alloc([4])]
    const rec = gpu.record()
    rec.write(a, Float32Array.of(1, 2, 3, 4))
    rec.copy(a, b)
    rec.write(a, Float32Array.of(5, 6))
    rec.copy(a, c, 12)
    rec.clear(a)
    await gpu.submit(rec)
    const [first, second, third] = await Promise.all([a, b, c].map((tensor) => gpu.readF32(tensor)))
    expect([...first!]).toEqual([0, 0, 0, 0])
    expect([...second!]).toEqual([1, 2, 3, 4])
    expect([...third!.subarray(0, 3)]).toEqual([5, 6, 3])
    gpu.free(a, b, c)
  })

  it('reads back several tensors at once, empty and large ones too', async () => {
    const gpu = await testGpu()
    const data = [0, 1, 77, 5000, 100_000, 3].map((length, seed) => noise(length, seed))
    const tensors = data.map((values) => gpu.upload(values))
    const rounds = [
      await Promise.all(tensors.map((t) => gpu.readF32(t))),
      await Promise.all(tensors.map((t) => gpu.readF32(t))),
    ]
    for (const read of rounds) expect(read).toEqual(data)
    gpu.free(...tensors)
  })

  it('compiles a source once, however many ask at the same time', async () => {
    const { device } = await testGpu()
    const cache = new PipelineCache(device)
    const [a, b] = await Promise.all([cache.get(scale as never), cache.get({ ...scale, label: 'twin' } as never)])
    expect(a.pipeline).toBe(b.pipeline)
  })

  it('names kernel, line and source of a shader that does not compile, and goes on', async () => {
    const gpu = await testGpu()
    const x = gpu.alloc([1])
    const rec = gpu.record()
    rec.run(broken, { x }, {})
    const message = await gpu.scope(() => gpu.submit(rec)).catch((error: Error) => error.message)
    expect(message).toContain('bug in Bitloom: broken kernel does not compile')
    expect(message).toMatch(/3:\d+ error: unresolved value 'undefined_name'/)
    expect(message).toContain('3\t  x[0] = undefined_name;')
    expect([...(await scaled(gpu, 3))]).toEqual([0, 1, 2])
    gpu.free(x)
  })
})

describe('Gpu.scope', () => {
  it('hands on what the work gives', async () => {
    const gpu = await testGpu()
    const tensor = await gpu.scope(async () => gpu.alloc([5]))
    gpu.free(tensor)
  })

  it('takes back what failed work has allocated, and nothing else', async () => {
    const gpu = await testGpu()
    const kept = gpu.upload(Float32Array.of(1, 2, 3))
    const before = gpu.pool.liveBytes
    const work = gpu.scope(async () => {
      gpu.free(gpu.alloc([100]))
      gpu.alloc([1000])
      throw new CancelledError('stopped')
    })
    await expect(work).rejects.toThrow(CancelledError)
    expect(gpu.pool.liveBytes).toBe(before)
    expect([...(await gpu.readF32(kept))]).toEqual([1, 2, 3])
    gpu.free(kept)
  })

  it('leaves the device usable after an error of the device', async () => {
    const gpu = await testGpu()
    const work = gpu.scope(async () => {
      gpu.device.createBuffer({ size: 2 ** 20, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE })
      await gpu.settle()
      await scaled(gpu, 2)
      await scaled(gpu, 2)
    })
    await expect(work).rejects.toThrow('bug in Bitloom: ')
    expect([...(await gpu.scope(() => scaled(gpu, 2)))]).toEqual([0, 1])
  })
})

describe('memory that runs out', () => {
  it('is told as such whatever came of it first, and leaves a device that works', async () => {
    const { gpu, memory } = await scarceGpu()
    memory.budget = 1000
    const work = () =>
      gpu.scope(async () => {
        const [x, y] = [gpu.upload(noise(64, 1)), gpu.alloc([300], 'f32', 'too much')]
        const rec = gpu.record()
        rec.copy(x, y)
        await gpu.submit(rec)
        throw new NumericalError('garbage')
      })
    await expect(work()).rejects.toThrow(
      new GpuOutOfMemoryError(
        `gpu memory: expected room for 'too much' of 1280 bytes beside 256 bytes in use, got "Out of memory" — close other programs that use the GPU, or use a smaller model or shorter windows`,
      ),
    )
    expect([gpu.pool.liveBytes, memory.used]).toEqual([0, 0])
    const x = gpu.upload(noise(64, 2))
    expect(await gpu.readF32(x)).toEqual(noise(64, 2))
  })

  it('lets less through together for a while', async () => {
    const { gpu } = await scarceGpu()
    const { info } = gpu
    await gpu.withBatches(96, async () => expect(gpu.info).toEqual({ ...info, batchTokens: 96 }))
    await expect(gpu.withBatches(96, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(gpu.info).toEqual(info)
  })
})

describe('a lost device', () => {
  it('is a DeviceLostError for everything that waits and everything after', async () => {
    const gpu = await freshGpu()
    const tensor = gpu.upload(noise(1000, 1))
    const rec = gpu.record()
    rec.run(scale, { x: tensor, y: gpu.alloc([1000]) }, { count: 1000 })
    const waiting = [gpu.submit(rec), gpu.readF32(tensor), gpu.settle()]
    gpu.destroy()
    const outcomes = await Promise.allSettled(waiting)
    for (const outcome of outcomes.slice(0, 2))
      expect(outcome.status === 'rejected' && outcome.reason).toBeInstanceOf(DeviceLostError)
    await expect(gpu.readF32(tensor)).rejects.toThrow(/gpu: expected the device to stay, got 'destroyed'.*reload/)
    await expect(gpu.submit(gpu.record())).rejects.toThrow(DeviceLostError)
    const failed = gpu.scope(() => gpu.submit(gpu.record()))
    await expect(failed).rejects.toThrow(DeviceLostError)
  })
})

it('listens to its device once, and no more when that is gone', async () => {
  const gpu = await freshGpu()
  let heard = 0
  const error = () => {
    heard++
    return { message: 'odd' }
  }
  const fail = () =>
    gpu.device.dispatchEvent(Object.defineProperty(new Event('uncapturederror'), 'error', { get: error }))
  fail()
  expect(heard).toBe(1)
  await expect(gpu.settle()).rejects.toThrow('bug in Bitloom: odd')
  gpu.destroy()
  await gpu.device.lost
  fail()
  expect(heard).toBe(1)
})

describe('requestGpu', () => {
  it('says what is missing: WebGPU, or an adapter', async () => {
    await expect(requestGpu(undefined)).rejects.toThrow(GpuUnavailableError)
    const none = { requestAdapter: async () => null } as unknown as GPU
    await expect(requestGpu(none)).rejects.toThrow(/expected a WebGPU adapter, got none — update/)
  })
})
