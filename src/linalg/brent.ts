/** The least of a function on an interval, and every value that was computed on the way. */
export interface Minimum {
  readonly x: number
  readonly value: number
  readonly evaluations: readonly { readonly x: number; readonly value: number }[]
}

/** (3 − √5)/2: the part of an interval at which golden sections cut it. */
const GOLDEN = (3 - Math.sqrt(5)) / 2

/**
 * Brent's method (R. P. Brent, Algorithms for Minimization without Derivatives, 1973, chapter 5): parabolas through the
 * best three points, golden sections where these do not serve. Finds a local minimum; the only one where there is one.
 *
 * @param tolerance distance at which points count as the same
 */
export async function brent(
  f: (x: number) => Promise<number>,
  low: number,
  high: number,
  { tolerance, most }: { readonly tolerance: number; readonly most: number },
): Promise<Minimum> {
  const evaluations: { x: number; value: number }[] = []
  const evaluate = async (x: number) => {
    const point = { x, value: await f(x) }
    evaluations.push(point)
    return point
  }
  let [a, b] = [low, high]
  // the best, the second best, and the second best before it
  let best = await evaluate(a + GOLDEN * (b - a))
  let second = best
  let third = best
  let step = 0
  let previous = 0 // the step before the last
  while (evaluations.length < most) {
    const middle = (a + b) / 2
    if (Math.abs(best.x - middle) <= 2 * tolerance - (b - a) / 2) break
    const parabola = Math.abs(previous) > tolerance ? vertex(best, second, third) : null
    const to = best.x + (parabola ?? Number.NaN)
    if (parabola !== null && Math.abs(parabola) < Math.abs(previous) / 2 && to > a && to < b) {
      previous = step
      // not too near to the ends
      step = to - a < 2 * tolerance || b - to < 2 * tolerance ? Math.sign(middle - best.x) * tolerance : parabola
    } else {
      previous = (best.x < middle ? b : a) - best.x
      step = GOLDEN * previous
    }
    const u = await evaluate(best.x + (Math.abs(step) >= tolerance ? step : Math.sign(step || 1) * tolerance))
    if (u.value <= best.value) {
      if (u.x < best.x) b = best.x
      else a = best.x
      third = second
      second = best
      best = u
    } else {
      if (u.x < best.x) a = u.x
      else b = u.x
      if (u.value <= second.value || second.x === best.x) {
        third = second
        second = u
      } else if (u.value <= third.value || third.x === best.x || third.x === second.x) third = u
    }
  }
  return { ...best, evaluations }
}

/** From the first point to the vertex of the parabola through three; null where they lie on a line. */
function vertex(
  x: { x: number; value: number },
  w: { x: number; value: number },
  v: { x: number; value: number },
): number | null {
  const r = (x.x - w.x) * (x.value - v.value)
  const q = (x.x - v.x) * (x.value - w.value)
  const p = (x.x - v.x) * q - (x.x - w.x) * r
  const denominator = 2 * (r - q)
  return denominator === 0 ? null : p / denominator
}
