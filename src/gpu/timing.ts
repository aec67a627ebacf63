import type { Cost } from './kernel'
import { type Interval, type Occupancy, occupancyOf } from './occupancy'

/** GPU time of all dispatches of one kernel. */
export interface Span {
  readonly label: string
  readonly ms: number
  /** Of the longest dispatch; of the longest pass where passes are timed. */
  readonly longestMs: number
  readonly count: number
  readonly flops: number
  readonly bytes: number
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** What is timed: every dispatch, which makes a pass of each and so slows the run, or passes as they are. */
export type Grain = 'dispatch' | 'pass'

export interface Timing {
  /** Sums by kernel, longest first; of passes by the kernel that each begins with. */
  readonly spans: Span[]
  /** By phase. */
  readonly occupancy: ReadonlyMap<string, Occupancy>
}

/** Spans a query set holds: two timestamps each, 4096 at most by the WebGPU specification. */
const CAPACITY = 2048

interface Chunk {
  readonly queries: GPUQuerySet
  readonly resolved: GPUBuffer
  readonly spans: { readonly label: string; readonly cost: Cost; readonly phase: string }[]
}

/**
 * GPU time from timestamp queries; browsers round them to 100 µs unless developer features are on.
 */
export class Profiler {
  #chunks: Chunk[] = []
  /** Chunks written to since they were last resolved. */
  #open = new Set<Chunk>()

  /** What the work that follows belongs to. */
  phase = ''

  constructor(
    private readonly device: GPUDevice,
    readonly grain: Grain,
  ) {}

  /** Query slots for one pass. */
  span(label: string, cost: Cost): GPUComputePassTimestampWrites {
    let chunk = this.#chunks.at(-1)
    if (!chunk || chunk.spans.length === CAPACITY) this.#chunks.push((chunk = this.#newChunk()))
    const index = 2 * chunk.spans.length
    chunk.spans.push({ label, cost, phase: this.phase })
    this.#open.add(chunk)
    return { querySet: chunk.queries, beginningOfPassWriteIndex: index, endOfPassWriteIndex: index + 1 }
  }

  /** Called at the end of every submission. */
  resolve(encoder: GPUCommandEncoder): void {
    // a resolve must write to a multiple of 256 bytes: from the start each time
    for (const { queries, resolved, spans } of this.#open)
      encoder.resolveQuerySet(queries, 0, 2 * spans.length, resolved, 0)
    this.#open.clear()
  }

  /** Call when the queue has settled. */
  async collect(): Promise<Timing> {
    const intervals: Interval[] = []
    const sums = new Map<string, Omit<Mutable<Span>, 'label'>>()
    for (const chunk of this.#chunks) {
      const times = await this.#read(chunk)
      chunk.spans.forEach(({ label, cost, phase }, i) => {
        const [begin, end] = [times[2 * i]!, times[2 * i + 1]!]
        intervals.push({ begin, end, phase })
        const sum = sums.get(label) ?? { ms: 0, longestMs: 0, count: 0, flops: 0, bytes: 0 }
        const ms = Number(end - begin) / 1e6
        sum.ms += ms
        sum.longestMs = Math.max(sum.longestMs, ms)
        sum.count++
        sum.flops += cost.flops
        sum.bytes += cost.bytes
        sums.set(label, sum)
      })
    }
    const spans = [...sums].map(([label, sum]) => ({ label, ...sum })).sort((a, b) => b.ms - a.ms)
    return { spans, occupancy: occupancyOf(intervals) }
  }

  destroy(): void {
    for (const { queries, resolved } of this.#chunks) {
      queries.destroy()
      resolved.destroy()
    }
  }

  #newChunk(): Chunk {
    return {
      queries: this.device.createQuerySet({ type: 'timestamp', count: 2 * CAPACITY }),
      resolved: this.device.createBuffer({
        label: 'timestamps',
        size: 16 * CAPACITY,
        usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
      }),
      spans: [],
    }
  }

  async #read({ resolved, spans }: Chunk): Promise<BigUint64Array> {
    const staging = this.device.createBuffer({
      size: 16 * spans.length,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    })
    const encoder = this.device.createCommandEncoder()
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, staging.size)
    this.device.queue.submit([encoder.finish()])
    await staging.mapAsync(GPUMapMode.READ)
    const times = new BigUint64Array(staging.getMappedRange().slice(0))
    staging.destroy()
    return times
  }
}
