import { BitloomError, CancelledError, DeviceLostError, GpuLimitError, GpuOutOfMemoryError } from '../errors'
import { unless } from '../unless'
import { BufferPool } from './buffers'
import type { DeviceTraits } from './kernel'
import { type Compiled, PipelineCache } from './pipelines'
import { GpuQueue, Speedometer } from './queue'
import { Readback } from './readback'
import { Recorder } from './recorder'
import type { Tensor, TensorType } from './tensor'
import { type Grain, Profiler, type Timing } from './timing'

/** What the page or the command line shows about the device in use. */
export interface GpuInfo {
  readonly name: string
  readonly software: boolean
  readonly features: readonly string[]
  readonly maxBindingBytes: number
  readonly maxBufferBytes: number
  /** Tokens that may pass a block together, where memory ran out with as many as usual. */
  readonly batchTokens?: number
}

/** What every WebGPU device guarantees: assumed for forecasts while there is no device. */
export const assumedGpu: GpuInfo = {
  name: 'none',
  software: false,
  features: [],
  maxBindingBytes: 128 * 2 ** 20,
  maxBufferBytes: 256 * 2 ** 20,
}

/** One device with everything the engine needs around it. The engine is always given one, it never asks for one. */
export class Gpu {
  readonly pool: BufferPool
  /** What kernels are told that was tried on this device. */
  tuning: Pick<DeviceTraits, 'largeTile'> = {}
  info: GpuInfo
  readonly #pipelines: PipelineCache
  readonly #queue: GpuQueue
  readonly #readback: Readback
  readonly #speed: Speedometer
  readonly #unlessLost: <T>(work: Promise<T>) => Promise<T>
  #failure: Error | undefined

  constructor(
    readonly device: GPUDevice,
    info: GpuInfo,
  ) {
    this.info = info
    this.#speed = new Speedometer(info.software)
    const largest = Math.min(info.maxBindingBytes, info.maxBufferBytes)
    this.pool = new BufferPool(device, (error) => this.#fail(error), largest)
    this.#pipelines = new PipelineCache(device)
    this.#queue = new GpuQueue(device, this.#pipelines, this.#speed)
    this.#readback = new Readback(device)
    const hear = (event: Event) => {
      this.#fail(new Error(`bug in Bitloom: ${(event as GPUUncapturedErrorEvent).error.message}`))
    }
    device.addEventListener('uncapturederror', hear)
    const lost = device.lost.then(({ reason, message }) => {
      device.removeEventListener('uncapturederror', hear)
      throw this.#fail(
        new DeviceLostError(
          `gpu: expected the device to stay, got '${reason || 'unknown'}' ${message ? `(${message}) ` : ''}— ` +
            'reload to take a new one; a smaller batch or sequence length makes it less likely',
        ),
      )
    })
    this.#unlessLost = unless(lost)
  }

  /** A fresh list of commands for this device. */
  record(): Recorder {
    return new Recorder(this.traits)
  }

  get traits(): DeviceTraits {
    return {
      flopsPerDispatch: this.#speed.flopsPerDispatch,
      maxGroupsPerDimension: this.device.limits.maxComputeWorkgroupsPerDimension,
      workgroupBytes: this.device.limits.maxComputeWorkgroupStorageSize,
      software: this.info.software,
      ...this.tuning,
    }
  }

  /** Milliseconds that work of this cost should take here, from what has been measured so far. */
  estimateMs(flops: number, bytes = 0): number {
    return this.#speed.estimate({ flops, bytes }).ms
  }

