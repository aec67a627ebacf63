import { byteLength, type Tensor } from './tensor'

/** Mappable buffers kept for reuse, in bytes: more than the results of one block of most models. */
const KEEP_BYTES = 64 * 2 ** 20
/** Sizes are powers of two from this on, so that a few buffers serve all. */
const SMALLEST = 4096

/** Copies of GPU memory to the host, through mappable buffers that are reused. */
export class Readback {
  /** By size. */
  readonly #free = new Map<number, GPUBuffer[]>()
  #kept = 0

  constructor(private readonly device: GPUDevice) {}

  /** What each tensor holds, all in one copy. The tensors may be freed when this has returned. */
  async read(tensors: readonly Tensor[]): Promise<ArrayBuffer[]> {
    const places: { readonly at: number; readonly bytes: number }[] = []
    let filled = 0
    for (const tensor of tensors) {
      const bytes = byteLength(tensor)
      places.push({ at: filled, bytes })
      filled += bytes
    }
    if (filled === 0) return places.map(() => new ArrayBuffer(0))
    const staging = this.#take(filled)
    const encoder = this.device.createCommandEncoder()
    for (const [i, { at, bytes }] of places.entries())
      if (bytes > 0) encoder.copyBufferToBuffer(tensors[i]!.buffer, tensors[i]!.offset, staging, at, bytes)
    this.device.queue.submit([encoder.finish()])
    await staging.mapAsync(GPUMapMode.READ, 0, filled)
    const mapped = staging.getMappedRange(0, filled)
    const copies = places.map(({ at, bytes }) => mapped.slice(at, at + bytes))
    staging.unmap()
    this.#give(staging)
    return copies
  }

  #take(bytes: number): GPUBuffer {
    const size = Math.max(SMALLEST, 2 ** Math.ceil(Math.log2(bytes)))
    const buffer = this.#free.get(size)?.pop()
    if (buffer) this.#kept -= size
    return (
      buffer ??
      this.device.createBuffer({
        ...{ label: 'readback', size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST },
      })
    )
  }

  #give(staging: GPUBuffer): void {
    const { size } = staging
    if (this.#kept + size > KEEP_BYTES) staging.destroy()
    else {
      this.#free.set(size, [...(this.#free.get(size) ?? []), staging])
      this.#kept += size
    }
  }
}
