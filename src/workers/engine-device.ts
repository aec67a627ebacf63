import type { Gpu, GpuInfo } from '../gpu/device'
import { requestGpu } from '../gpu/open'
import { tune } from '../kernels/tuning'
import type { DeviceTimes } from './api'
import { tuningCache } from './tuning-cache'

/** The one device of the engine; there before the rest of it is loaded. */
export class EngineDevice {
  gpu: Gpu | null = null
  times: DeviceTimes = { foundAt: 0, readyAt: 0 }

  constructor(private readonly api: GPU | undefined) {}

  /** Rejects with GpuUnavailableError where there is none. */
  async start(): Promise<GpuInfo> {
    const gpu = await requestGpu(this.api)
    const foundAt = reached('bitloom: device found')
    await tune(gpu, tuningCache)
    this.gpu = gpu
    this.times = { foundAt, readyAt: reached('bitloom: device ready') }
    return gpu.info
  }
}

/** Now, in milliseconds since 1970; the browser's own tools show it by this name. */
const reached = (name: string) => performance.timeOrigin + performance.mark(name).startTime
