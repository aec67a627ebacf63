import { byteLength, type Tensor } from './tensor'

/** Mappable buffers kept for reuse, at most: more than one block's readbacks, and in bytes. */
const KEEP = 32
const KEEP_BYTES = 64 * 2 ** 20

/** Copies of GPU memory to the host, through a few mappable buffers that are reused. */
export class Readback {
  #free: GPUBuffer[] = []

  constructor(private readonly device: GPUDevice) {}

  async read(tensor: Tensor): Promise<ArrayBuffer> {
    const bytes = byteLength(tensor)
    if (bytes === 0) return new ArrayBuffer(0)
    const staging = this.#take(bytes)
    const encoder = this.device.createCommandEncoder()
    encoder.copyBufferToBuffer(tensor.buffer, tensor.offset, staging, 0, bytes)
    this.device.queue.submit([encoder.finish()])
    await staging.mapAsync(GPUMapMode.READ, 0, bytes)
    const copy = staging.getMappedRange(0, bytes).slice(0)
    staging.unmap()
    this.#give(staging)
    return copy
  }

  #take(bytes: number): GPUBuffer {
    const index = this.#free.findIndex((buffer) => buffer.size >= bytes && buffer.size <= 4 * bytes + 4096)
    if (index >= 0) return this.#free.splice(index, 1)[0]!
    return this.device.createBuffer({
      label: 'readback',
      size: Math.max(256, bytes),
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    })
  }

  #give(staging: GPUBuffer): void {
    this.#free.push(staging)
    const bytes = () => this.#free.reduce((sum, { size }) => sum + size, 0)
    while (this.#free.length > KEEP || (this.#free.length > 1 && bytes() > KEEP_BYTES)) this.#free.shift()!.destroy()
  }
}
