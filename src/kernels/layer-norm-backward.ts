import source from '../../shaders/layer_norm_backward.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'
import type { LayerNormShape } from './layer-norm'
import { bySharing, type Sharing } from './sharing'

export interface LayerNormBackwardShape extends LayerNormShape {
  /** Adds to what dx holds. */
  readonly accumulate: boolean
}

const backwardOf = (sharing: Sharing): Kernel<'x' | 'w' | 'dy' | 'dx', LayerNormBackwardShape> => ({
  label: `layer norm backward${sharing.suffix}`,
  wgsl: wgsl([sharing.source, source], sharing.constants),
  bindings: { x: 'read', w: 'read', dy: 'read', dx: 'read_write' },
  params: { rows: 'u32', hidden: 'u32', eps: 'f32', accumulate: 'u32' },
  passes: (shape, device) => [
    { groups: grid1d(shape.rows, sharing.items, device), params: { ...shape, accumulate: Number(shape.accumulate) } },
  ],
  cost: ({ rows, hidden }) => ({ flops: 14 * rows * hidden, bytes: 24 * rows * hidden }),
})

/** dx [rows, hidden] of `layerNorm` from its input x, weights w and output gradient dy [rows, hidden]. */
export const layerNormBackward = bySharing(backwardOf)
