import clippedSource from '../../shaders/clipped_lines.wgsl?raw'
import weightsSource from '../../shaders/level_weights.wgsl?raw'
import halves from '../../shaders/lib/block_halves.wgsl?raw'
import blockLevels from '../../shaders/lib/block_levels.wgsl?raw'
import f16 from '../../shaders/lib/f16.wgsl?raw'
import gridSource from '../../shaders/lib/grid.wgsl?raw'
import lineClips from '../../shaders/lib/line_clips.wgsl?raw'
import lineParams from '../../shaders/lib/line_params.wgsl?raw'
import gradientSource from '../../shaders/line_clips_gradient.wgsl?raw'
import tunedSource from '../../shaders/tuned_lines.wgsl?raw'
import type { BlockGrid } from '../formats/gguf/grids'
import { type DeviceTraits, grid1d, type Kernel, wgsl } from '../gpu/kernel'
import { bySharing, type Sharing } from './sharing'

/**
 * Learning on the levels of a GGUF type. `lines` and `levels` are f32 [rows, groups, 2], low and step of every sub-block; what
 * learns moves lines away from the type's levels, and each kernel brings them back onto those nearest. `units` f32 [rows,
 * blocks, 2]: what steps and lows of a block are whole multiples of (d and dmin), which stay; 0 where the type has none.
 */
export interface LineShape {
  readonly grid: BlockGrid
  /** Sub-blocks of all rows. */
  readonly cells: number
}

/** Where clips begin to be learned, as in OmniQuant; the lines are then as they were. */
export const CLIP_START = 4

const SIZE = 64
const params = {
  ...({ cells: 'u32', size: 'u32', subs: 'u32', shares: 'u32' } as const),
  ...({ top: 'f32', most: 'f32', stepBits: 'u32' } as const),
}
const paramsOf = ({ grid: { size, count, bits, most, stepBits }, cells }: LineShape) => ({
  ...{ cells, size, subs: count, shares: Number(count > 1), top: 2 ** bits - 1, most, stepBits },
})

const eachCell = {
  params,
  passes: (shape: LineShape, device: DeviceTraits) => [
    { groups: grid1d(shape.cells, SIZE, device), params: paramsOf(shape) },
  ],
  cost: ({ cells }: LineShape) => ({ flops: 60 * cells, bytes: 40 * cells }),
}

const bySymmetry = <K>(make: (symmetric: boolean) => K): ((grid: BlockGrid) => K) => {
  const kernels = { symmetric: make(true), affine: make(false) }
  return ({ symmetric }) => (symmetric ? kernels.symmetric : kernels.affine)
}
const suffixOf = (symmetric: boolean) => (symmetric ? ', symmetric' : ', with lows')

/** levels = lines·2σ(v) as the type holds them; `factor` as in soft-rounding.ts. */
export const tunedLines = bySymmetry(
  (symmetric): Kernel<'lines' | 'factor' | 'units' | 'levels', LineShape> => ({
    ...eachCell,
    label: `tuned lines${suffixOf(symmetric)}`,
    wgsl: wgsl([gridSource, f16, lineParams, halves, blockLevels, tunedSource], { SIZE, SYMMETRIC: symmetric }),
    bindings: { lines: 'read', factor: 'read', units: 'read', levels: 'read_write' },
  }),
)

/** levels = lines of which `clips` f32 [2, rows, groups] keep a part, as the type holds them; see the shader. */
export const clippedLines = bySymmetry(
  (symmetric): Kernel<'lines' | 'clips' | 'units' | 'levels', LineShape> => ({
    ...eachCell,
    label: `clipped lines${suffixOf(symmetric)}`,
    wgsl: wgsl([gridSource, f16, lineParams, halves, blockLevels, lineClips, clippedSource], {
      ...{ SIZE, SYMMETRIC: symmetric, START: CLIP_START },
    }),
    bindings: { lines: 'read', clips: 'read', units: 'read', levels: 'read_write' },
  }),
)

/** y [rows, columns] = w rounded to the nearest of the levels. */
export const levelWeights: Kernel<'levels' | 'w' | 'y', LineShape> = {
  label: 'level weights',
  wgsl: wgsl([gridSource, lineParams, weightsSource], { SIZE }),
  bindings: { levels: 'read', w: 'read', y: 'read_write' },
  params,
  passes: (shape, device) => [{ groups: grid1d(shape.cells * shape.grid.size, SIZE, device), params: paramsOf(shape) }],
  cost: ({ cells, grid: { size } }) => ({ flops: 8 * cells * size, bytes: 8 * cells * size }),
}

type GradientBindings = 'lines' | 'levels' | 'clips' | 'w' | 'dy' | 'd'

const gradientOf = (symmetric: boolean) =>
  bySharing(
    (sharing: Sharing): Kernel<GradientBindings, LineShape> => ({
      label: `line clips gradient${suffixOf(symmetric)}${sharing.suffix}`,
      wgsl: wgsl([sharing.source, lineParams, lineClips, gradientSource], {
        ...{ ...sharing.constants, SYMMETRIC: symmetric, START: CLIP_START },
      }),
      bindings: { lines: 'read', levels: 'read', clips: 'read', w: 'read', dy: 'read', d: 'read_write' },
      params,
      passes: (shape, device) => [{ groups: grid1d(shape.cells, sharing.items, device), params: paramsOf(shape) }],
      cost: ({ cells, grid: { size } }) => ({ flops: 12 * cells * size, bytes: 8 * cells * size }),
    }),
    { radix: 4 },
  )

const gradients = bySymmetry(gradientOf)

/** d f32 [2, rows, groups] = gradient to `clips` of what has the gradient dy to `levelWeights`' y; see the shader. */
export const lineClipsGradient = (grid: BlockGrid, software: boolean) => gradients(grid)(software)
