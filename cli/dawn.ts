import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { GpuUnavailableError } from '../src/errors'

/** What Dawn's addon exports, alone (`dawn.node`) and through the `webgpu` package. */
interface Addon {
  create(options: string[]): GPU
  /** GPUBufferUsage, GPUMapMode … for the global scope. */
  globals: object
}

/** WebGPU on Node. */
export interface Dawn {
  gpu: GPU
  /** An adapter nobody has asked for a device yet; for a second device ask `gpu` again, an adapter gives only one. */
  adapter: GPUAdapter
  /** Lets go of Dawn once the caller has, too: it is torn down when nothing refers to `gpu` any more. */
  close(): void
}

// Timestamps are rounded to 100 µs against spying pages; nobody spies on us here and kernels take less.
const options = ['disable-dawn-features=timestamp_quantization']

// A collected `gpu` takes every device of it down, and callers tend to keep only the device.
const kept = new Set<GPU>()

async function loadAddon(): Promise<Addon> {
  const path = process.env.BITLOOM_DAWN
  try {
    if (path) return createRequire(import.meta.url)(resolve(path)) as Addon
    return (await import('webgpu')) as Addon
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error)
    throw new GpuUnavailableError(
      path
        ? `BITLOOM_DAWN: expected Dawn's addon for Node, got '${path}' (${reason}) — point it to a dawn.node built for this system, or unset it to use the webgpu package`
        : `Dawn: expected the webgpu package, got none that loads (${reason}) — npm install webgpu, or point BITLOOM_DAWN to a dawn.node file`,
    )
  }
}

/**
 * Opens WebGPU on Node: the addon BITLOOM_DAWN names, else the `webgpu` package's. Dawn warns on standard error, never
 * on standard output. Throws GpuUnavailableError when no addon loads or it finds no adapter.
 */
export async function openDawn(): Promise<Dawn> {
  const addon = await loadAddon()
  Object.assign(globalThis, addon.globals)
  const gpu = addon.create(options)
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (!adapter) {
    throw new GpuUnavailableError(
      'Dawn: expected a GPU adapter, got none — install a GPU driver or a software one (Vulkan: Mesa lavapipe 23 or newer), or name a driver in VK_DRIVER_FILES',
    )
  }
  kept.add(gpu)
  return { gpu, adapter, close: () => void kept.delete(gpu) }
}
