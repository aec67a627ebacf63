import { allCandidates, type Columns } from './columns'

/**
 * Ways to widen columns. A step takes its column from one candidate to a wider one; `slope` is the score it gains per
 * weighted bit, `size` the weighted bits it costs. Steps of a column follow one another with falling or equal slope.
 */
export interface Steps {
  readonly count: number
  readonly slope: Float64Array
  readonly size: Float64Array
  readonly column: Uint32Array
  readonly from: Uint8Array
  readonly to: Uint8Array
}

/**
 * The steps up from `choice` along the upper concave hull of each column's points (w_i·b_k, score_ik). Only the hull
 * matters: argmax_k (score_ik − η·w_i·b_k) lies on it for every price η, and passes from one end of a step to the other
 * where η equals its slope. A candidate that costs more than `room` weighted bits is left out, since no allocation
 * within the budget can hold it.
 */
export function stepsUp(scores: ArrayLike<number>, columns: Columns, choice: Uint8Array, room: number): Steps {
  const { candidates, weights, allowed } = columns
  const [n, width, all] = [choice.length, candidates.length, allCandidates(candidates)]
  const capacity = n * (width - 1)
  const slope = new Float64Array(capacity)
  const size = new Float64Array(capacity)
  const column = new Uint32Array(capacity)
  const from = new Uint8Array(capacity)
  const to = new Uint8Array(capacity)
  let count = 0
  for (let i = 0; i < n; i++) {
    const [first, current, weight, mask] = [count, choice[i]!, weights[i]!, allowed ? allowed[i]! : all]
    for (let k = current + 1; k < width; k++) {
      if ((mask & (1 << k)) === 0) continue
      if (weight * (candidates[k]! - candidates[current]!) > room) break
      let start = current
      let gain = 0
      for (;;) {
        start = count > first ? to[count - 1]! : current
        gain = (scores[i * width + k]! - scores[i * width + start]!) / (weight * (candidates[k]! - candidates[start]!))
        if (count === first || gain <= slope[count - 1]!) break
        count--
      }
      slope[count] = gain
      size[count] = weight * (candidates[k]! - candidates[start]!)
      column[count] = i
      from[count] = start
      to[count] = k
      count++
    }
  }
  return { count, slope, size, column, from, to }
}
