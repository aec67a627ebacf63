import type { QuantizedLinear } from '../formats/quantized'
import type { Later } from '../later'
import type { LinearSpec } from '../models/spec'
import { attemptFactor, type Factor, factorize, freeFactor } from './factor'
import type { BlockContext, QuantizedModule } from './method'
import type { Along } from './stages'

interface Submitted {
  readonly spec: LinearSpec
  readonly factor: Pick<Factor, 'damping' | 'dead' | 'warnings'>
  readonly linear: Later<QuantizedLinear>
}

/**
 * What `alongFactors` does, for a method that only records: a stage is handed over when the next one has been submitted, and
 * whether a factorization succeeded is asked when everything that rests on it has been. So the GPU has work while the host
 * reads and packs; a stage whose damping must be raised is rounded again.
 *
 * @param submit hands everything to the GPU that makes the codes of a linear
 */
export async function* aheadOfFactors(
  block: BlockContext,
  { damping, order, again = false }: Along,
  submit: (spec: LinearSpec, factor: Factor) => Promise<Later<QuantizedLinear>>,
): AsyncGenerator<QuantizedModule, void> {
  const { gpu } = block
  const { linears } = block.model
  const round = async (stage: number, factor: Factor): Promise<Submitted[]> => {
    const submitted: Submitted[] = []
    for (const spec of linears.filter((linear) => linear.stage === stage)) {
      block.checkCancelled()
      submitted.push({ spec, factor, linear: await submit(spec, factor) })
    }
    freeFactor(gpu, factor)
    return submitted
  }
  const stages = [...new Set(linears.map(({ stage }) => stage))]
  for (const together of again ? stages.map((stage) => [stage]) : [stages]) {
    let before: Submitted[] = []
    for (const [stage, hessian] of await block.hessians(together)) {
      const { factor, holds } = await attemptFactor(gpu, hessian, damping, order)
      const attempt = await round(stage, factor)
      yield* handOver(before)
      before = (await holds.value) ? attempt : await round(stage, await factorize(gpu, hessian, damping, order))
    }
    yield* handOver(before)
  }
}

async function* handOver(submitted: readonly Submitted[]): AsyncGenerator<QuantizedModule, void> {
  for (const { spec, factor, linear } of submitted)
    yield {
      ...{ spec, linear: await linear.value, damping: factor.damping, deadColumns: factor.dead },
      warnings: factor.warnings,
    }
}
