import { expect, onTestFinished } from 'vitest'
import { create, globals } from 'webgpu'
import { Gpu } from '../src/gpu/device'
import { openGpu } from '../src/gpu/open'

let dawn: GPU | undefined

async function requestTestAdapter(): Promise<GPUAdapter> {
  Object.assign(globalThis, globals)
  dawn ??= create([]) // one for all devices: Dawn dies when an instance is collected
  const adapter = await dawn.requestAdapter()
  if (!adapter) throw new Error('no adapter')
  return adapter
}

let opened: Promise<Gpu> | undefined

/** The device of this test file, opened once, with nothing beyond WebGPU's default limits. */
export function testGpu(): Promise<Gpu> {
  opened ??= freshGpu()
  return opened
}

let raised: Promise<Gpu> | undefined

/** A device with all that its adapter has. */
export function raisedGpu(): Promise<Gpu> {
  raised ??= requestTestAdapter().then((adapter) => openGpu(adapter))
  return raised
}

/** A device of its own, for tests that break it. */
export async function freshGpu(): Promise<Gpu> {
  return openGpu(await requestTestAdapter(), { limits: 'default' })
}

/** A device that binds no more than `maxBindingBytes`, so that small models must be split; gone when the test is done. */
export async function smallGpu(maxBindingBytes: number): Promise<Gpu> {
  const { device, info } = await freshGpu()
  const gpu = new Gpu(device, { ...info, maxBindingBytes })
  onTestFinished(() => gpu.quiet().then(() => gpu.destroy()))
  return gpu
}

export interface Tolerance {
  /** Largest difference allowed whatever the magnitude. */
  readonly atol?: number
  /** Largest difference allowed as a part of the expected value. */
  readonly rtol?: number
}

/** Every |actual − expected| ≤ atol + rtol·|expected|; a failure names the worst element and counts the rest. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { atol = 0, rtol = 0 }: Tolerance,
): void {
  expect(actual.length, 'number of elements').toBe(expected.length)
  let worst = -1
  let worstExcess = 0
  let outside = 0
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!)
    const excess = difference - (atol + rtol * Math.abs(expected[i]!))
    if (excess <= 0 || Object.is(actual[i], expected[i])) continue
    outside++
    // NaN beats every finite difference
    if (worst >= 0 && (Number.isNaN(worstExcess) || excess <= worstExcess)) continue
    worst = i
    worstExcess = excess
  }
  if (outside === 0) return
  const got = actual[worst]!
  const want = expected[worst]!
  expect.fail(
    `${outside} of ${expected.length} elements differ by more than ${atol} + ${rtol}·|expected|; ` +
      `worst at ${worst}: expected ${want}, got ${got} (difference ${Math.abs(got - want)})`,
  )
}

const BELOW_ONE = 1 - 2 ** -24

/** The same numbers in (−1, 1) every time, roughly uniform: mulberry32 of the seed. */
export function noise(length: number, seed: number): Float32Array<ArrayBuffer> {
  let state = seed >>> 0
  return Float32Array.from({ length }, () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    // as a float32, the largest would be 1
    return Math.min(BELOW_ONE, ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1)
  })
}
