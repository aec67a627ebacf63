import { stepOf } from './affine'
import { readBits } from './bit-string'
import { decodeFloat16 } from './floats'
import type { AffineLinear } from './quantized'

/**
 * Levels of a group of a row: w = min + step·(code − zero). A range has no zero, 0; the other grids no least value, −0, which
 * leaves every sum as it is, −0 too.
 */
export interface Levels {
  min: number
  step: number
  zero: number
}

/** Puts the levels of a cell, row·groups + group, at a width into `levels`. */
export type ReadLevels = (cell: number, bits: number, levels: Levels) => void

/** The grid of a linear, decoded once for all cells. */
export function levelReader({ grid }: Pick<AffineLinear, 'grid'>): ReadLevels {
  if (grid.type === 'range') {
    const [min, range] = [decodeFloat16(grid.min), decodeFloat16(grid.range)]
    return (cell, bits, levels) => {
      levels.min = min[cell]!
      levels.step = stepOf(range[cell]!, bits)
      levels.zero = 0
    }
  }
  const scale = decodeFloat16(grid.scale)
  return (cell, bits, levels) => {
    // scale·(2q − 1) of one symmetric bit
    const signs = bits === 1 && grid.type === 'symmetric'
    levels.min = -0
    levels.step = signs ? 2 * scale[cell]! : scale[cell]!
    if (grid.type === 'zero') levels.zero = readBits(grid.zeros, cell * grid.zeroBits, grid.zeroBits)
    else levels.zero = signs ? 0.5 : 1 << (bits - 1)
  }
}
