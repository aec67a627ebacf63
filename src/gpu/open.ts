import { GpuUnavailableError } from '../errors'
import { Gpu, type GpuInfo } from './device'

export interface GpuOptions {
  /** 'default' asks for nothing beyond WebGPU's guaranteed limits: what every device can do. */
  readonly limits?: 'adapter' | 'default'
}

/** Limits worth raising, each with the work that profits. */
const WANTED_LIMITS = [
  'maxBufferSize', // one weight matrix or Hessian a buffer
  'maxStorageBufferBindingSize', // and bound whole
  'maxComputeWorkgroupStorageSize', // larger matmul tiles
] as const satisfies (keyof GPUSupportedLimits)[]

/** Opens the best adapter of `api` (a page's `navigator.gpu`, or Dawn's), or says why there is none. */
export async function requestGpu(api: GPU | undefined, options: GpuOptions = {}): Promise<Gpu> {
  if (!api)
    throw new GpuUnavailableError(
      'gpu: expected WebGPU, got a browser without it — use Chrome or Edge 121+, Safari 26+, or Firefox 141+ on Windows or macOS',
    )
  const adapter = await api.requestAdapter({ powerPreference: 'high-performance' })
  if (!adapter)
    throw new GpuUnavailableError(
      'gpu: expected a WebGPU adapter, got none — update the graphics driver, and look at chrome://gpu for what blocks it',
    )
  return openGpu(adapter, options)
}

/** A device of this adapter with the engine's facilities around it. */
export async function openGpu(adapter: GPUAdapter, options: GpuOptions = {}): Promise<Gpu> {
  const raise = options.limits !== 'default'
  const requiredLimits = Object.fromEntries(raise ? WANTED_LIMITS.map((name) => [name, adapter.limits[name]]) : [])
  const requiredFeatures = (['timestamp-query'] as const).filter((name) => adapter.features.has(name))
  const device = await adapter.requestDevice({ label: 'bitloom', requiredLimits, requiredFeatures })
  return new Gpu(device, infoOf(adapter, device))
}

function infoOf(adapter: GPUAdapter, device: GPUDevice): GpuInfo {
  const { vendor, architecture, device: model, description } = adapter.info
  const name = [vendor, model || architecture].filter(Boolean).join(' ') || description || 'unnamed GPU'
  const software =
    adapter.info.isFallbackAdapter ||
    /swiftshader|llvmpipe|lavapipe|software/i.test(`${name} ${architecture} ${description}`)
  return {
    name,
    software,
    features: [...adapter.features].sort(),
    maxBindingBytes: device.limits.maxStorageBufferBindingSize,
    maxBufferBytes: device.limits.maxBufferSize,
  }
}
