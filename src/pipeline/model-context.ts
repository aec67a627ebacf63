import type { Gpu } from '../gpu/device'
import type { BlockContext, MethodEvent, ModelContext } from '../methods/method'
import type { LlamaModel } from '../models/model'
import type { ModelSpec } from '../models/spec'
import { checkCancelled } from './batching'
import { CalibratedBlock } from './block-context'
import type { HiddenStream } from './streams'

/** The original model under calibration, as a method sees it that plans before it quantizes. */
export class CalibratedModel implements ModelContext {
  readonly model: ModelSpec

  constructor(
    readonly gpu: Gpu,
    private readonly llama: LlamaModel,
    /** The states before the first block; left as they are. */
    private readonly start: HiddenStream,
    readonly seed: number,
    readonly sensitivities: ModelContext['sensitivities'],
    private readonly signal: AbortSignal | undefined,
    readonly report: (event: MethodEvent) => void,
    /** Blocks visited, of all. */
    private readonly onBlock: (done: number, total: number) => void,
  ) {
    this.model = llama.spec
  }

  async forEachBlock(visit: (block: BlockContext) => Promise<void>): Promise<void> {
    const { gpu, llama, signal } = this
    const stream = await this.start.fork()
    try {
      await llama.forEachBlock(async (original, layer) => {
        this.checkCancelled()
        this.onBlock(layer, llama.spec.layers)
        const block = new CalibratedBlock(gpu, llama, original, layer, this.seed, stream, null, signal, this.report)
        try {
          await visit(block)
        } finally {
          block.free()
        }
        if (layer + 1 < llama.spec.layers) await stream.advance(original, signal)
      })
    } finally {
      stream.free()
    }
  }

  checkCancelled(): void {
    checkCancelled(this.signal)
  }
}
