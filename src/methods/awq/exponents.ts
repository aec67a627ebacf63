/** Exponents of the magnitudes that are tried: none, a twentieth, … */
export const RATIOS: readonly number[] = Array.from({ length: 20 }, (_, n) => n / 20)

/** What an input that is always 0 would be scaled by must not be 0 itself. */
const LEAST = 1e-4

/**
 * Scales of the columns of a linear (AWQ, the code's `auto_scale`): aʳ at least 10⁻⁴, then over √(max·min), so that the
 * largest and the smallest are as far from 1.
 *
 * @param magnitudes a, mean |x_j| of every input [in]
 * @param ratio r, from 0 (all scales are 1) to 1
 */
export function scalesOf(magnitudes: ArrayLike<number>, ratio: number): Float32Array<ArrayBuffer> {
  const powers = Float64Array.from(magnitudes, (a) => Math.max(a ** ratio, LEAST))
  let [least, most] = [Number.POSITIVE_INFINITY, 0]
  for (const power of powers) {
    least = Math.min(least, power)
    most = Math.max(most, power)
  }
  // two roots: the product of the ends could overflow
  const centre = Math.sqrt(least) * Math.sqrt(most)
  return Float32Array.from(powers, (power) => power / centre)
}

/** Place of the least number, the first of equal ones; 0 where none is a number. */
export function placeOfLeast(values: readonly number[]): number {
  let place = 0
  let least = Number.POSITIVE_INFINITY
  values.forEach((value, i) => {
    if (!(value < least)) return
    place = i
    least = value
  })
  return place
}
