import type { QuantizedLinear } from '../formats/quantized'
import type { Later } from '../later'
import type { Hessian } from '../linalg/hessian'
import type { LinearSpec } from '../models/spec'
import { type Attempt, attemptFactor, type Factor, factorize, freeFactor } from './factor'
import type { BlockContext, QuantizedModule } from './method'
import type { Along } from './stages'

interface Stage {
  readonly hessian: Hessian
  readonly described: Attempt['described']
  readonly linears: readonly Submitted[]
}

interface Submitted {
  readonly spec: LinearSpec
  readonly linear: Later<QuantizedLinear>
}

/**
 * What `alongFactors` does, for a method that only records: the linears of all stages that are calibrated together are
 * submitted before the first is handed over, and whether a factorization succeeded is asked then. So the GPU has work while
 * the host reads and packs; a stage whose damping must be raised is rounded again.
 *
 * @param submit hands everything to the GPU that makes the codes of a linear
 */
export async function* aheadOfFactors(
  block: BlockContext,
  { damping, order, again = false }: Along,
  submit: (spec: LinearSpec, factor: Attempt['factor']) => Promise<Later<QuantizedLinear>>,
): AsyncGenerator<QuantizedModule, void> {
  const { gpu } = block
  const { linears } = block.model
  const round = async (stage: number, factor: Attempt['factor']): Promise<Submitted[]> => {
    const submitted: Submitted[] = []
    for (const spec of linears.filter((linear) => linear.stage === stage)) {
      block.checkCancelled()
      submitted.push({ spec, linear: await submit(spec, factor) })
    }
    freeFactor(gpu, factor)
    return submitted
  }
  const stages = [...new Set(linears.map(({ stage }) => stage))]
  for (const together of again ? stages.map((stage) => [stage]) : [stages]) {
    const submitted = new Map<number, Stage>()
    for (const [stage, hessian] of await block.hessians(together)) {
      const { factor, described } = await attemptFactor(gpu, hessian, damping, order)
      submitted.set(stage, { hessian, described, linears: await round(stage, factor) })
    }
    for (const [stage, { hessian, described, linears }] of submitted) {
      const description = await described.value
      if (description) yield* handOver(linears, description)
      else {
        const factor = await factorize(gpu, hessian, damping, order)
        yield* handOver(await round(stage, factor), factor)
      }
    }
  }
}

async function* handOver(
  submitted: readonly Submitted[],
  { damping, dead, warnings, pivots }: Pick<Factor, 'damping' | 'dead' | 'warnings' | 'pivots'>,
): AsyncGenerator<QuantizedModule, void> {
  for (const { spec, linear } of submitted)
    yield { spec, linear: await linear.value, damping, deadColumns: dead, factor: pivots, warnings }
}
