import choiceSource from '../../shaders/gumbel_choice.wgsl?raw'
import gradientSource from '../../shaders/gumbel_gradient.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import gumbel from '../../shaders/lib/gumbel.wgsl?raw'
import { type DeviceTraits, grid1d, type Kernel, type Pass, wgsl } from '../gpu/kernel'

const SIZE = 32

/** What is drawn; the same numbers draw the same noise. */
export interface GumbelDraw {
  /** τ > 0. */
  readonly temperature: number
  /** Scale of the noise, 0 for none. */
  readonly noise: number
  readonly seed: number
  readonly step: number
}

interface GumbelShape extends GumbelDraw {
  readonly rows: number
  readonly choices: number
  /** Adds to what d holds; the choice overwrites. */
  readonly accumulate: boolean
}

const common = {
  params: {
    rows: 'u32', choices: 'u32', temperature: 'f32', noise: 'f32', seed: 'u32', step: 'u32', accumulate: 'u32',
  }, // biome-ignore format: one struct, one glance
  passes: (shape: GumbelShape, device: DeviceTraits): Pass[] => [
    { groups: grid1d(shape.rows, SIZE, device), params: { ...shape, accumulate: Number(shape.accumulate) } },
  ],
  cost: ({ rows, choices }: GumbelShape) => ({ flops: 60 * rows * choices, bytes: 12 * rows * choices }),
} as const

/** p [rows, choices] = one-hot argmax of logits + noise·G, the first of equals. */
export const gumbelChoice: Kernel<'logits' | 'p', GumbelShape> = {
  ...common,
  label: 'gumbel choice',
  wgsl: wgsl([grid, gumbel, choiceSource], { SIZE }),
  bindings: { logits: 'read', p: 'read_write' },
}

/** d (+)= gradient of softmax((logits + noise·G)/τ) for g = dL/dp. */
export const gumbelGradient: Kernel<'logits' | 'g' | 'd', GumbelShape> = {
  ...common,
  label: 'gumbel gradient',
  wgsl: wgsl([grid, gumbel, gradientSource], { SIZE }),
  bindings: { logits: 'read', g: 'read', d: 'read_write' },
}
