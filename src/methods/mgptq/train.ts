import { Adam } from '../../autograd/adam'
import { gumbelSoftmax } from '../../autograd/ops/gumbel'
import { residual } from '../../autograd/ops/residual'
import { Tape, type Variable } from '../../autograd/tape'
import { invariant, NumericalError } from '../../errors'
import type { Gpu } from '../../gpu/device'
import type { Recorder } from '../../gpu/recorder'
import { byteLength, type Tensor } from '../../gpu/tensor'
import { LOSS_VALUES } from '../../kernels/allocation'
import type { TrainingRecord } from '../../records'
import { Journal, LOSS } from './journal'
import { type Adjacency, AllocatorNetwork } from './network'
import { oscillates, type TrainingSignals, WINDOW } from './signals'

/** Records what a choice p [n, K] costs: a loss tensor of LOSS_VALUES, of which L has a gradient to p. */
export type Objective = (tape: Tape, p: Variable, logits: Tensor, temperature: number) => Variable

/** One layer's allocation, and how it is to be learned. Tensors stay the caller's. */
export interface TrainingProblem {
  readonly objective: Objective
  /** P0 = A·X0 [n, features]; X0 itself without an adjacency. */
  readonly features: Tensor
  /** null for A = I: MLP-PTQ. */
  readonly adjacency: Adjacency | null
  /** How many candidate widths there are, K. */
  readonly choices: number
  /** Mean bits aimed at. */
  readonly target: number
  readonly seed: number
  /** What is known of the logits [n, K], for a network that only corrects it. */
  readonly base?: Tensor
  /** A network that has learned before; it stays the caller's. A fresh one of this layer's own when missing. */
  readonly network?: AllocatorNetwork
  readonly steps?: number
  readonly rate?: number
  readonly hidden?: number
  /** Temperature τ of the first and of the last step. */
  readonly temperature?: readonly [first: number, last: number]
  /** Scale of the Gumbel noise. */
  readonly noise?: number
  /** Steps without a relative gain above 1e-4 of the chosen widths after which training ends. */
  readonly patience?: number
  /** Index of a width for each column from logits [n, K], within the budget. */
  project(logits: Float32Array): Uint8Array
  /** Choices known beforehand, which compete. */
  readonly start?: readonly Uint8Array[]
  onSteps?(training: TrainingRecord): void
  checkCancelled?(): void
}

export interface TrainedAllocator {
  /** Index of a width for each column: the best of all that were projected or given. */
  readonly choice: Uint8Array
  /** The objective's error of the choice, without the budget's term. */
  readonly error: number
  /** Which of the given choices it is, null when the network found it. */
  readonly start: number | null
  /** [n, K] at the step whose projection was best. */
  readonly logits: Float32Array
  readonly training: TrainingRecord
  readonly signals: TrainingSignals
}

export const DEFAULTS = {
  steps: 300,
  rate: 2e-3,
  hidden: 64,
  temperature: [1, 0.5],
  noise: 0.3,
  patience: 100,
} as const

/** Steps between looks at the chosen widths: the only times that anything is read back. */
const LOOK = 20
/** Steps handed to the GPU together. */
const TOGETHER = 4
const GAIN = 1e-4
/** A row of the history begins at a multiple of 256 bytes. */
const ROW = 64
/** What is kept of the steps between two looks. */
export const HISTORY = [LOOK, ROW] as const
/** Draws at the final parameters, which tell noise from oscillation. */
export const REDRAWS = 8

/**
 * Learns widths for the columns of a layer (methods E3–E8): a graph network, straight-through Gumbel-Softmax, Adam. All
 * steps stay on the GPU; every 20 the logits are projected to the budget, and the best projection is kept.
 *
 * @throws NumericalError when the loss or the logits leave the numbers; what it holds then is given back by `gpu.scope`
 */
export async function trainAllocator(gpu: Gpu, given: TrainingProblem): Promise<TrainedAllocator> {
  const problem = { ...DEFAULTS, ...given }
  const { steps, patience, project } = problem
  invariant(steps > 0, 'training without steps')
  const run = new Run(gpu, problem)
  const journal = new Journal()

  let best = await bestOf(run, problem.start ?? [])
  let learned = { error: Number.POSITIVE_INFINITY, logits: new Float32Array(0) }
  /** The last step that was a gain worth waiting for. */
  let gained = { error: Number.POSITIVE_INFINITY, step: 0 }
  let logits = learned.logits
  while (journal.steps < steps && journal.steps - gained.step <= patience) {
    problem.checkCancelled?.()
    const chunk = await run.steps(journal.steps, Math.min(journal.steps + LOOK, steps))
    journal.add(chunk.history, ROW)
    logits = chunk.logits
    if (!logits.every(Number.isFinite))
      throw new NumericalError('mg-ptq: expected finite logits, got NaN or infinity — lower the learning rate')
    const choice = project(logits)
    const error = await run.error(choice)
    journal.choose(error)
    if (error < learned.error) learned = { error, logits }
    if (error < gained.error * (1 - GAIN)) gained = { error, step: journal.steps }
    if (!best || error < best.error) best = { choice, error, start: null }
    problem.onSteps?.(journal.record())
  }
  const training = journal.record()
  const redraws = journal.steps < WINDOW ? [] : await run.redraws(journal.steps)
  run.free()
  return {
    ...best!,
    logits: learned.logits,
    training,
    signals: {
      rawMiss: training.bits.at(-1)! - problem.target,
      collapsed: allEqual(argmax(logits, problem.choices)),
      oscillating: oscillates(training.quantization, redraws),
    },
  }
}

