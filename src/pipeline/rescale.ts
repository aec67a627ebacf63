import { invariant } from '../errors'
import type { Gpu } from '../gpu/device'
import { elements, type Tensor } from '../gpu/tensor'
import { scaleLines } from '../kernels/matrix'
import { feedOf } from '../models/feeds'
import type { ModelSpec } from '../models/spec'
import type { BlockWeights, LinearWeights, Role } from '../models/weights'

/** Norms before the halves of a block, and their biases. */
export type RescaledNorm = 'attnNorm' | 'mlpNorm' | 'attnNormBias' | 'mlpNormBias'

/** What takes the place of some parameters of a block, and the tensors it replaces. */
export interface Rescaled {
  readonly linears: Partial<Record<Role, LinearWeights>>
  readonly norms: Partial<Readonly<Record<RescaledNorm, Tensor>>>
  readonly replaced: readonly Tensor[]
}

/**
 * W diag(s) for the linears of a stage and what produces their input over s, as new tensors: the block computes what it
 * did. `feedOf` says what that is; it must be something.
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
  const feed = feedOf(model, stage)
  invariant(feed, () => `nothing feeds stage ${stage} of a block alone`)
  const of = model.linears.filter((linear) => linear.stage === stage)
  const lines = of[0]!.in
  invariant(elements(scales.shape) === lines, () => `${scales.shape} scales for ${lines} columns`)
  const rec = gpu.record()
  const replaced: Tensor[] = []
  const scaled = (x: Tensor, by: Tensor, every: number, divide: number, offset = 0): Tensor => {
    const y = gpu.alloc(x.shape, 'f32', 'rescaled')
    const [count, numbers] = [elements(x.shape), elements(by.shape)]
    rec.run(scaleLines, { x, s: by, y }, { count, every, lines: numbers, divide, offset })
    replaced.push(x)
    return y
  }
  const linears: Partial<Record<Role, LinearWeights>> = {}
  for (const { role } of of) {
    const { weight, bias } = block.linears[role]
    linears[role] = { weight: scaled(weight, scales, 1, 0), bias }
  }
  const norms: { -readonly [key in RescaledNorm]?: Tensor } = {}
  if ('norm' in feed) {
    norms[feed.norm] = scaled(block[feed.norm], scales, 1, 1, model.norm.offset)
    const bias = block[`${feed.norm}Bias`]
    if (bias) norms[`${feed.norm}Bias`] = scaled(bias, scales, 1, 1)
  } else {
    const { weight, bias } = block.linears[feed.role]
    const [rows = 0, columns = 0] = weight.shape
    const by = feed.rows ? gpu.upload(placed(await gpu.readF32(scales), feed.rows, rows)) : scales
    invariant(elements(by.shape) === rows, () => `${rows} rows of ${feed.role} for ${lines} columns`)
    linears[feed.role] = { weight: scaled(weight, by, columns, 1), bias: bias && scaled(bias, by, 1, 1) }
    if (by !== scales) replaced.push(by)
  }
  await gpu.submit(rec)
  return { linears, norms, replaced }
}

/** One factor a row of a linear: these for those rows, 1 for the others. */
export function placed(values: Float32Array, at: readonly number[], rows: number): Float32Array<ArrayBuffer> {
  const factors = new Float32Array(rows).fill(1)
  at.forEach((row, i) => {
    factors[row] = values[i]!
  })
  return factors
}
