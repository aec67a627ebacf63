import { describe, expect, it } from 'vitest'
import { testGpu } from '../../test/device'
import { GpuLimitError } from '../errors'
import { allocatedBytes, BufferPool } from './buffers'

const MOST = 2 ** 20

async function newPool(keepBytes?: number) {
  const { device } = await testGpu()
  const failures: Error[] = []
  return { pool: new BufferPool(device, (error) => failures.push(error), MOST, keepBytes), device, failures }
}

describe('allocatedBytes', () => {
  it('rounds up by an eighth at most, to 256 bytes at least, and never beyond the limit', () => {
    for (let bytes = 4; bytes < MOST; bytes = Math.ceil(bytes * 1.07)) {
      const size = allocatedBytes(bytes, MOST)
      expect(size).toBeGreaterThanOrEqual(bytes)
      expect(size).toBeLessThanOrEqual(Math.max(bytes + 255, bytes * 1.125))
      expect(allocatedBytes(size, MOST)).toBe(size)
    }
    expect(allocatedBytes(MOST - 4, MOST - 4)).toBe(MOST - 4)
  })
})

describe('BufferPool', () => {
  it('hands a freed buffer out again to a tensor of nearly the same size, and to no other', async () => {
    const { pool } = await newPool()
    const first = pool.alloc([1000])
    pool.free(first)
    expect(pool.alloc([100]).buffer).not.toBe(first.buffer)
    expect(pool.alloc([10, 99], 'u32').buffer).toBe(first.buffer)
    expect(pool.alloc([1000]).buffer).not.toBe(first.buffer)
  })

  it('counts live bytes and their peak', async () => {
    const { pool } = await newPool()
    const [a, b] = [pool.alloc([64]), pool.alloc([512])]
    expect(pool.liveBytes).toBe(256 + 2048)
    pool.free(a, undefined, b)
    expect([pool.liveBytes, pool.peakBytes]).toEqual([0, 2304])
    pool.resetPeak()
    pool.alloc([1])
    expect(pool.peakBytes).toBe(256)
  })

  it('refuses a second free', async () => {
    const { pool } = await newPool()
    const tensor = pool.alloc([3, 5], 'f32', 'sums')
    pool.free(tensor)
    expect(() => pool.free(tensor)).toThrow("bug in Bitloom: tensor 'sums' [3,5] freed twice")
  })

  it('says what is too large and what to do', async () => {
    const { pool } = await newPool()
    const tooLarge = () => pool.alloc([512, 513], 'f32', 'hessian')
    expect(tooLarge).toThrow(GpuLimitError)
    expect(tooLarge).toThrow(
      `expected tensors of at most 1048576 bytes on this device, got 'hessian' [512,513] of 1050624 bytes — use a smaller model`,
    )
    expect(() => pool.alloc([2 ** 40, 2 ** 40])).toThrow(GpuLimitError)
    expect(pool.alloc([512, 512]).buffer.size).toBe(MOST)
    expect(pool.liveBytes).toBe(MOST)
  })

  it('takes back all but the tensors that were there', async () => {
    const { pool } = await newPool()
    const kept = pool.alloc([10])
    const before = pool.alive()
    pool.alloc([20])
    pool.alloc([3000])
    pool.freeOthers(before)
    expect(pool.liveBytes).toBe(256)
    pool.free(kept)
    expect(pool.liveBytes).toBe(0)
  })

  it('destroys nothing that recorded commands may still use', async () => {
    const { pool, device, failures } = await newPool(4096)
    device.pushErrorScope('validation')
    const [a, b] = [pool.alloc([4096]), pool.alloc([4096])]
    const encoder = device.createCommandEncoder()
    encoder.copyBufferToBuffer(a.buffer, 0, b.buffer, 0, 16384)
    pool.free(a, b) // more than it keeps
    device.queue.submit([encoder.finish()])
    pool.sweep()
    expect(await device.popErrorScope()).toBeNull()
    const reused = [pool.alloc([4096]), pool.alloc([4096])].map(({ buffer }) => buffer)
    expect(reused.includes(a.buffer) || reused.includes(b.buffer)).toBe(false)
    expect(failures).toEqual([])
  })

  it('keeps what fits its bound, the rest goes', async () => {
    const { pool } = await newPool(20_000)
    const tensors = [pool.alloc([4096]), pool.alloc([4096]), pool.alloc([512])]
    pool.free(...tensors)
    pool.sweep()
    const again = [pool.alloc([4096]), pool.alloc([4096]), pool.alloc([512])].map(({ buffer }) => buffer)
    expect(tensors.map(({ buffer }) => again.includes(buffer))).toEqual([true, false, true])
  })

  it('gives work done again the same buffers, in whatever order they were freed', async () => {
    const { pool } = await newPool(20_000)
    const buffers = (order: number[]) => {
      const tensors = [pool.alloc([64]), pool.alloc([64]), pool.alloc([64])]
      for (const i of order) pool.free(tensors[i])
      return tensors.map(({ buffer }) => buffer)
    }
    const first = buffers([0, 1, 2])
    for (const order of [
      [2, 0, 1],
      [1, 2, 0],
      [0, 2, 1],
    ])
      expect(buffers(order).map((buffer) => first.indexOf(buffer))).toEqual([0, 1, 2])
  })
})
