import { type BudgetTerm, gainsLoss } from '../../autograd/ops/allocation'
import type { Tape, Variable } from '../../autograd/tape'
import { invariant } from '../../errors'
import type { Gpu } from '../../gpu/device'
import type { Recorder } from '../../gpu/recorder'
import { elements, type Tensor } from '../../gpu/tensor'
import {
  type CompensationShape,
  compensationEnergy,
  compensationError,
  compensationGains,
  compensationGradient,
  compensationShares,
  compensationSpread,
  compensationStart,
} from '../../kernels/compensation'
import { recordDiagonal } from '../../linalg/hessian'
import type { Panels } from '../../linalg/panels'

/** One linear W [rows, n]; ω [rows] says how much a row's error matters. */
export interface CompensatedLinear {
  /** C [K, n] = Σᵣ ωᵣ·(w[r, j] − Qₖ(w)[r, j])²: what each column would lose at each width without compensation. */
  readonly table: Tensor
  /** a [n] = Σᵣ ωᵣ·w[r, j]², 0 for a column without input; see `recordEnergy`. */
  readonly energy: Tensor
}

export interface CompensationOptions {
  /** Rounds of messages, at least 1. */
  readonly iterations?: number
}

/**
 * Records the energies a [n] of W [rows, n]: 0 where `diagonal` [n] of H is 0, since such columns are zeroed. `emphasis` is
 * ω [rows], all 1 when missing. The caller frees the result.
 */
export function recordEnergy(gpu: Gpu, rec: Recorder, weights: Tensor, diagonal: Tensor, emphasis?: Tensor): Tensor {
  const [rows, columns] = weights.shape as [number, number]
  const energy = gpu.alloc([columns], 'f32', 'energy')
  const ones = gpu.alloc([rows])
  rec.write(ones, new Float32Array(rows).fill(1))
  rec.run(compensationEnergy, { w: weights, emphasis: emphasis ?? ones, diagonal, energy }, { rows, columns })
  gpu.free(ones)
  return energy
}

/** Every round adds about a fifth of what the one before has added. */
const ITERATIONS = 8

/** Values of a slot: J, and the part of J that the last round of messages has brought. */
export const COMPENSATION_VALUES = 2

/** What is known of an allocation besides the wanted numbers. */
export interface CompensatedError {
  /** J, of all linears together. */
  readonly error: number
  /** Part of J that the last round of messages has brought: well above 1e-3, it wants more iterations. */
  readonly change: number
}

/**
 * Predicts the output error tr(D H Dᵀ) that GPTQ leaves at an allocation of widths, errors being pushed from column to
 * column along U, (H + λI)⁻¹ = UᵀU. A width leaves the part ρ = min(1, C/a) of a column's energy as error, but the
 * column has absorbed errors before it is rounded. With M_ij = (U_ij/U_ii)² for i < j:
 *
 *     v = a + Mᵀ(ρ∘v),  J = Σⱼ ρⱼ·vⱼ/Uⱼⱼ²,  λ = 1/U² + M(ρ∘λ),  dJ/dp[j, k] = ρ[j, k]·vⱼ·λⱼ.
 *
 * Both systems are triangular and solved by rounds of messages. Several linears (members) may share U; an allocation p
 * is [members, n, K], one-hot or soft, and J is the sum. Linears that must take equal widths are one member with summed
 * tables and energies. Keeps `u` [n, n], which stays the caller's and of which only the upper triangle is read. The
 * constructor records what it takes from the linears: submit that before anything else, their tensors may then be freed.
 */
export class Compensation {
  readonly #shape: CompensationShape
  readonly #shares: Tensor
  readonly #energies: Tensor
  readonly #one: Tensor
  /** diag U [n]. */
  readonly #pivots: Tensor
  readonly #iterations: number

