import type { Tensor } from '../../gpu/tensor'
import type { Hessian } from '../../linalg/hessian'
import type { LinearSpec, ModelSpec } from '../../models/spec'
import type { TrainingRecord } from '../../records'
import { parseCandidates } from '../allocation/candidates'
import { type Factor, factorize, freeFactor } from '../factor'
import type { BlockContext, ModelContext } from '../method'
import { freeEvidence, gatherEvidence } from './evidence'
import type { MgptqOptions } from './options'
import { Scorer } from './score'
import { type Scored, settle, type Widths } from './settle'

/** ω of every linear's outputs [out], by name; null where errors are not weighed. */
export type Sensitivities = ReadonlyMap<string, Float32Array<ArrayBuffer>> | null

/** Widths under one budget, and what learning them was like. */
export interface Allocated {
  readonly widths: Widths
  readonly learned: ReadonlyMap<string, Learned>
}

interface Learned {
  readonly training: TrainingRecord | null
  readonly warnings: readonly string[]
}

export const stagesOf = ({ linears }: ModelSpec) => [...new Set(linears.map((linear) => linear.stage))]
export const linearsOf = ({ linears }: ModelSpec, stage: number) => linears.filter((linear) => linear.stage === stage)

/** Chooses the widths of columns: scores linear after linear, then settles the budget. */
export class Allocator {
  readonly #scorer: Scorer

  constructor(
    context: Pick<BlockContext, 'gpu' | 'report' | 'checkCancelled'>,
    private readonly options: MgptqOptions,
    private readonly sensitivities: Sensitivities,
  ) {
    this.#scorer = new Scorer(context, options)
  }

  /** One price of a bit for all columns of the model, from the inputs of the original one. */
  async model(model: ModelContext): Promise<Allocated> {
    const { options } = this
    const scored: Scored[] = []
    const learned = new Map<string, Learned>()
    await model.forEachBlock(async (block) => {
      const hessians = await block.hessians(stagesOf(block.model))
      for (const [stage, hessian] of hessians) {
        const factor = await factorize(block.gpu, hessian, options.damping)
        for (const spec of linearsOf(block.model, stage)) {
          const { scored: one, ...told } = await this.#score(block, spec, factor, hessian)
          scored.push(one)
          learned.set(one.name, told)
        }
        freeFactor(block.gpu, factor)
      }
    })
    return { widths: settle(scored, options, model.seed), learned }
  }

  /** The same average in every linear that reads this input, or over all of them where they are tied. */
  async stage(block: BlockContext, specs: readonly LinearSpec[], factor: Factor, hessian: Hessian): Promise<Allocated> {
    const { options } = this
    const learned = new Map<string, Learned>()
    const scored: Scored[] = []
    for (const spec of specs) {
      const one = await this.#score(block, spec, factor, hessian)
      learned.set(one.scored.name, one)
      scored.push(one.scored)
    }
    const budgets = options.tie ? [scored] : scored.map((one) => [one])
    const widths = new Map(budgets.flatMap((linears) => [...settle(linears, options, seedOf(block))]))
    return { widths, learned }
  }

  free(): void {
    this.#scorer.free()
  }

  async #score(
    block: BlockContext,
    spec: LinearSpec,
    factor: Factor,
    hessian: Hessian,
  ): Promise<Learned & { readonly scored: Scored }> {
    block.checkCancelled()
    const { gpu, layer } = block
    const { candidates, fit } = this.options
    const name = block.nameOf(spec)
    const matrices = { weights: block.weight(spec), hessian: hessian.panels, upper: factor.upper }
    const emphasis = this.#emphasis(block, name)
    const widths = parseCandidates(candidates)
    const evidence = await gatherEvidence(gpu, matrices, factor, { widths, search: fit === 'search', emphasis })
    const { scores, training, warnings } = await this.#scorer.score({
      ...{ name, matrices, evidence, inputs: factor.diagonal, emphasis, seed: seedOf(block) },
    })
    freeEvidence(gpu, evidence)
    gpu.free(emphasis)
    return { scored: { name, layer, stage: spec.stage, out: spec.out, in: spec.in, scores }, training, warnings }
  }

  /** f32 [out]: ω of a linear's outputs, or their mean for all. */
  #emphasis({ gpu }: BlockContext, name: string): Tensor | undefined {
    const rows = this.sensitivities?.get(name)
    if (!rows || this.options.sensitivity === 'outputs') return rows && gpu.upload(rows)
    return gpu.upload(new Float32Array(rows.length).fill(rows.reduce((sum, value) => sum + value, 0) / rows.length))
  }
}

/** Draws differ from block to block. */
const seedOf = ({ seed, layer }: BlockContext) => seed + 1000 * layer
