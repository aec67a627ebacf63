import { BindGroups, PARAMS_BYTES } from './bind-groups'
import type { Cost, Kernel } from './kernel'
import type { PipelineCache, Program } from './pipelines'
import type { Command, Recorder } from './recorder'
import { byteLength } from './tensor'
import type { Profiler } from './timing'

/** A submission should keep the GPU busy this long: long enough to hide its cost, short enough to stay responsive. */
const SUBMIT_MS = 100
const MAX_IN_FLIGHT = 2
/** Short ones may be more: that one has ended is heard late, and the GPU would wait for the host to hear it. */
const MAX_SHORT_IN_FLIGHT = 64
const MAX_DISPATCHES = 128
/** An idle device need not wait until more than that is encoded. */
const FIRST_DISPATCHES = 16
/** A dispatch should take so long at most. */
const DISPATCH_MS = 20
/** Time that says something of a device's speed. */
const SPAN_MS = 2
/** Dynamic uniform offsets must be multiples of 256 on every device (minUniformBufferOffsetAlignment). */
const PARAMS_STRIDE = PARAMS_BYTES

/** Runs recorded commands in order, few passes a submission; returns with at most two submissions in flight, or more short ones. */
export class GpuQueue {
  #turn: Promise<void> = Promise.resolve()
  #inFlight: { readonly done: Promise<void>; readonly estimate: Estimate }[] = []
  #arenas: GPUBuffer[] = []
  #encoder: GPUCommandEncoder | undefined
  #pass: GPUComputePassEncoder | undefined
  #params = new DataView(new ArrayBuffer(MAX_DISPATCHES * PARAMS_STRIDE))
  #arena: GPUBuffer | undefined
  readonly #bindGroups: BindGroups
  #dispatches = 0
  #estimate = nothing
  /** Since when the device has been busy with what ended last, and how long that should have taken. */
  #span = { from: 0, estimate: nothing }
  profiler: Profiler | undefined
  /** As the browser's own tools show it beside the page's start. */
  #firstSubmission: PerformanceMark | undefined
  /** `performance.now()` when the first submission that computes was done. */
  firstDispatchAt: number | null = null

  constructor(
    private readonly device: GPUDevice,
    private readonly pipelines: PipelineCache,
    private readonly speed: Speedometer,
  ) {
    this.#bindGroups = new BindGroups(device)
  }

  /** Resolves when all commands are handed to the device (not when they are done; see `settle`). */
  submit(recorder: Recorder): Promise<void> {
    const turn = this.#turn.then(() => this.#run(recorder))
    this.#turn = turn.catch(() => {})
    return turn
  }

  /** The pipelines of all that is recorded. */
  async compile(recorder: Recorder): Promise<Map<Kernel<string, never>, Program>> {
    const kernels = new Set(recorder.commands.flatMap((c) => (c.type === 'dispatch' ? [c.kernel] : [])))
    const programs = new Map<Kernel<string, never>, Program>()
    await Promise.all([...kernels].map(async (kernel) => programs.set(kernel, await this.pipelines.get(kernel))))
    return programs
  }

  async #run(recorder: Recorder): Promise<void> {
    const programs = await this.compile(recorder)
    try {
      for (const command of recorder.commands) {
        // writeBuffer happens before anything not yet submitted: close what precedes it
        if (command.type === 'write') await this.#flush()
        this.#encode(command, programs)
        const idle = this.#inFlight.length === 0
        if (this.#estimate.ms >= SUBMIT_MS || this.#dispatches >= (idle ? FIRST_DISPATCHES : MAX_DISPATCHES))
          await this.#flush()
      }
    } catch (error) {
      this.#startAfresh() // half a list must not run with the next one
      throw error
    }
    recorder.commands.length = 0
    await this.#flush()
  }

  /** Resolves when everything submitted has run. */
  async settle(): Promise<void> {
    await Promise.all(this.#inFlight.map(({ done }) => done))
  }

  #encode(command: Command, programs: Map<Kernel<string, never>, Program>): void {
    if (command.type === 'write') {
      const { tensor, data } = command
      this.device.queue.writeBuffer(tensor.buffer, tensor.offset, data)
      return
    }
    this.#encoder ??= this.device.createCommandEncoder()
    if (command.type === 'dispatch') this.#dispatch(command, programs.get(command.kernel)!)
    else {
      this.#endPass()
      if (command.type === 'copy') {
        const { from, to, bytes } = command
        this.#encoder.copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, bytes)
      } else this.#encoder.clearBuffer(command.tensor.buffer, command.tensor.offset, byteLength(command.tensor))
    }
  }

