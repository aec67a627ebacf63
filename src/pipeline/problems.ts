import { STEP } from '../linalg/panels'
import { countOf, type MethodMemory, type Shape } from '../methods/memory'
import type { ModelSpec } from '../models/spec'
import type { Recipe } from '../records'

/** A tensor that must be bound whole. */
export interface WholeTensor {
  readonly what: string
  readonly bytes: number
  /** What to do when it does not fit. */
  readonly remedy: string
}

/** The largest tensors of a run that nothing can split. */
export function wholeTensors(
  { linears, hidden, ffn, heads, headDim }: ModelSpec,
  calibration: Recipe['calibration'] | null,
  { largest }: MethodMemory,
): WholeTensor[] {
  const tensor = (what: string, shape: Shape, remedy: string): WholeTensor => ({
    ...{ what: `${what} [${shape.join(', ')}]`, bytes: 4 * countOf(shape), remedy },
  })
  const heaviest = linears.reduce((most, next) => (next.out * next.in > most.out * most.in ? next : most))
  const weights = tensor(
    `the weights of ${heaviest.module}`,
    [heaviest.out, heaviest.in],
    'use a device with larger buffers or a smaller model',
  )
  if (!calibration) return [weights]
  const widest = linears.reduce((most, next) => (next.in > most.in ? next : most))
  const own = linears
    .flatMap((linear) => largest?.(linear) ?? [])
    .sort((a, b) => countOf(b.shape) - countOf(a.shape))
    .slice(0, 1)
  return [
    weights,
    tensor(
      `a panel of the Hessian of ${widest.module}`,
      [Math.min(STEP, widest.in), widest.in],
      'use RTN, which needs no Hessians, or a device with larger buffers',
    ),
    ...own.map(({ what, shape, remedy }) => tensor(what, shape, remedy)),
    tensor(
      `one window's activations`,
      [calibration.length, Math.max(hidden, ffn, heads * headDim)],
      'use shorter calibration windows, or a device with larger buffers',
    ),
  ]
}

/** What does not fit this device however the work is split, each with its remedy. */
export function problemsOf(tensors: readonly WholeTensor[], limit: number): string[] {
  return tensors
    .filter(({ bytes }) => bytes > limit)
    .map(
      ({ what, bytes, remedy }) =>
        `gpu memory: expected tensors of at most ${limit} bytes on this device, got ${what} of ${bytes} bytes — ${remedy}`,
    )
}
