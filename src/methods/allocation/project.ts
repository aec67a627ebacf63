import { invariant, NumericalError } from '../../errors'
import { WIDTHS } from '../../formats/quantized'
import { type Columns, checkTarget, lowestChoice, MEAN_SLACK, meanBits, totalWeight } from './columns'
import { spreadOrder } from './spread'
import { type Steps, stepsUp } from './steps'

export interface Allocation {
  /** [n] Index of each column's width among the candidates. */
  readonly choice: Uint8Array
  /** The mean reached, in bits: never above the target. */
  readonly mean: number
  /** η: the score that one more bit on a column of mean weight would gain. 0 when no column had a choice. */
  readonly price: number
}

/**
 * The exact bit budget, a dual projection: the widths of the highest total score whose mean is the target.
 *
 *   choice_i(η) = argmax_k (score_ik − η·w_i·b_k),   η the least price with Σ w_i·b_choice / Σ w_i ≤ target
 *
 * The mean is piecewise constant in η and changes only at the slopes of the columns' concave hulls, so η is bisected over
 * these: it is found exactly, for scores of any scale. What is left of the budget goes to the columns that stand at that
 * price, then to the best single steps that still fit; equal slopes are settled by `spreadOrder`. What stays unused is
 * less than the smallest step that any column can still take: at most 0.005 bits where columns weigh the same and are
 * 200 or more for each bit of the widest gap between candidates.
 *
 * @param scores [n, K], row by row; higher is better: logits, or minus a cost of the whole column.
 * @param target mean bits, see `Columns`.
 * @throws FormatError when the target cannot be reached, NumericalError when a score is not finite.
 */
export function project(scores: Float32Array | Float64Array, columns: Columns, target: number): Allocation {
  checkScores(scores, columns)
  checkTarget(columns, target)
  const choice = lowestChoice(columns)
  const total = totalWeight(columns)
  let room = (target - meanBits(choice, columns) + MEAN_SLACK) * total
  let price: number | null = null
  // Each round leaves less room than some step of it needs, so later rounds see fewer and smaller steps.
  for (;;) {
    const steps = stepsUp(scores, columns, choice, room)
    if (steps.count === 0) break
    const slope = marginalSlope(steps, room)
    room -= takeAbove(steps, slope, choice)
    room -= takeAt(steps, slope, choice, room)
    price ??= slope * (total / choice.length)
  }
  return { choice, mean: meanBits(choice, columns), price: price ?? 0 }
}

function checkScores(scores: Float32Array | Float64Array, { candidates, weights }: Columns): void {
  const width = candidates.length
  invariant(scores.length === weights.length * width, () => `${scores.length} scores of ${weights.length} × ${width}`)
  let at = 0
  while (at < scores.length && Number.isFinite(scores[at])) at++
  if (at < scores.length)
    throw new NumericalError(
      `bit budget: expected finite scores, got ${scores[at]} for column ${Math.floor(at / width)} at ` +
        `${candidates[at % width]} bits — raise the damping or use more calibration text`,
    )
}

/**
 * The greatest slope at which the steps of that slope and above no longer fit; the least slope when all fit. Halves the
 * steps in question around one of their slopes, so it takes time in proportion to their number.
 */
function marginalSlope({ slope, size, count }: Steps, room: number): number {
  const open = new Uint32Array(count).map((_, s) => s)
  let left = count
  let above = 0
  for (;;) {
    const pivot = slope[open[left >> 1]!]!
    let [steeper, equal] = [0, 0]
    for (let j = 0; j < left; j++) {
      const s = open[j]!
      if (slope[s]! > pivot) steeper += size[s]!
      else if (slope[s] === pivot) equal += size[s]!
    }
    const higher = above + steeper > room
    if (!higher && above + steeper + equal > room) return pivot
    if (!higher) above += steeper + equal
    let kept = 0
    for (let j = 0; j < left; j++) {
      const s = open[j]!
      if (higher ? slope[s]! > pivot : slope[s]! < pivot) open[kept++] = s
    }
    if (kept === 0) return pivot
    left = kept
  }
}

/** Takes the steps steeper than `least`; returns the weighted bits used. */
function takeAbove({ slope, size, column, to, count }: Steps, least: number, choice: Uint8Array): number {
  let used = 0
  for (let s = 0; s < count; s++)
    if (slope[s]! > least) {
      choice[column[s]!] = to[s]!
      used += size[s]!
    }
  return used
}

/** Takes of the steps at `slope` what fits, the narrower result first, evenly spread; returns the weighted bits used. */
function takeAt(steps: Steps, slope: number, choice: Uint8Array, room: number): number {
  const { count, size, column, from, to } = steps
  const tied = new Uint32Array(count)
  let used = 0
  for (let level = 1; level < WIDTHS.length; level++) {
    let length = 0
    for (let s = 0; s < count; s++) if (steps.slope[s] === slope && to[s] === level) tied[length++] = s
    for (const at of spreadOrder(length)) {
      const s = tied[at]!
      if (used + size[s]! > room || choice[column[s]!] !== from[s]) continue
      choice[column[s]!] = to[s]!
      used += size[s]!
    }
  }
  return used
}