  /** Pipelines compiled so far, and `performance.now()` when the first dispatch was done: null before. */
  get startUp(): { readonly compiled: Compiled; readonly firstDispatchAt: number | null } {
    return { compiled: this.#pipelines.compiled, firstDispatchAt: this.#queue.firstDispatchAt }
  }

  alloc(shape: readonly number[], type: TensorType = 'f32', label?: string): Tensor {
    return this.pool.alloc(shape, type, label)
  }

  free(...tensors: (Tensor | undefined)[]): void {
    this.pool.free(...tensors)
  }

  /**
   * A tensor holding `data`. Happens at once: submit what was recorded on freed tensors first, since this may reuse
   * their memory (or record a `write`, which keeps its place in the order).
   */
  upload(
    data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>,
    shape: readonly number[] = [data.length],
    label?: string,
  ): Tensor {
    const tensor = this.alloc(shape, data instanceof Float32Array ? 'f32' : 'u32', label)
    if (data.byteLength > 0) this.device.queue.writeBuffer(tensor.buffer, tensor.offset, data)
    return tensor
  }

  /** Compiles what recorded commands need, which are then dropped: work like them starts at once. */
  async compile(recorder: Recorder): Promise<void> {
    await this.#orLost(this.#queue.compile(recorder))
    recorder.commands.length = 0
    this.#check()
  }

  /** Runs recorded commands; resolves when they are handed over. */
  async submit(recorder: Recorder): Promise<void> {
    this.#check()
    await this.#orLost(this.#queue.submit(recorder))
    this.pool.sweep()
    this.#check()
  }

  /**
   * Runs `work`, which has the device to itself. When it fails or is cancelled, whatever it allocated is given back and
   * the device is ready for the next piece of work, unless it was lost.
   */
  async scope<T>(work: () => Promise<T>): Promise<T> {
    const before = this.pool.alive()
    try {
      return await work()
    } catch (error) {
      await this.settle().catch(() => {}) // what failed last matters less than what failed first
      await this.#heard().catch(() => {})
      this.pool.freeOthers(before)
      this.pool.trim()
      const failure = this.#failure
      if (!(failure instanceof DeviceLostError)) this.#failure = undefined
      // memory runs out before anybody is told: what was met first is what came of it
      throw failure instanceof GpuOutOfMemoryError && !(error instanceof CancelledError) ? failure : error
    }
  }

  /** Does `work` with at most so many tokens together. */
  async withBatches<T>(batchTokens: number, work: () => Promise<T>): Promise<T> {
    const usual = this.info
    this.info = { ...usual, batchTokens }
    try {
      return await work()
    } finally {
      this.info = usual
    }
  }

  /** Resolves when all that was wrong with what was submitted has been told. */
  async #heard(): Promise<void> {
    this.device.pushErrorScope('validation')
    await this.#orLost(this.device.popErrorScope())
  }

  /** Resolves when everything submitted has run. */
  async settle(): Promise<void> {
    await this.#orLost(this.#queue.settle())
    this.#check()
  }

  /** Resolves when nothing is under way any more, compilations neither, or the device is lost: a driver may not survive to be torn down before. */
  async quiet(): Promise<void> {
    await Promise.allSettled([this.settle(), this.#orLost(this.#pipelines.settle())])
  }

  /** What each tensor holds, all in one copy; they may be freed when this has returned. */
  async read(...tensors: readonly Tensor[]): Promise<ArrayBuffer[]> {
    this.#check()
    const copies = await this.#orLost(this.#readback.read(tensors))
    this.#check()
    return copies
  }

  async readF32(tensor: Tensor): Promise<Float32Array<ArrayBuffer>> {
    return new Float32Array((await this.read(tensor))[0]!)
  }

  async readU32(tensor: Tensor): Promise<Uint32Array<ArrayBuffer>> {
    return new Uint32Array((await this.read(tensor))[0]!)
  }

  /** Does `work`, which may name its phases, and times what it runs; needs the timestamp-query feature. */
  async profile<T>(
    work: (enter: (phase: string) => void) => Promise<T>,
    grain: Grain = 'dispatch',
  ): Promise<Timing & { result: T }> {
    if (!this.device.features.has('timestamp-query'))
      throw new GpuLimitError('profile: expected a device with timestamp-query, got one without — use wall-clock times')
    const profiler = new Profiler(this.device, grain)
    this.#queue.profiler = profiler
    try {
      const result = await work((phase) => {
        profiler.phase = phase
      })
      await this.settle()
      return { result, ...(await profiler.collect()) }
    } finally {
      this.#queue.profiler = undefined
      profiler.destroy()
    }
  }

  destroy(): void {
    this.pool.trim()
    this.device.destroy()
  }

  async #orLost<T>(work: Promise<T>): Promise<T> {
    try {
      return await this.#unlessLost(work)
    } catch (error) {
      throw this.#failure ?? error
    }
  }

  #fail(error: Error): Error {
    // what has no memory behind it is then refused as if it were ours
    const ours = this.#failure && !(this.#failure instanceof BitloomError)
    if (!this.#failure || (ours && error instanceof BitloomError) || error instanceof DeviceLostError)
      this.#failure = error
    return error
  }

  #check(): void {
    if (this.#failure) throw this.#failure
  }
}
