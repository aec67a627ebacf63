import grid from '../../shaders/lib/grid.wgsl?raw'
import source from '../../shaders/sum_norm.wgsl?raw'
import gradientSource from '../../shaders/sum_norm_gradient.wgsl?raw'
import { type DeviceTraits, grid1d, type Kernel, wgsl } from '../gpu/kernel'

/** Few, so that a layer's columns spread over a GPU. */
const SIZE = 32

interface SumNormShape {
  readonly rows: number
  readonly hidden: number
  readonly eps: number
}

interface GradientShape extends SumNormShape {
  /** Adds to what da, db hold. */
  readonly accumulateA: boolean
  readonly accumulateB: boolean
}

const groups = ({ rows }: SumNormShape, device: DeviceTraits) => grid1d(rows, SIZE, device)

/** y [rows, hidden] = s / sqrt(mean(s²) + eps), s = a + b: a residual and the RMS-norm after it, without weights. */
export const sumNorm: Kernel<'a' | 'b' | 'y', SumNormShape> = {
  label: 'sum norm',
  wgsl: wgsl([grid, source], { SIZE }),
  bindings: { a: 'read', b: 'read', y: 'read_write' },
  params: { rows: 'u32', hidden: 'u32', eps: 'f32' },
  passes: (shape, device) => [{ groups: groups(shape, device), params: { ...shape } }],
  cost: ({ rows, hidden }) => ({ flops: 5 * rows * hidden, bytes: 12 * rows * hidden }),
}

/** da, db (+)= dL/d(a + b) from g = dL/dy of `sumNorm`; see the shader. */
export const sumNormGradient: Kernel<'a' | 'b' | 'g' | 'da' | 'db', GradientShape> = {
  label: 'sum norm gradient',
  wgsl: wgsl([grid, gradientSource], { SIZE }),
  bindings: { a: 'read', b: 'read', g: 'read', da: 'read_write', db: 'read_write' },
  params: { rows: 'u32', hidden: 'u32', eps: 'f32', accumulateA: 'u32', accumulateB: 'u32' },
  passes: (shape, device) => [
    {
      groups: groups(shape, device),
      params: { ...shape, accumulateA: Number(shape.accumulateA), accumulateB: Number(shape.accumulateB) },
    },
  ],
  cost: ({ rows, hidden }) => ({ flops: 12 * rows * hidden, bytes: 20 * rows * hidden }),
}
