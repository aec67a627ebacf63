import { invariant } from '../errors'
import type { Gpu } from '../gpu/device'
import { elements, type Tensor } from '../gpu/tensor'
import { scaleLines } from '../kernels/matrix'
import type { ModelSpec } from '../models/spec'
import type { BlockWeights, LinearWeights, Role } from '../models/weights'

/** What takes the place of some parameters of a block, and the tensors it replaces. */
export interface Rescaled {
  readonly linears: Partial<Record<Role, LinearWeights>>
  readonly norms: Partial<Pick<BlockWeights, 'attnNorm' | 'mlpNorm'>>
  readonly replaced: readonly Tensor[]
}

/** What produces the input of each stage. */
const SOURCES = ['attnNorm', 'v', 'mlpNorm', 'up'] as const satisfies readonly (Role | keyof BlockWeights)[]

/**
 * W diag(s) for the linears of a stage and what produces their input over s, as new tensors: the block computes what it
 * did. Through attention a scale passes because a head's output is a mean of its values, through SiLU(gate)·up because
 * that is linear in up.
 *
 * @param scales [in] of the stage, positive
 */
export async function rescaled(
  gpu: Gpu,
  model: ModelSpec,
  block: BlockWeights,
  stage: number,
  scales: Tensor,
): Promise<Rescaled> {
  const source = SOURCES[stage]
  invariant(source, () => `stage ${stage} of a block`)
  const of = model.linears.filter((linear) => linear.stage === stage)
  const lines = of[0]!.in
  invariant(elements(scales.shape) === lines, () => `${scales.shape} scales for ${lines} columns`)
  const rec = gpu.record()
  const replaced: Tensor[] = []
  const scaled = (x: Tensor, every: number, divide: boolean): Tensor => {
    const y = gpu.alloc(x.shape, 'f32', 'rescaled')
    rec.run(scaleLines, { x, s: scales, y }, { count: elements(x.shape), every, lines, divide: divide ? 1 : 0 })
    replaced.push(x)
    return y
  }
  const linears: Partial<Record<Role, LinearWeights>> = {}
  for (const { role } of of) {
    const { weight, bias } = block.linears[role]
    linears[role] = { weight: scaled(weight, 1, false), bias }
  }
  const norms: { attnNorm?: Tensor; mlpNorm?: Tensor } = {}
  if (source === 'attnNorm' || source === 'mlpNorm') norms[source] = scaled(block[source], 1, true)
  else {
    const { weight, bias } = block.linears[source]
    const [rows = 0, columns = 0] = weight.shape
    invariant(rows === lines, () => `${rows} rows of ${source} for ${lines} columns`)
    linears[source] = { weight: scaled(weight, columns, true), bias: bias && scaled(bias, 1, true) }
  }
  await gpu.submit(rec)
  return { linears, norms, replaced }
}
