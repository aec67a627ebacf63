import { describe, expect, it } from 'vitest'
import { noise, testGpu } from '../../test/device'
import { Recorder } from '../gpu/recorder'
import { hardenReference, rectified } from '../reference/soft-rounding'
import { HARD, recordHarden } from './harden'

/** ν after hardening to each part of `soft` in turn, which kernels of both kinds of device do alike. */
async function hardened(nu: Float32Array<ArrayBuffer>, ...soft: number[]): Promise<Float32Array> {
  const found = await hardenedBy(true, nu, soft)
  expect(await hardenedBy(false, nu, soft)).toEqual(found)
  return found
}

async function hardenedBy(software: boolean, nu: Float32Array<ArrayBuffer>, soft: number[]): Promise<Float32Array> {
  const gpu = await testGpu()
  const before = gpu.pool.liveBytes
  const tensor = gpu.upload(nu)
  const rec = new Recorder({ ...gpu.traits, software })
  for (const part of soft) recordHarden(gpu, rec, tensor, nu.length, part)
  await gpu.submit(rec)
  const result = await gpu.readF32(tensor)
  gpu.free(tensor)
  expect(gpu.pool.liveBytes).toBe(before)
  return result
}

const finite = (nu: Float64Array) => Float32Array.from(nu, (value) => Math.min(Math.max(value, -HARD), HARD))
const isSoft = (value: number) => Math.abs(value) < HARD

describe('recordHarden', () => {
  it.each([1, 2, 7, 4096, 4097, 30001])('leaves soft what a sort leaves soft (%i elements)', async (count) => {
    const nu = noise(count, count).map((value) => 2.39 * value)
    // both order by |ν| below saturation: no rounding of h comes into it
    for (const soft of [0.8, 0.5, 0.123, 0.005])
      expect(await hardened(nu, soft), `${soft}`).toEqual(finite(hardenReference(nu, soft)))
  })

  it('goes on from what is hard already', async () => {
    const nu = noise(5003, 1).map((value) => 2.39 * value)
    const schedule = [0.8, 0.5, 0.2, 0.02, 0.005]
    const found = await hardened(nu, ...schedule)
    expect(found).toEqual(finite(schedule.reduce(hardenReference, Float64Array.from(nu))))
    expect(found.filter(isSoft).length).toBe(Math.floor(0.005 * 5002) + 1)
  })

  it('keeps all that tie', async () => {
    const values = [-1, 1, 0.5, -0.5, 0, 2]
    const nu = Float32Array.from({ length: 6000 }, (_, i) => values[i % 6]!)
    for (const [soft, expected] of [
      [0.1, [-HARD, HARD, HARD, -HARD, 0, HARD]],
      [0.4, [-HARD, HARD, 0.5, -0.5, 0, HARD]],
      [0.5, [-HARD, HARD, 0.5, -0.5, 0, HARD]],
      [0.51, [-1, 1, 0.5, -0.5, 0, HARD]],
      [0.9, values],
    ] as const)
      expect((await hardened(nu, soft)).every((value, i) => value === expected[i % 6])).toBe(true)
  })

  it('ranks all alike that h takes to 0 or 1', async () => {
    const nu = Float32Array.of(2.5, -7, HARD, -HARD, 2.3, -2.3, 0.1, 0.2)
    expect([2.5, -7, HARD].map((value) => Math.abs(rectified(value) - 0.5))).toEqual([0.5, 0.5, 0.5])
    expect(await hardened(nu, 0.6)).toEqual(nu) // the fifth of eight is one of them
    expect([...(await hardened(nu, 0.5))].map((value) => (isSoft(value) ? 0 : Math.sign(value)))).toEqual([
      ...[1, -1, 1, -1, 0, 0, 0, 0],
    ])
  })

  it('hardens everything by its sign at 0, nothing at 1', async () => {
    const nu = Float32Array.of(0, -0, 1e-30, -1e-30, 0.7, -0.7, 3, -3, HARD, -HARD)
    expect([...(await hardened(nu, 0))].map(Math.sign)).toEqual([-1, -1, 1, -1, 1, -1, 1, -1, 1, -1])
    expect((await hardened(nu, 0)).some(isSoft)).toBe(false)
    expect(await hardened(nu, 1)).toEqual(nu)
  })

  it('refuses parts that are none', async () => {
    await expect(hardened(Float32Array.of(1), 1.5)).rejects.toThrow('a part of 1.5')
  })
})
