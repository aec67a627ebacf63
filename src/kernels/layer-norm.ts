import source from '../../shaders/layer_norm.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'
import type { RmsNormShape } from './rms-norm'
import { bySharing, type Sharing } from './sharing'

export type LayerNormShape = Pick<RmsNormShape, 'rows' | 'hidden' | 'eps'>

const normOf = (sharing: Sharing): Kernel<'x' | 'w' | 'b' | 'y', LayerNormShape> => ({
  label: `layer norm${sharing.suffix}`,
  wgsl: wgsl([sharing.source, source], sharing.constants),
  bindings: { x: 'read', w: 'read', b: 'read', y: 'read_write' },
  params: { rows: 'u32', hidden: 'u32', eps: 'f32' },
  passes: (shape, device) => [{ groups: grid1d(shape.rows, sharing.items, device), params: { ...shape } }],
  cost: ({ rows, hidden }) => ({ flops: 8 * rows * hidden, bytes: 16 * rows * hidden }),
})

/** y [rows, hidden] = (x − mean) / sqrt(variance + eps) · w + b, the variance that of all of a row (Ba et al. 2016). */
export const layerNorm = bySharing(normOf)
