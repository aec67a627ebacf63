import { FormatError, invariant } from '../../errors'
import type { Width } from '../../formats/quantized'

/**
 * Columns that share one bit budget: those of a linear, of linears tied together, or of a whole model.
 *
 * With b_i the width of column i and w_i its weight, the mean is Σ w_i b_i / Σ w_i. When w_i is the number of rows a
 * column spans, that is code bits per weight: Σ out·b / Σ out·in.
 */
export interface Columns {
  /** Widths to choose from, or bits a weight of types, ascending. A choice is an index into them. */
  readonly candidates: readonly number[]
  /** [n] w_i > 0. */
  readonly weights: ArrayLike<number>
  /** [n] bit k: column i may have candidates[k]; null when every column may have each. */
  readonly allowed: Uint8Array | null
}

/** Columns of one linear: all of the same weight, nothing ruled out. */
export const plainColumns = (count: number, candidates: readonly Width[]): Columns => ({
  candidates,
  weights: new Float64Array(count).fill(1),
  allowed: null,
})

/** The mask that allows every candidate. */
export const allCandidates = (candidates: readonly number[]): number => (1 << candidates.length) - 1

/** Index of the narrowest candidate of a mask. */
const narrowest = (mask: number): number => 31 - Math.clz32(mask & -mask)

/** Index of the widest candidate of a mask. */
const widest = (mask: number): number => 31 - Math.clz32(mask)

/** Σ w_i. */
export function totalWeight({ weights }: Columns): number {
  let total = 0
  for (let i = 0; i < weights.length; i++) total += weights[i]!
  return total
}

/** [n] The lowest candidate that each column may have. */
export function lowestChoice({ candidates, weights, allowed }: Columns): Uint8Array {
  const choice = new Uint8Array(weights.length)
  const all = allCandidates(candidates)
  for (let i = 0; i < choice.length; i++) {
    const mask = allowed ? allowed[i]! : all
    invariant((mask & all) !== 0, () => `column ${i} may have none of the candidates`)
    choice[i] = narrowest(mask & all)
  }
  return choice
}

/** Mean width of a choice, Σ w_i b_i / Σ w_i. */
export function meanBits(choice: Uint8Array, columns: Columns): number {
  const { candidates, weights } = columns
  let bits = 0
  for (let i = 0; i < choice.length; i++) bits += weights[i]! * candidates[choice[i]!]!
  return bits / totalWeight(columns)
}

/** The least and the greatest mean that candidates and limits permit. */
export function reachable(columns: Columns): readonly [min: number, max: number] {
  const { weights, allowed, candidates } = columns
  invariant(weights.length > 0, 'a budget needs columns')
  const lowest = lowestChoice(columns)
  const all = allCandidates(candidates)
  const highest = new Uint8Array(weights.length)
  for (let i = 0; i < highest.length; i++) highest[i] = widest(allowed ? allowed[i]! & all : all)
  return [meanBits(lowest, columns), meanBits(highest, columns)]
}

/** Rounding of means, in bits: what lies outside by less is inside. */
export const MEAN_SLACK = 1e-9

/** FormatError with the reachable interval unless the target, in mean bits, lies in it. */
export function checkTarget(columns: Columns, target: number): void {
  const [min, max] = reachable(columns)
  if (target >= min - MEAN_SLACK && target <= max + MEAN_SLACK) return
  throw new FormatError(
    `bit budget: expected a target between ${shown(min)} and ${shown(max)} code bits, which candidates and limits ` +
      `permit, got ${target} — change the target, the candidates or the limits`,
  )
}

const shown = (bits: number): string => String(Math.round(bits * 1e4) / 1e4)
