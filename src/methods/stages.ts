import type { LinearSpec } from '../models/spec'
import { type Factor, factorize, freeFactor, type OrderOf } from './factor'
import type { BlockContext, QuantizedModule } from './method'

export interface Along {
  readonly damping: number
  /** In which order columns are rounded; as they come when missing. */
  readonly order?: OrderOf | undefined
  /** Whether the block is calibrated again after each stage. */
  readonly again?: boolean
}

/** What a method makes of a linear, beside what the factor tells. */
type Rounded = Pick<QuantizedModule, 'linear'> & Partial<Pick<QuantizedModule, 'published' | 'grouping' | 'warnings'>>

/**
 * The linears of a block one after another, each rounded by `round` along the factor of its stage: all that read the same
 * input share H and its factor.
 */
export async function* alongFactors(
  block: BlockContext,
  { damping, order, again = false }: Along,
  round: (spec: LinearSpec, factor: Factor) => Promise<Rounded>,
): AsyncGenerator<QuantizedModule, void> {
  const { gpu } = block
  const stages = [...new Set(block.model.linears.map((linear) => linear.stage))]
  for (const together of again ? stages.map((stage) => [stage]) : [stages])
    for (const [stage, hessian] of await block.hessians(together)) {
      const factor = await factorize(gpu, hessian, damping, order)
      for (const spec of block.model.linears.filter((linear) => linear.stage === stage)) {
        block.checkCancelled()
        const { warnings = [], ...rounded } = await round(spec, factor)
        yield {
          ...{ spec, damping: factor.damping, deadColumns: factor.dead, factor: factor.pivots },
          ...{ ...rounded, warnings: [...factor.warnings, ...warnings] },
        }
      }
      freeFactor(gpu, factor)
    }
}
