import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { rowSquares } from '../kernels/row-squares'
import type { Hessian } from '../linalg/hessian'
import type { ModelSpec } from '../models/spec'

/** Tokens an expert must have seen, as a part of its columns: a Hessian of fewer says nothing of nearly all directions. */
const FEWEST = 1 / 16

/**
 * Counts the calibration tokens that reach each expert, and gives the Hessians of those that saw too few the unit matrix:
 * whatever a method does along it, is rounding to nearest.
 */
export class RoutedTokens {
  readonly #sums = new Map<number, Tensor[]>()

  constructor(
    private readonly gpu: Gpu,
    private readonly model: ModelSpec,
  ) {}

  /** Records on the input [tokens, in] of a stage, in which rows of tokens that go elsewhere are zeros. */
  record(rec: Recorder, stage: number, x: Tensor): void {
    if (!this.model.experts || stage < 2) return
    const [rows = 0, columns = 0] = x.shape
    const y = this.gpu.alloc([rows], 'f32', 'routed tokens')
    rec.run(rowSquares, { x, y }, { rows, columns })
    this.#sums.set(stage, [...(this.#sums.get(stage) ?? []), y])
  }

  /** What is to say of the stages whose Hessians were given up, when all has been recorded and submitted. */
  async settle(hessians: ReadonlyMap<number, Hessian>): Promise<Map<number, string>> {
    const { gpu } = this
    const warnings = new Map<number, string>()
    const rec = gpu.record()
    for (const [stage, tensors] of this.#sums) {
      const squares = await Promise.all(tensors.map((tensor) => gpu.readF32(tensor)))
      gpu.free(...tensors)
      const seen = squares.reduce((sum, values) => sum + values.filter((value) => value > 0).length, 0)
      const hessian = hessians.get(stage)
      const needed = hessian ? Math.max(1, Math.ceil(FEWEST * hessian.columns)) : 0
      if (!hessian || seen >= needed) continue
      hessian.giveUp(rec)
      warnings.set(
        stage,
        `its expert saw ${seen} calibration tokens, fewer than ${needed}: rounded to nearest — calibrate with more text`,
      )
    }
    await gpu.submit(rec)
    return warnings
  }
}
