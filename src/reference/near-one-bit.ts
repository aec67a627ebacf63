import { decodeFloat16, encodeFloat16 } from '../formats/floats'
import { upperFactorOfInverseReference } from './linalg'

/** What the float64 versions of BiLLM and PB-LLM share. */

/** The nearest float16 of either sign. */
export const storedHalf = (value: number): number => decodeFloat16(encodeFloat16(Float32Array.of(value)))[0]!

export const meanOf = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length

/** Dead columns (H_jj = 0) get 1 on the diagonal; damped by a part of the mean. U [n, n] with H⁻¹ = UᵀU. */
export function dampedFactor(h: ArrayLike<number>, n: number, damping: number): { u: Float64Array; dead: boolean[] } {
  const diagonal = Array.from({ length: n }, (_, j) => h[j * n + j]!)
  const dead = diagonal.map((value) => value === 0)
  const live = diagonal.map((value) => (value === 0 ? 1 : value))
  const damped = Float64Array.from({ length: n * n }, (_, at) => h[at]!)
  for (let j = 0; j < n; j++) damped[j * n + j] = live[j]! + damping * meanOf(live)
  return { u: upperFactorOfInverseReference(damped, n), dead }
}

/** w [rows, n] in float64, dead columns 0. */
export const withoutDead = (w: ArrayLike<number>, rows: number, n: number, dead: readonly boolean[]): Float64Array =>
  Float64Array.from({ length: rows * n }, (_, at) => (dead[at % n] ? 0 : w[at]!))
