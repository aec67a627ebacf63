import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import { add } from '../kernels/add'
import { matmul } from '../kernels/gemm'

/** What a device does in a second, as far as a run's time depends on it. */
export interface DeviceRates {
  readonly flopsPerSecond: number
  readonly dispatchesPerSecond: number
}

/** Columns and rows of the product that is timed: large enough to fill a device, small enough not to be noticed. */
const SIZE = { hardware: 2048, software: 256 }
/** What a measurement should take, so that a clock's steps and a submission's cost do not count. */
const ENOUGH_MS = 25
const DISPATCHES = 256

const measured = new WeakMap<Gpu, Promise<DeviceRates>>()

/** The rates of a device, measured the first time in about 100 ms; nothing else may be at work on it then. */
export function ratesOf(gpu: Gpu): Promise<DeviceRates> {
  let rates = measured.get(gpu)
  if (!rates) {
    rates = gpu.scope(() => measure(gpu))
    measured.set(gpu, rates)
    rates.catch(() => measured.delete(gpu))
  }
  return rates
}

async function measure(gpu: Gpu): Promise<DeviceRates> {
  const n = gpu.info.software ? SIZE.software : SIZE.hardware
  const [a, b, c] = [gpu.alloc([n, n]), gpu.alloc([n, n]), gpu.alloc([n, n])]
  const [x, y] = [gpu.alloc([64]), gpu.alloc([64])]
  const zeros = gpu.record()
  for (const tensor of [a, b, x, y]) zeros.clear(tensor) // what memory held before may be slow to compute with
  await gpu.submit(zeros)
  const product = (rec: Recorder) => matmul(rec, { a, b, c, m: n, n, k: n, transB: true })
  const tiny = (rec: Recorder) => rec.run(add, { y, x }, { count: 64 })
  for (const warm of [product, tiny]) await secondsOf(gpu, 1, warm) // compiles
  const once = await secondsOf(gpu, 1, product)
  const times = Math.max(1, Math.ceil(ENOUGH_MS / 1000 / once))
  const rates = {
    flopsPerSecond: (times * 2 * n ** 3) / (await secondsOf(gpu, times, product)),
    dispatchesPerSecond: DISPATCHES / (await secondsOf(gpu, DISPATCHES, tiny)),
  }
  gpu.free(a, b, c, x, y)
  return rates
}

/** Seconds from recording to the end, as a run passes them. */
async function secondsOf(gpu: Gpu, times: number, record: (rec: Recorder) => void): Promise<number> {
  await gpu.settle()
  const started = performance.now()
  const rec = gpu.record()
  for (let i = 0; i < times; i++) record(rec)
  await gpu.submit(rec)
  await gpu.settle()
  return Math.max(1e-6, (performance.now() - started) / 1000)
}
