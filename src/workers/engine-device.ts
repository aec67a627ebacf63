import type { Gpu, GpuInfo } from '../gpu/device'
import { requestGpu } from '../gpu/open'
import { tune } from '../kernels/tuning'
import { tuningCache } from './tuning-cache'

/** The one device of the engine; there before the rest of it is loaded. */
export class EngineDevice {
  gpu: Gpu | null = null
  /** When it was there, in milliseconds since 1970. */
  readyAt = 0

  constructor(private readonly api: GPU | undefined) {}

  /** Rejects with GpuUnavailableError where there is none. */
  async start(): Promise<GpuInfo> {
    const gpu = await requestGpu(this.api)
    await tune(gpu, tuningCache)
    this.gpu = gpu
    this.readyAt = performance.timeOrigin + performance.now()
    return gpu.info
  }
}