  constructor(
    private readonly gpu: Gpu,
    rec: Recorder,
    private readonly u: Panels,
    linears: readonly CompensatedLinear[],
    { iterations = ITERATIONS }: CompensationOptions = {},
  ) {
    invariant(linears.length > 0 && iterations >= 1, 'compensation needs a linear and a round of messages')
    const [choices, columns] = linears[0]!.table.shape as [number, number]
    const members = linears.length
    this.#shape = { columns, choices, members }
    this.#iterations = iterations
    this.#shares = gpu.alloc([members, choices, columns], 'f32', 'shares of energy')
    this.#energies = gpu.alloc([members, columns], 'f32', 'energies')
    this.#one = gpu.alloc([1])
    rec.write(this.#one, Float32Array.of(1))
    this.#pivots = gpu.alloc([columns], 'f32', 'pivots')
    recordDiagonal(rec, u, columns, this.#pivots)
    linears.forEach(({ table, energy }, member) => {
      invariant(
        elements(table.shape) === choices * columns && elements(energy.shape) === columns,
        () => `compensation: table [${table.shape}], energy [${energy.shape}] beside ${choices} × ${columns}`,
      )
      rec.run(
        compensationShares,
        { table, energy, shares: this.#shares, energies: this.#energies },
        { columns, choices, member },
      )
    })
  }

  /**
   * Records v and λ [2, members, n] of an allocation p, and (J, change) into a slot of `history` [slots,
   * COMPENSATION_VALUES]: iterations + 2 dispatches. The caller frees the result.
   */
  recordMessages(rec: Recorder, p: Tensor, history: Tensor, slot = 0): Tensor {
    const { columns, choices, members } = this.#shape
    invariant(elements(p.shape) === members * columns * choices, () => `allocation [${p.shape}]`)
    const [gpu, pivots, shares, energies] = [this.gpu, this.#pivots, this.#shares, this.#energies]
    const parts = gpu.alloc([members, columns], 'f32', 'shares of an allocation')
    const results = gpu.alloc([2, members, columns], 'f32', 'messages heard')
    let messages = gpu.alloc([2, members, columns], 'f32', 'messages')
    let other = gpu.alloc([2, members, columns], 'f32', 'messages')
    rec.run(compensationStart, { pivots, shares, energies, p, parts, messages }, this.#shape)
    for (let round = 0; round < this.#iterations; round++) {
      for (const { tensor: u, first: top, count } of this.u) {
        const heard = { u, energies, parts, messages, next: other, results }
        rec.run(compensationSpread, heard, { columns, members, top, count })
      }
      ;[messages, other] = [other, messages]
    }
    rec.run(compensationError, { messages, before: other, values: history }, { count: members * columns, slot })
    gpu.free(parts, messages, other)
    return results
  }

  /** Records dJ/dp [members, n, K], and (J, change) as `recordMessages`: iterations + 3 dispatches. The caller frees it. */
  recordGradient(rec: Recorder, p: Tensor, history: Tensor, slot = 0): Tensor {
    const { columns, choices, members } = this.#shape
    const results = this.recordMessages(rec, p, history, slot)
    const gradient = this.gpu.alloc([members, columns, choices], 'f32', 'gradient of an allocation')
    this.recordBackward(rec, results, this.#one, gradient, false)
    this.gpu.free(results)
    return gradient
  }

  /** Records d [members, n, K] (+)= g[0]·dJ/dp from what `recordMessages` gave. */
  recordBackward(rec: Recorder, results: Tensor, g: Tensor, d: Tensor, accumulate: boolean): void {
    rec.run(compensationGradient, { shares: this.#shares, results, g, d }, { ...this.#shape, accumulate })
  }

  /** Records what the allocation loss of a single linear needs of `recordMessages`' results. The caller frees both. */
  recordGains(rec: Recorder, results: Tensor): { readonly value: Tensor; readonly slope: Tensor } {
    const { columns, choices, members } = this.#shape
    invariant(members === 1, 'gains of one linear at a time')
    const gains = {
      value: this.gpu.alloc([choices, columns], 'f32', 'gains'),
      slope: this.gpu.alloc([choices, columns], 'f32', 'slopes of gains'),
    }
    rec.run(compensationGains, { pivots: this.#pivots, shares: this.#shares, results, ...gains }, { columns, choices })
    return gains
  }

  /** v, the energy at which each column is rounded, and λ, what a unit of it costs, both [members, n]. */
  async messages(
    choice: Uint8Array,
  ): Promise<CompensatedError & { readonly v: Float32Array; readonly lambda: Float32Array }> {
    const { data, ...error } = await this.#evaluate(choice, (...args) => this.recordMessages(...args))
    const half = data.length / 2
    return { v: data.subarray(0, half), lambda: data.subarray(half), ...error }
  }

  /**
   * What each width of each column costs when the others stay as they are: ρ[j, k]·vⱼ·λⱼ, [members, n, K]. Choosing by
   * these costs and linearising again, three or four times, lowers J.
   */
  async linearised(choice: Uint8Array): Promise<CompensatedError & { readonly costs: Float32Array }> {
    const { data, ...error } = await this.#evaluate(choice, (...args) => this.recordGradient(...args))
    return { costs: data, ...error }
  }

  free(): void {
    this.gpu.free(this.#shares, this.#energies, this.#one, this.#pivots)
  }

  /** Reads what `record` makes of a hard choice [members, n], indices into the candidates. */
  async #evaluate(
    choice: Uint8Array,
    record: (rec: Recorder, p: Tensor, history: Tensor) => Tensor,
  ): Promise<CompensatedError & { readonly data: Float32Array }> {
    const { columns, choices, members } = this.#shape
    const rec = this.gpu.record()
    const p = this.gpu.alloc([members, columns, choices], 'f32', 'hard allocation')
    const history = this.gpu.alloc([COMPENSATION_VALUES])
    const chosen = new Float32Array(choice.length * choices)
    choice.forEach((k, at) => {
      chosen[at * choices + k] = 1
    })
    rec.write(p, chosen)
    const result = record(rec, p, history)
    await this.gpu.submit(rec)
    const data = await this.gpu.readF32(result)
    const [error = 0, change = 0] = await this.gpu.readF32(history)
    this.gpu.free(p, history, result)
    return { data, error, change }
  }
}

/** What the loss of an allocation adds to J. */
export interface CompensatedTerm extends BudgetTerm {
  /** What J is divided by. */
  readonly norm: number
}

/** J/norm + α·(mean bits − target)² of an allocation p [n, K] of one linear, as `allocationLoss` gives it. */
export function compensatedLoss(
  tape: Tape,
  p: Variable,
  logits: Tensor,
  compensation: Compensation,
  term: CompensatedTerm,
  temperature: number,
): Variable {
  const { gpu, rec } = tape
  const history = tape.keep(gpu.alloc([COMPENSATION_VALUES]))
  const results = compensation.recordMessages(rec, p.value, history)
  const { value, slope } = compensation.recordGains(rec, results)
  gpu.free(results)
  return gainsLoss(tape, p, logits, { ...term, value: tape.keep(value), slope: tape.keep(slope) }, temperature)
}
