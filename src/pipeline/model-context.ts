import type { Gpu } from '../gpu/device'
import { Hessian } from '../linalg/hessian'
import type { BlockContext, MethodEvent, ModelContext } from '../methods/method'
import type { CausalModel } from '../models/causal-model'
import { linearName } from '../models/required-tensors'
import type { ModelSpec } from '../models/spec'
import type { BlockWeights } from '../models/weights'
import { checkCancelled } from './batching'
import { RoutedTokens } from './routed'
import type { HiddenStream } from './streams'

/** The original model under calibration, as a method sees it that plans before it quantizes. */
export class CalibratedModel implements ModelContext {
  readonly model: ModelSpec

  constructor(
    readonly gpu: Gpu,
    private readonly causal: CausalModel,
    /** The states before the first block; left as they are. */
    private readonly start: HiddenStream,
    readonly seed: number,
    readonly sensitivities: ModelContext['sensitivities'],
    private readonly signal: AbortSignal | undefined,
    readonly report: (event: MethodEvent) => void,
    /** Blocks visited, of all. */
    private readonly onBlock: (done: number, total: number) => void,
  ) {
    this.model = causal.spec
  }

  async forEachBlock(visit: (block: BlockContext) => Promise<void>): Promise<void> {
    const { causal } = this
    const stream = await this.start.fork()
    try {
      await causal.forEachBlock(async (original, layer) => {
        this.checkCancelled()
        this.onBlock(layer, causal.spec.layers)
        const hessians = await this.#passThrough(stream, original)
        try {
          await visit(this.#blockOf(original, layer, hessians))
        } finally {
          for (const hessian of hessians.values()) hessian.free()
        }
      })
    } finally {
      await stream.free()
    }
  }

  /** Hessians of all stages, from the one pass that moves the stream on. */
  async #passThrough(stream: HiddenStream, original: BlockWeights): Promise<Map<number, Hessian>> {
    const { gpu, model, signal } = this
    const first = gpu.record()
    const inputs = new Map(model.linears.map(({ stage, in: columns }) => [stage, columns]))
    const made = new Map<number, Hessian>()
    for (const [stage, columns] of inputs) made.set(stage, Hessian.create(gpu, first, columns, stream.tokens))
    await gpu.submit(first)
    const routed = new RoutedTokens(gpu, model)
    await stream.advance(original, signal, (rec, stage, input) => {
      made.get(stage)!.add(rec, input)
      routed.record(rec, stage, input)
    })
    await routed.settle(made) // told when the blocks are quantized
    const last = gpu.record()
    for (const hessian of made.values()) hessian.finish(last)
    await gpu.submit(last)
    return made
  }

  #blockOf({ linears }: BlockWeights, layer: number, hessians: ReadonlyMap<number, Hessian>): BlockContext {
    const { gpu, model, seed, report } = this
    return {
      ...{ gpu, model, layer, seed, report },
      nameOf: (linear) => linearName(layer, linear),
      weight: ({ role }) => linears[role].weight,
      hessians: async (stages) => new Map(stages.map((stage) => [stage, hessians.get(stage)!])),
      checkCancelled: () => this.checkCancelled(),
    }
  }

  checkCancelled(): void {
    checkCancelled(this.signal)
  }
}
