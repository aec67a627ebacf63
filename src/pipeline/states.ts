import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import { byteLength, elements, type Tensor } from '../gpu/tensor'
import { type Later, later } from '../later'
import type { Scratch } from '../storage/scratch'

/** The hidden states [tokens, hidden] of every batch of a stream, wherever they are kept. */
export interface States {
  /** Those of batch b on the GPU, for what is recorded on `rec` from now on; `release` them when that is recorded. */
  load(rec: Recorder, b: number): Promise<Tensor>
  release(states: Tensor): void
  /** Records a copy of the rows of batch b from `first` on into all of `to`. */
  copyRows(rec: Recorder, b: number, first: number, to: Tensor): Promise<void>
  /** Takes the place of batch b and belongs to the states; what makes it must have been submitted. */
  store(b: number, states: Tensor): Promise<void>
  /** States of their own, none stored yet. */
  fresh(): States
  free(): Promise<void>
}

/** Some rows of a matrix; only for copies and writes, since bindings begin at multiples of 256 bytes. */
export function rowsOf(tensor: Tensor, first: number, rows: number): Tensor {
  const [, columns = 0] = tensor.shape
  return { ...tensor, offset: tensor.offset + 4 * first * columns, shape: [rows, columns] }
}

/** All in the GPU's memory. */
export class ResidentStates implements States {
  readonly #states: Tensor[] = []

  constructor(private readonly gpu: Gpu) {}

  async load(_: Recorder, b: number): Promise<Tensor> {
    return this.#states[b]!
  }

  release(): void {}

  async copyRows(rec: Recorder, b: number, first: number, to: Tensor): Promise<void> {
    rec.copy(rowsOf(this.#states[b]!, first, to.shape[0]!), to)
  }

  async store(b: number, states: Tensor): Promise<void> {
    this.gpu.free(this.#states[b])
    this.#states[b] = states
  }

  fresh(): States {
    return new ResidentStates(this.gpu)
  }

  async free(): Promise<void> {
    this.gpu.free(...this.#states)
    this.#states.length = 0
  }
}

/** States cross between GPU and scratch in pieces of at most this. */
export const CROSSING_BYTES = 16 * 2 ** 20

/**
 * In a scratch, one batch on the GPU at a time: the next is read while the GPU works on this one, and what comes out is
 * written behind while it goes on, so that two are there and one is in the host's memory.
 */
export class SpilledStates implements States {
  #shapes: (readonly number[])[] = []
  #ahead: { readonly b: number; readonly bytes: Later<Uint8Array<ArrayBuffer>> } | null = null
  readonly #name: string

  constructor(
    private readonly gpu: Gpu,
    private readonly scratch: Scratch,
    /** What the streams of a run share: one batch of all of them is being written at a time. */
    private readonly desk: { made: number; writing: Later<void> } = { made: 0, writing: later(Promise.resolve()) },
  ) {
    this.#name = `states-${desk.made++}`
  }

  async load(rec: Recorder, b: number): Promise<Tensor> {
    const bytes = await (this.#ahead?.b === b ? this.#ahead.bytes.value : this.#read(b))
    const states = this.gpu.alloc(this.#shapes[b]!, 'f32', 'hidden')
    rec.write(states, new Float32Array(bytes.buffer))
    const next = (b + 1) % this.#shapes.length
    this.#ahead = next === b ? null : { b: next, bytes: later(this.#read(next)) }
    return states
  }

  release(states: Tensor): void {
    this.gpu.free(states)
  }

  async copyRows(rec: Recorder, b: number, first: number, to: Tensor): Promise<void> {
    await this.desk.writing.value
    const [, columns = 0] = to.shape
    const bytes = await this.scratch.read(this.#nameOf(b), 4 * first * columns, byteLength(to))
    rec.write(to, new Float32Array(bytes.buffer))
  }

  async store(b: number, states: Tensor): Promise<void> {
    this.#shapes[b] = states.shape
    if (this.#ahead?.b === b) this.#ahead = null
    await this.desk.writing.value
    this.desk.writing = later(this.#write(b, states).finally(() => this.gpu.free(states)))
  }

  fresh(): States {
    return new SpilledStates(this.gpu, this.scratch, this.desk)
  }

  /** Nothing is under way then; the scratch itself is its owner's to clear. */
  async free(): Promise<void> {
    await this.desk.writing.value.catch(() => {}) // has been told, or something else failed first
    await this.#ahead?.bytes.value.catch(() => {})
    this.#ahead = null
    this.#shapes = []
  }

  async #read(b: number): Promise<Uint8Array<ArrayBuffer>> {
    await this.desk.writing.value
    return this.scratch.read(this.#nameOf(b), 0, 4 * elements(this.#shapes[b]!))
  }

  async #write(b: number, states: Tensor): Promise<void> {
    const [rows = 0, columns = 0] = states.shape
    const step = Math.max(1, Math.floor(CROSSING_BYTES / 4 / columns))
    const file = await this.scratch.write(this.#nameOf(b), byteLength(states))
    try {
      for (let row = 0; row < rows; row += step) {
        const [piece] = await this.gpu.read(rowsOf(states, row, Math.min(step, rows - row)))
        await file.write(new Uint8Array(piece!))
      }
    } finally {
      await file.close()
    }
  }

  #nameOf(b: number): string {
    return `${this.#name}-${b}`
  }
}
