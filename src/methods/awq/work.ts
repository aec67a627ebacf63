import { blockGrids } from '../../formats/gguf/grids'
import { SEARCH_OPERATIONS } from '../../kernels/block-grid'
import type { LinearSpec, ModelSpec } from '../../models/spec'
import { gridShape } from '../affine'
import { type GridChoice, gridOf } from '../block-grid'
import { type CalibrationSize, sumWork, type Work } from '../work'
import { clips, SHRINKS } from './clip'
import { RATIOS } from './exponents'
import { type AwqOptions, searchesClips, searchesScales } from './options'
import { windowsSearched } from './part-errors'

/** Dispatches of a linear rounded with scales, of a half block, of a linear's own error, and of a candidate of clipping. */
const DISPATCHES = { rounded: 3, half: 12, own: 3, clip: 4 }

/** What AWQ does beside what every calibrated run does. */
export function awqWork(options: AwqOptions, model: ModelSpec, calibration: CalibrationSize): Work {
  return sumWork([
    ...(searchesScales(options) ? [scaleSearchWork(model, calibration, options)] : []),
    ...(searchesClips(options) ? [clipSearchWork(model, options)] : []),
  ])
}

/**
 * Of `searchScales` in all blocks: two passes of all tokens for magnitudes and Hessians; for every ratio both halves of a
 * block on some tokens, and two linears' errors under their Hessians.
 */
export function scaleSearchWork(
  { layers, linears, heads, headDim }: ModelSpec,
  { samples, length }: CalibrationSize,
  grid: GridChoice,
): Work {
  const weights = linears.reduce((sum, { out, in: columns }) => sum + out * columns, 0)
  const pass = (windows: number) => 2 * length * windows * (weights + 2 * length * heads * headDim)
  const own = linears.filter(({ stage }) => stage % 2 === 1)
  const hessians = own.reduce((sum, { in: columns }) => sum + samples * length * columns ** 2, 0)
  const errors = own.reduce((sum, { out, in: columns }) => sum + 2 * out * columns ** 2, 0)
  const lines = linears.reduce((sum, linear) => sum + lineSearch(linear, grid), 0)
  const dispatches = DISPATCHES.rounded * linears.length + 2 * DISPATCHES.half + DISPATCHES.own * own.length
  return {
    flops:
      layers *
      (2 * pass(samples) + hessians + RATIOS.length * (pass(windowsSearched(samples, length)) + errors + lines)),
    dispatches: layers * RATIOS.length * dispatches,
  }
}

/** Of the clip search in all blocks: each candidate's errors times the Hessians of the groups. */
export function clipSearchWork({ layers, linears }: ModelSpec, grid: GridChoice): Work {
  const clipped = linears.filter(clips)
  const products = clipped.reduce(
    (sum, linear) => sum + 2 * linear.out * linear.in * widthOf(linear, grid) + lineSearch(linear, grid),
    0,
  )
  return {
    flops: layers * SHRINKS.length * products,
    dispatches: layers * SHRINKS.length * DISPATCHES.clip * clipped.length,
  }
}

/** Columns that a clip is chosen for together: a group, or a block of a type. */
function widthOf(linear: LinearSpec, grid: GridChoice): number {
  const type = gridOf(grid.grid, linear)
  return type ? blockGrids[type].size * blockGrids[type].count : gridShape(linear.out, linear.in, grid).groupSize
}

/** Operations that it takes to find the lines of a linear on a type's levels. */
const lineSearch = (linear: LinearSpec, { grid }: GridChoice): number =>
  gridOf(grid, linear) ? SEARCH_OPERATIONS * linear.out * linear.in : 0