interface Candidate {
  readonly choice: Uint8Array
  readonly error: number
  readonly start: number | null
}

async function bestOf(run: Run, starts: readonly Uint8Array[]): Promise<Candidate | undefined> {
  let best: Candidate | undefined
  for (const [start, choice] of starts.entries()) {
    const error = await run.error(choice)
    if (!best || error < best.error) best = { choice, error, start }
  }
  return best
}

/** What lives on the GPU from the first step to the last. */
class Run {
  readonly #network: AllocatorNetwork
  readonly #adam: Adam
  readonly #rec: Recorder
  readonly #history: Tensor
  readonly #logits: Tensor
  /** dL/dloss: only L counts. */
  readonly #one: Tensor

  constructor(
    private readonly gpu: Gpu,
    private readonly problem: TrainingProblem & Required<Pick<TrainingProblem, keyof typeof DEFAULTS>>,
  ) {
    const { features, choices, hidden, seed } = problem
    const [n, width] = features.shape as [number, number]
    this.#rec = gpu.record()
    this.#network = problem.network ?? new AllocatorNetwork(gpu, { features: width, hidden, choices }, seed)
    this.#adam = new Adam(gpu, this.#rec, this.#network.parameters.values)
    this.#history = gpu.alloc(HISTORY, 'f32', 'history')
    this.#logits = gpu.alloc([n, choices], 'f32', 'logits')
    this.#one = gpu.upload(Float32Array.from({ length: LOSS_VALUES }, (_, i) => (i === LOSS.loss ? 1 : 0)))
  }

  /** Does steps [first, end), at most LOOK; their loss values, ROW a step, and the logits of the last. */
  async steps(first: number, end: number) {
    for (let step = first; step < end; step++) {
      this.#step(step, step - first, step === end - 1)
      // the GPU works on these while the next are recorded
      if ((step + 1 - first) % TOGETHER === 0) await this.gpu.submit(this.#rec)
    }
    await this.gpu.submit(this.#rec)
    const rows = { ...this.#history, shape: [end - first, ROW] }
    const [history, logits] = await Promise.all([this.gpu.readF32(rows), this.gpu.readF32(this.#logits)])
    return { history, logits }
  }

  /** The objective's error when every column takes the width of this index. */
  async error(choice: Uint8Array): Promise<number> {
    const { choices, objective } = this.problem
    const hard = new Float32Array(choice.length * choices)
    choice.forEach((k, column) => {
      hard[column * choices + k] = 1
    })
    const p = this.gpu.upload(hard, [choice.length, choices], 'hard choice')
    const tape = new Tape(this.gpu, this.#rec)
    const loss = objective(tape, tape.constant(p), p, 1)
    await this.gpu.submit(this.#rec)
    const values = await this.gpu.readF32(loss.value)
    tape.free()
    this.gpu.free(p)
    return values[LOSS.quantization]!
  }

  /** The sampled error at the parameters as they are, drawn again and again from this step's number on. */
  async redraws(step: number): Promise<number[]> {
    const tape = new Tape(this.gpu, this.#rec)
    const logits = this.#logitsOn(tape)
    const losses = Array.from({ length: REDRAWS }, (_, i) => {
      const p = gumbelSoftmax(tape, logits, this.#draw(step + i))
      return this.problem.objective(tape, p, logits.value, 1)
    })
    await this.gpu.submit(this.#rec)
    const values = await Promise.all(losses.map(({ value }) => this.gpu.readF32(value)))
    tape.free()
    return values.map((row) => row[LOSS.quantization]!)
  }

  free(): void {
    if (!this.problem.network) this.#network.parameters.free()
    this.#adam.free()
    this.gpu.free(this.#history, this.#logits, this.#one)
  }

  #logitsOn(tape: Tape): Variable {
    const { features, adjacency, base } = this.problem
    const logits = this.#network.logits(tape, features, adjacency)
    return base ? residual(tape, tape.constant(base), logits) : logits
  }

  #step(step: number, row: number, keepLogits: boolean): void {
    const { objective, rate } = this.problem
    const tape = new Tape(this.gpu, this.#rec)
    const logits = this.#logitsOn(tape)
    const draw = this.#draw(step)
    const p = gumbelSoftmax(tape, logits, draw)
    const loss = objective(tape, p, logits.value, draw.temperature)
    if (keepLogits) this.#rec.copy(logits.value, this.#logits)
    this.#rec.copy(loss.value, { ...this.#history, offset: 4 * ROW * row, shape: [ROW] }, byteLength(loss.value))
    tape.backward([loss, this.#one])
    this.#adam.step(this.#rec, this.#network.parameters.gradients, rate)
  }

  #draw(step: number) {
    const { temperature, noise, seed, steps } = this.problem
    const [first, last] = temperature
    const done = Math.min(1, step / Math.max(1, steps - 1))
    return { temperature: first + (last - first) * done, noise, seed, step }
  }
}

/** Index of the largest of `choices` logits a column, the first of equals. */
export function argmax(logits: Float32Array, choices: number): Uint8Array {
  return Uint8Array.from({ length: logits.length / choices }, (_, column) => {
    const row = logits.subarray(column * choices, (column + 1) * choices)
    return row.indexOf(Math.max(...row))
  })
}

const allEqual = (values: Uint8Array): boolean => values.every((value) => value === values[0])
