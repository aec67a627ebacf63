import { invariant } from '../../errors'
import type { Width } from '../../formats/quantized'
import type { Tensor } from '../../gpu/tensor'
import type { TrainingRecord } from '../../records'
import { parseCandidates } from '../allocation/candidates'
import type { BlockContext } from '../method'
import { CompensatedTrainer } from './compensated'
import type { Evidence } from './evidence'
import { scoreByMessages } from './messages'
import { type MgptqOptions, trains } from './options'
import { learnOutput } from './output'
import type { LayerMatrices } from './statistics'

/** A linear whose columns are to be scored. */
export interface Layer {
  readonly name: string
  readonly matrices: LayerMatrices
  readonly evidence: Evidence
  /** f32 [n]: diag H; 0 marks a dead column. */
  readonly inputs: Tensor
  /** f32 [rows]: ω, what a squared error of each output costs; all 1 when missing. */
  readonly emphasis: Tensor | undefined
  readonly seed: number
}

export interface Scores {
  /** [n, K], higher is better. */
  readonly scores: Float32Array
  readonly training: TrainingRecord | null
  readonly warnings: readonly string[]
}

export type Context = Pick<BlockContext, 'gpu' | 'report' | 'checkCancelled'>

/** Scores the columns of one linear after another; what one network learned may help with the next. */
export class Scorer {
  readonly #widths: readonly Width[]
  readonly #trainer: CompensatedTrainer | null

  constructor(
    private readonly context: Context,
    private readonly options: MgptqOptions,
  ) {
    const { objective } = options
    this.#widths = parseCandidates(options.candidates)
    this.#trainer = trains(options) && objective === 'compensated' ? new CompensatedTrainer(context, options) : null
  }

  async score(layer: Layer): Promise<Scores> {
    const { costs } = layer.evidence
    invariant(costs.length % this.#widths.length === 0, 'costs of other widths')
    if (this.#trainer) return this.#trainer.score(layer)
    if (trains(this.options)) return learnOutput(this.context, this.options, layer)
    if (this.options.allocator === 'messages') return scoreByMessages(this.context, this.options, layer)
    return { scores: costs.map((cost) => -cost), training: null, warnings: [] }
  }

  free(): void {
    this.#trainer?.free()
  }
}
