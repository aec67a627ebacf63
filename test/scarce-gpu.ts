import { Gpu } from '../src/gpu/device'
import { freshGpu } from './device'

/** Bytes of tensors' buffers, those kept for reuse among them. */
export interface Memory {
  /** More than that cannot be made. */
  budget: number
  used: number
  /** The most there ever were; may be set back. */
  peak: number
  /** Labels of buffers that were refused. */
  readonly refused: string[]
}

/**
 * A device of its own with so much memory. Beyond its budget a buffer is made that nothing can be done with, and the error scope around
 * says why, later, as WebGPU has it.
 */
export async function scarceGpu(maxBindingBytes?: number): Promise<{ gpu: Gpu; memory: Memory }> {
  const { device, info } = await freshGpu()
  const memory: Memory = { budget: Number.POSITIVE_INFINITY, used: 0, peak: 0, refused: [] }
  let ranOut = false
  const createBuffer = (descriptor: GPUBufferDescriptor): GPUBuffer => {
    const buffer = device.createBuffer(descriptor)
    if (!(descriptor.usage & GPUBufferUsage.STORAGE)) return buffer
    const { size } = descriptor
    const destroy = buffer.destroy.bind(buffer)
    if (memory.used + size > memory.budget) {
      ranOut = true
      memory.refused.push(descriptor.label ?? '')
      destroy()
      return buffer
    }
    memory.used += size
    memory.peak = Math.max(memory.peak, memory.used)
    const release = () => {
      memory.used -= size
      destroy()
    }
    return Object.defineProperty(buffer, 'destroy', { value: release })
  }
  const popErrorScope = async () => {
    const told = ranOut ? ({ message: 'Out of memory' } as GPUError) : null
    ranOut = false
    return (await device.popErrorScope()) ?? told
  }
  const own: Partial<Record<string | symbol, unknown>> = { createBuffer, popErrorScope }
  const scarce = new Proxy(device, {
    get(target, name) {
      if (name in own) return own[name]
      const value = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { gpu: new Gpu(scarce, maxBindingBytes === undefined ? info : { ...info, maxBindingBytes }), memory }
}
