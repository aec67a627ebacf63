type Numbers = ArrayLike<number>

/** Weights [rows, columns] on grids: low and step of every (row, group), interleaved; bits and group of every column. */
export interface SoftProblem {
  readonly rows: number
  readonly widths: Uint8Array
  readonly groupOf: Numbers
  readonly groups: number
  readonly grid: Numbers
}

/** A weight's grid and place. */
interface Cell {
  readonly at: number
  readonly cell: number
  readonly low: number
  readonly step: number
  readonly top: number
}

function* cells({ rows, widths, groupOf, groups, grid }: SoftProblem): Generator<Cell> {
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < widths.length; column++) {
      const cell = row * groups + groupOf[column]!
      const [low, step] = [grid[2 * cell]!, grid[2 * cell + 1]!]
      yield { at: row * widths.length + column, cell, low, step, top: 2 ** widths[column]! - 1 }
    }
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))
const clamp = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high)

/** h(ν), TesseraQ's rectified sigmoid. */
export const rectified = (nu: number): number => clamp(1.2 * sigmoid(nu) - 0.1, 0, 1)

/** Codes below the weights and the ν that lead to them; −∞ where the weight lies outside the levels. */
export function softStartReference(w: Numbers, problem: SoftProblem): { base: Float64Array; nu: Float64Array } {
  const [base, nu] = [new Float64Array(w.length), new Float64Array(w.length).fill(-Infinity)]
  for (const { at, low, step, top } of cells(problem)) {
    const place = (w[at]! - low) / step
    base[at] = clamp(Math.floor(place), 0, top)
    if (place >= 0 && place < top) nu[at] = -Math.log(1.2 / (place - base[at]! + 0.1) - 1)
  }
  return { base, nu }
}

/** (low + step·clamp(base + h(ν), 0, top))·2σ(v). */
export function softWeightsReference(base: Numbers, nu: Numbers, v: Numbers, problem: SoftProblem): Float64Array {
  const weights = new Float64Array(base.length)
  for (const { at, cell, low, step, top } of cells(problem))
    weights[at] = (low + step * clamp(base[at]! + rectified(nu[at]!), 0, top)) * 2 * sigmoid(v[cell]!)
  return weights
}

/** Gradients to ν and v of a loss whose gradient to the soft weights is `g`; a clamp passes at its bounds. */
export function softGradients(
  g: Numbers,
  base: Numbers,
  nu: Numbers,
  v: Numbers,
  problem: SoftProblem,
): { nu: Float64Array; v: Float64Array } {
  const gradients = { nu: new Float64Array(base.length), v: new Float64Array(v.length) }
  for (const { at, cell, low, step, top } of cells(problem)) {
    const [s, f] = [sigmoid(nu[at]!), sigmoid(v[cell]!)]
    const rise = 1.2 * s - 0.1
    const q = base[at]! + clamp(rise, 0, 1)
    if (rise >= 0 && rise <= 1 && q <= top) gradients.nu[at] = g[at]! * step * 2 * f * 1.2 * s * (1 - s)
    gradients.v[cell]! += g[at]! * (low + step * clamp(q, 0, top)) * 2 * f * (1 - f)
  }
  return gradients
}

/** ν after hardening all but the `soft` part whose h is nearest to ½; ties with the last of them stay soft. */
export function hardenReference(nu: Numbers, soft: number): Float64Array {
  const values = Float64Array.from(nu)
  const scores = values.map((value) => Math.abs(rectified(value) - 0.5))
  const quantile = soft > 0 ? scores.toSorted()[Math.floor(soft * (scores.length - 1))]! : -1
  return values.map((value, i) => (scores[i]! > quantile ? (value > 0 ? Infinity : -Infinity) : value))
}
