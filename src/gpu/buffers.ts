import { GpuLimitError, GpuOutOfMemoryError, invariant } from '../errors'
import { elements, type Tensor, type TensorType } from './tensor'

const KEEP_BYTES = 512 * 2 ** 20

/**
 * Storage buffers handed out as tensors and taken back for reuse. A tensor may be freed as soon as the last command
 * that uses it is recorded: the queue runs commands in order, and nothing is destroyed before `sweep`. Contents of a
 * fresh tensor are undefined.
 */
export class BufferPool {
  /** By size, the oldest last. */
  #free = new Map<number, GPUBuffer[]>()
  /** When each buffer was made. */
  #ages = new WeakMap<GPUBuffer, number>()
  #made = 0
  #live = new Map<GPUBuffer, number>()
  #kept = 0
  /** Bytes in live tensors now, and the most there ever were since `resetPeak`. */
  liveBytes = 0
  peakBytes = 0

  constructor(
    private readonly device: GPUDevice,
    private readonly onFailure: (error: Error) => void,
    /** The largest tensor that can be bound whole. */
    private readonly maxBytes: number,
    /** Freed buffers kept for reuse, at most. */
    public keepBytes = KEEP_BYTES,
  ) {}

  alloc(shape: readonly number[], type: TensorType = 'f32', label = 'tensor'): Tensor {
    const bytes = Math.max(4, elements(shape) * 4)
    const most = this.maxBytes
    if (!Number.isSafeInteger(bytes) || bytes > most)
      throw new GpuLimitError(
        `gpu memory: expected tensors of at most ${most} bytes on this device, got '${label}' [${shape}] of ${bytes} bytes` +
          ' — use a smaller model, shorter sequences, or a device with larger buffers',
      )
    const size = allocatedBytes(bytes, most)
    const buffer = this.#free.get(size)?.pop()
    if (buffer) this.#kept -= size
    const taken = buffer ?? this.#create(size, label)
    this.#live.set(taken, size)
    this.liveBytes += size
    this.peakBytes = Math.max(this.peakBytes, this.liveBytes)
    return { buffer: taken, offset: 0, shape, type }
  }

  free(...tensors: (Tensor | undefined)[]): void {
    for (const tensor of tensors) {
      if (!tensor) continue
      const size = this.#live.get(tensor.buffer)
      invariant(size !== undefined, () => `tensor '${tensor.buffer.label}' [${tensor.shape}] freed twice`)
      this.#live.delete(tensor.buffer)
      this.liveBytes -= size
      this.#keep(tensor.buffer, size)
    }
  }

  /** The buffers of all live tensors. */
  alive(): ReadonlySet<GPUBuffer> {
    return new Set(this.#live.keys())
  }

  /** Takes back every tensor whose buffer is not among these. */
  freeOthers(kept: ReadonlySet<GPUBuffer>): void {
    for (const buffer of [...this.#live.keys()])
      if (!kept.has(buffer)) this.free({ buffer, offset: 0, shape: [], type: 'f32' })
  }

  /** Destroys what is kept beyond the bound. Only when every recorded command that uses a freed tensor was submitted. */
  sweep(): void {
    this.#destroyKept(this.keepBytes)
  }

  /** Gives all kept buffers back to the system; the same condition holds. */
  trim(): void {
    this.#destroyKept(0)
  }

  resetPeak(): void {
    this.peakBytes = this.liveBytes
  }

  /** The oldest is taken first, whatever was freed last: work done again gets the same buffers, and its bind groups serve again. */
  #keep(buffer: GPUBuffer, size: number): void {
    const list = this.#free.get(size) ?? []
    this.#free.set(size, list)
    const age = (of: GPUBuffer) => this.#ages.get(of)!
    let at = list.length
    while (at > 0 && age(list[at - 1]!) < age(buffer)) at--
    list.splice(at, 0, buffer)
    this.#kept += size
  }

  #destroyKept(most: number): void {
    for (const [size, list] of this.#free) {
      while (this.#kept > most && list.length > 0) {
        list.shift()!.destroy()
        this.#kept -= size
      }
      if (list.length === 0) this.#free.delete(size)
    }
  }

  #create(size: number, label: string): GPUBuffer {
    const beside = this.liveBytes
    this.device.pushErrorScope('out-of-memory')
    const buffer = this.device.createBuffer({
      label,
      size,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    })
    this.#ages.set(buffer, this.#made++)
    this.device.popErrorScope().then(
      (error) => {
        if (error)
          this.onFailure(
            new GpuOutOfMemoryError(
              `gpu memory: expected room for '${label}' of ${size} bytes beside ${beside} bytes in use, got "${error.message}"` +
                ' — close other programs that use the GPU, or use a smaller model or shorter windows',
            ),
          )
      },
      () => {}, // the device was lost: reported by its own promise
    )
    return buffer
  }
}

/** What a tensor takes: sizes come in steps of at most an eighth, so that nearly equal tensors share buffers. */
export function allocatedBytes(bytes: number, most: number): number {
  const step = Math.max(256, 2 ** (Math.floor(Math.log2(bytes)) - 3))
  return Math.min(Math.ceil(bytes / step) * step, most)
}
