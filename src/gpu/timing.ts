import type { Cost } from './kernel'

export interface Span {
  readonly label: string
  readonly ms: number
  readonly count: number
  readonly flops: number
  readonly bytes: number
}

const MAX_SPANS = 2048

/**
 * GPU time per kernel from timestamp queries. While a profiler is attached every dispatch is a pass of its own, which
 * costs a little; browsers round the timestamps to 100 µs unless developer features are on.
 */
export class Profiler {
  readonly #set: GPUQuerySet
  readonly #resolved: GPUBuffer
  #spans: { label: string; cost: Cost }[] = []
  #pendingFrom = 0

  constructor(private readonly device: GPUDevice) {
    this.#set = device.createQuerySet({ type: 'timestamp', count: 2 * MAX_SPANS })
    this.#resolved = device.createBuffer({
      size: 16 * MAX_SPANS,
      usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
    })
  }

  /** Query slots for one dispatch; undefined once the profiler is full, so that long runs keep going untimed. */
  span(label: string, cost: Cost): GPUComputePassTimestampWrites | undefined {
    if (this.#spans.length >= MAX_SPANS) return undefined
    const index = 2 * this.#spans.length
    this.#spans.push({ label, cost })
    return { querySet: this.#set, beginningOfPassWriteIndex: index, endOfPassWriteIndex: index + 1 }
  }

  resolve(encoder: GPUCommandEncoder): void {
    const count = this.#spans.length - this.#pendingFrom
    if (count === 0) return
    // resolve targets must sit on 256-byte boundaries: always resolve from the start
    encoder.resolveQuerySet(this.#set, 0, 2 * this.#spans.length, this.#resolved, 0)
    this.#pendingFrom = this.#spans.length
  }

  /** Sums by label, longest first; starts afresh afterwards. Call when the queue has settled. */
  async collect(): Promise<Span[]> {
    const spans = this.#spans
    this.#spans = []
    this.#pendingFrom = 0
    if (spans.length === 0) return []
    const staging = this.device.createBuffer({
      size: 16 * spans.length,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    })
    const encoder = this.device.createCommandEncoder()
    encoder.copyBufferToBuffer(this.#resolved, 0, staging, 0, staging.size)
    this.device.queue.submit([encoder.finish()])
    await staging.mapAsync(GPUMapMode.READ)
    const times = new BigUint64Array(staging.getMappedRange().slice(0))
    staging.destroy()
    const sums = new Map<string, { ms: number; count: number; flops: number; bytes: number }>()
    spans.forEach(({ label, cost }, i) => {
      const sum = sums.get(label) ?? { ms: 0, count: 0, flops: 0, bytes: 0 }
      sum.ms += Number(times[2 * i + 1]! - times[2 * i]!) / 1e6
      sum.count++
      sum.flops += cost.flops
      sum.bytes += cost.bytes
      sums.set(label, sum)
    })
    return [...sums].map(([label, sum]) => ({ label, ...sum })).sort((a, b) => b.ms - a.ms)
  }

  destroy(): void {
    this.#set.destroy()
    this.#resolved.destroy()
  }
}
