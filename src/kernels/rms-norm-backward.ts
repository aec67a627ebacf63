import source from '../../shaders/rms_norm_backward.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'
import type { RmsNormShape } from './rms-norm'
import { bySharing, type Sharing } from './sharing'

export interface RmsNormBackwardShape extends RmsNormShape {
  /** Adds to what dx holds. */
  readonly accumulate: boolean
}

const backwardOf = (sharing: Sharing): Kernel<'x' | 'w' | 'dy' | 'dx', RmsNormBackwardShape> => ({
  label: `rms norm backward${sharing.suffix}`,
  wgsl: wgsl([sharing.source, source], sharing.constants),
  bindings: { x: 'read', w: 'read', dy: 'read', dx: 'read_write' },
  params: { rows: 'u32', hidden: 'u32', eps: 'f32', offset: 'f32', accumulate: 'u32' },
  passes: (shape, device) => [
    {
      groups: grid1d(shape.rows, sharing.items, device),
      params: { offset: 0, ...shape, accumulate: Number(shape.accumulate) },
    },
  ],
  cost: ({ rows, hidden }) => ({ flops: 9 * rows * hidden, bytes: 16 * rows * hidden }),
})

/** dx [rows, hidden] of `rmsNorm` from its input x, weights w and output gradient dy [rows, hidden]. */
export const rmsNormBackward = bySharing(backwardOf)
