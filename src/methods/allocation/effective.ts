import { FormatError } from '../../errors'

/** Targets are met to this many bits. */
const TOLERANCE = 0.005

/**
 * The code-bit target that bounds *effective* bits: the c in [min, max] with c + overhead(c) = effective, where the
 * overhead is what scales, zeros and indices add, in bits per weight, as counted for a mean of c code bits. By
 * bisection to ±0.005; where the overhead jumps over the target, the side below it: a budget is a bound.
 *
 * @param overheadOf may fall with c, but c + overhead(c) must not.
 * @param range the reachable code means, see `reachable`.
 * @throws FormatError with the reachable effective bits.
 */
export function codeTarget(
  effective: number,
  overheadOf: (codeMean: number) => number,
  range: readonly [min: number, max: number],
): number {
  const bitsAt = (code: number) => code + overheadOf(code)
  let [low, high] = range
  const [least, greatest] = [bitsAt(low), bitsAt(high)]
  if (!(effective >= least - TOLERANCE && effective <= greatest + TOLERANCE))
    throw new FormatError(
      `bit budget: expected effective bits between ${least.toFixed(3)} and ${greatest.toFixed(3)} (code and overhead), ` +
        `got ${effective} — change the target, the candidates or the group size`,
    )
  if (effective >= greatest) return high
  if (effective <= least) return low
  // to a fiftieth of the tolerance: the overhead may be steep
  while (high - low > TOLERANCE / 50) {
    const middle = (low + high) / 2
    if (bitsAt(middle) > effective) high = middle
    else low = middle
  }
  return low
}