  #dispatch({ kernel, tensors, pass, cost }: Command & { type: 'dispatch' }, program: Program): void {
    const apart = this.profiler?.grain === 'dispatch'
    if (apart) this.#endPass()
    this.#pass ??= this.#beginPass(kernel.label, cost)
    const offset = this.#dispatches * PARAMS_STRIDE
    const uniform = this.#writeParams(kernel, pass.params, offset)
    this.#pass.setPipeline(program.pipeline)
    this.#pass.setBindGroup(0, this.#bindGroups.get(program, tensors, uniform), uniform ? [offset] : [])
    this.#pass.dispatchWorkgroups(...(pass.groups as [number, number?, number?]))
    if (apart) this.#endPass()
    this.#dispatches++
    this.#estimate = sum(this.#estimate, this.speed.estimate(cost))
  }

  #writeParams(
    kernel: Kernel<string, never>,
    values: Readonly<Record<string, number>> = {},
    offset: number,
  ): GPUBuffer | undefined {
    let at = offset
    for (const name in kernel.params) {
      const type = kernel.params[name]
      const value = values[name]
      if (value === undefined) throw new Error(`bug in Bitloom: ${kernel.label}: parameter '${name}' not given`)
      if (type === 'f32') this.#params.setFloat32(at, value, true)
      else if (type === 'i32') this.#params.setInt32(at, value, true)
      else this.#params.setUint32(at, value, true)
      at += 4
    }
    if (at === offset) return undefined
    this.#arena ??=
      this.#arenas.pop() ??
      this.device.createBuffer({
        label: 'params',
        size: this.#params.byteLength,
        usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
      })
    return this.#arena
  }

  #beginPass(label: string, cost: Cost): GPUComputePassEncoder {
    const timestampWrites = this.profiler?.span(label, cost)
    return this.#encoder!.beginComputePass(timestampWrites ? { timestampWrites } : {})
  }

  #endPass(): void {
    this.#pass?.end()
    this.#pass = undefined
  }

  #submitEncoded(): void {
    if (!this.#encoder) return
    this.#endPass()
    this.profiler?.resolve(this.#encoder)
    const arena = this.#arena
    if (arena) this.device.queue.writeBuffer(arena, 0, this.#params.buffer, 0, this.#dispatches * PARAMS_STRIDE)
    this.device.queue.submit([this.#encoder.finish()])
    const estimate = this.#estimate
    const computes = this.#dispatches > 0
    if (computes) this.#firstSubmission ??= performance.mark('bitloom: first submission')
    if (this.#inFlight.length === 0) this.#span = { from: performance.now(), estimate: nothing }
    const done = this.device.queue.onSubmittedWorkDone().then(() => {
      if (computes) this.firstDispatchAt ??= performance.mark('bitloom: first dispatch done').startTime
      if (arena) this.#arenas.push(arena)
      this.#inFlight.splice(this.#inFlight.indexOf(submission), 1)
      this.#observe(estimate)
    })
    const submission = { done, estimate }
    this.#inFlight.push(submission)
    this.#startAfresh()
  }

  /** What ends while there is more to do took the time since the last was heard of; several are heard of together when the host is late. */
  #observe(estimate: Estimate): void {
    const now = performance.now()
    const { from, estimate: before } = this.#span
    const heard = { from, estimate: sum(before, estimate) }
    if (now - from < SPAN_MS && this.#inFlight.length > 0) this.#span = heard
    else {
      this.speed.observe(heard.estimate, now - from)
      this.#span = { from: now, estimate: nothing }
    }
  }

  #startAfresh(): void {
    this.#encoder = undefined
    this.#pass = undefined
    this.#arena = undefined
    this.#dispatches = 0
    this.#estimate = nothing
  }

  async #flush(): Promise<void> {
    this.#submitEncoded()
    while (this.#isFarAhead()) await this.#inFlight[0]!.done
  }

  #isFarAhead(): boolean {
    const { length } = this.#inFlight
    if (length <= MAX_IN_FLIGHT) return false
    return length > MAX_SHORT_IN_FLIGHT || this.#inFlight.reduce((ms, { estimate }) => ms + estimate.ms, 0) > SUBMIT_MS
  }
}

/** How long work should take. */
export interface Estimate {
  readonly ms: number
  /** The part of it that arithmetic bounds; memory bounds the rest. */
  readonly arithmetic: number
}

const nothing: Estimate = { ms: 0, arithmetic: 0 }

const sum = (a: Estimate, b: Estimate): Estimate => ({ ms: a.ms + b.ms, arithmetic: a.arithmetic + b.arithmetic })

/**
 * What this device has been seen to do, so that time can be budgeted before it is spent. Starts from a guess (a small
 * integrated GPU, or a software rasterizer) and follows what submissions are seen to take: how fast memory is says nothing of
 * arithmetic, so that each learns by its share.
 */
export class Speedometer {
  /** Measured time over estimated time, smoothed, of what arithmetic and what memory bounds. */
  #arithmetic = 1
  #memory = 1
  readonly #flopsPerMs: number
  readonly #bytesPerMs: number

  constructor(software: boolean) {
    this.#flopsPerMs = software ? 2e6 : 1e9
    this.#bytesPerMs = software ? 2e6 : 50e6
  }

  /** For work of this cost. */
  estimate({ flops, bytes }: Cost): Estimate {
    const arithmetic = (flops / this.#flopsPerMs) * this.#arithmetic
    const memory = Math.max(0.01, (bytes / this.#bytesPerMs) * this.#memory)
    return arithmetic > memory ? { ms: arithmetic, arithmetic } : { ms: memory, arithmetic: 0 }
  }

  /** Work of about 20 ms: kernels differ in what they reach, and none should take 50. */
  get flopsPerDispatch(): number {
    return (DISPATCH_MS * this.#flopsPerMs) / this.#arithmetic
  }

  observe({ ms, arithmetic }: Estimate, measured: number): void {
    if (ms < 5) return // too short to tell work from overhead
    const seen = Math.min(4, Math.max(0.25, measured / ms)) ** 0.5
    const share = arithmetic / ms
    this.#arithmetic = bounded(this.#arithmetic * seen ** share)
    this.#memory = bounded(this.#memory * seen ** (1 - share))
  }
}

const bounded = (factor: number): number => Math.min(20, Math.max(0.002, factor))
