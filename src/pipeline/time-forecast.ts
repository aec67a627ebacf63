import type { Method } from '../methods/method'
import type { CalibrationSize, Work } from '../methods/work'
import type { ModelSpec } from '../models/spec'
import type { Recipe } from '../records'
import type { DeviceRates } from './device-rates'

/**
 * Seconds that quantizing by this recipe takes: the method's own work, and what every calibrated run does around it.
 * Null for methods that do not say what they do. Loading weights and compiling kernels are not counted.
 *
 * @param options the recipe's, completed by the method's schema
 */
export function forecastSeconds<O>(
  spec: ModelSpec,
  { calibration }: Pick<Recipe, 'calibration'>,
  { method, options }: { readonly method: Method<O, unknown>; readonly options: O },
  rates: DeviceRates,
): number | null {
  if (!method.work) return null
  return secondsFor(method.work(options, spec, calibration), rates) + secondsFor(calibrating(spec, calibration), rates)
}

/** Either the device computes or the host hands over: the longer of the two. */
const secondsFor = ({ flops, dispatches }: Work, rates: DeviceRates): number =>
  Math.max(flops / rates.flopsPerSecond, dispatches / rates.dispatchesPerSecond)

/** Passes of a block's calibration data: the original stream, the quantized one, and for Hessians. */
const PASSES = 3
/** Dispatches of a block's forward pass, and around one linear (its error, its codes, its Hessian). */
const DISPATCHES = { pass: 20, linear: 30 }

/** What a run does whatever the method: both streams through every block, Hessians, errors of the modules. */
export function calibrating({ layers, linears, heads, headDim }: ModelSpec, { samples, length }: CalibrationSize) {
  const tokens = samples * length
  const weights = linears.reduce((sum, { out, in: columns }) => sum + out * columns, 0)
  const attention = 4 * tokens * length * heads * headDim
  const pass = 2 * tokens * weights + attention
  const hessians = new Map(linears.map(({ stage, in: columns }) => [stage, tokens * columns * columns]))
  const errors = linears.reduce((sum, { out, in: columns }) => sum + 2 * out * columns * columns, 0)
  const block = PASSES * pass + [...hessians.values()].reduce((sum, flops) => sum + flops, 0) + errors
  return {
    flops: layers * block,
    dispatches: layers * (PASSES * DISPATCHES.pass + linears.length * DISPATCHES.linear),
  }
}
