import { invariant } from '../errors'
import { rangeGrid, symmetricGrid } from '../formats/affine'
import { finestUnit } from '../formats/gguf/halves'
import type { AffineLinear } from '../formats/quantized'
import type { Gpu } from '../gpu/device'
import type { Tensor } from '../gpu/tensor'
import type { LineShape } from '../kernels/line-levels'
import type { BlockLines } from './block-grid'
import type { Shape } from './memory'

/** Lines of a linear on the levels of a GGUF type while they learn; tensors as in src/kernels/line-levels.ts. */
export interface LearningLines extends LineShape {
  readonly out: number
  readonly in: number
  readonly groups: number
  /** Where they began. */
  readonly lines: Tensor
  readonly units: Tensor
  /** Where they are, on the type's levels. */
  readonly levels: Tensor
}

/** `found` stays the caller's. */
export async function learningLines(gpu: Gpu, found: BlockLines): Promise<LearningLines> {
  const { grid, out, in: columns, groups } = found
  const [a, b] = await Promise.all([gpu.readF32(found.a), gpu.readF32(found.b)])
  const top = 2 ** grid.bits - 1
  // exact: a float16 of few bits times, or over, a whole number that it is a multiple of
  const lines = Float32Array.from({ length: 2 * a.length }, (_, i) => {
    const [first, second] = [a[i >> 1]!, b[i >> 1]!]
    if (grid.symmetric) return i % 2 ? first : 0 - second * first
    return i % 2 ? second / top : first
  })
  const shape = [out, groups, 2]
  return {
    ...{ grid, cells: out * groups, out, in: columns, groups },
    lines: gpu.upload(lines, shape, 'lines'),
    units: gpu.upload(unitsOf(lines, found), [out, groups / grid.count, 2], 'units'),
    levels: gpu.upload(lines, shape, 'levels'),
  }
}

/** What steps and lows of every block are whole multiples of. */
function unitsOf(lines: Float32Array, { grid }: BlockLines): Float32Array<ArrayBuffer> {
  const { count, most, stepBits, lowBits, symmetric } = grid
  const units = new Float32Array(lines.length / count)
  if (count === 1) return units
  for (let block = 0; block < units.length / 2; block++) {
    const of = (which: 0 | 1) => Array.from({ length: count }, (_, sub) => lines[2 * (block * count + sub) + which]!)
    const step = finestUnit(of(1), most, stepBits)
    const low = symmetric ? 0 : finestUnit(of(0), most, lowBits)
    invariant(step !== null && low !== null, () => `lines of block ${block} are not on the type's levels`)
    units.set([step, low], 2 * block)
  }
  return units
}

/** The levels where they are, as they are stored. */
export async function storedGrid(gpu: Gpu, { grid, levels }: LearningLines): Promise<AffineLinear['grid']> {
  const values = await gpu.readF32(levels)
  const [low, step] = [0, 1].map((which) => values.filter((_, i) => i % 2 === which)) as [Float32Array, Float32Array]
  return grid.symmetric
    ? symmetricGrid(step)
    : rangeGrid(
        low,
        step.map((value) => value * (2 ** grid.bits - 1)),
      )
}

/** The same as lines that weights can be rounded to; the caller's to free. */
export async function foundLines(gpu: Gpu, learning: LearningLines): Promise<BlockLines> {
  const { grid, out, in: columns, groups, levels } = learning
  const values = await gpu.readF32(levels)
  const cells = (of: (low: number, step: number) => number) =>
    gpu.upload(
      Float32Array.from({ length: out * groups }, (_, i) => of(values[2 * i]!, values[2 * i + 1]!)),
      [out, groups],
      'lines',
    )
  const { bits, symmetric } = grid
  return {
    ...{ grid, out, in: columns, groups },
    a: cells((low, step) => (symmetric ? step : low)),
    b: cells((_, step) => (symmetric ? 2 ** (bits - 1) : step * (2 ** bits - 1))),
  }
}

export const freeLearningLines = (gpu: Gpu, { lines, units, levels }: LearningLines): void =>
  gpu.free(lines, units, levels)

/** What `LearningLines` hold of so many rows and columns. */
export function learningShapes(out: number, columns: number, { size, count }: LineShape['grid']): Shape[] {
  const groups = columns / size
  return [
    [out, groups, 2],
    [out, groups / count, 2],
    [out, groups, 2],
  ]
}
