/** Mean, deviation and energy of a matrix, and what the score of each weight is made with. */
export interface Statistics {
  readonly mean: number
  readonly deviation: number
  /** ‖W‖² */
  readonly energy: number
  /** m and 1/sd [rows, 2], of the matrix or of each row; 0 for 1/sd where all weights are equal. */
  readonly scores: Float32Array<ArrayBuffer>
}

/**
 * From a shift, Σ (w − shift) and Σ (w − shift)² of every row, in float64.
 *
 * @param moments [rows, 3]
 */
export function statisticsOf(moments: Float32Array, columns: number, statistic: 'matrix' | 'row'): Statistics {
  const rows = moments.length / 3
  const means = new Float64Array(rows)
  const spreads = new Float64Array(rows) // Σ (w − mean)² of a row
  let [total, energy] = [0, 0]
  for (let row = 0; row < rows; row++) {
    const [shift, sum, squares] = [moments[3 * row]!, moments[3 * row + 1]!, moments[3 * row + 2]!]
    means[row] = shift + sum / columns
    spreads[row] = Math.max(0, squares - sum ** 2 / columns)
    total += columns * means[row]!
    energy += spreads[row]! + columns * means[row]! ** 2
  }
  const mean = total / (rows * columns)
  let spread = 0
  for (let row = 0; row < rows; row++) spread += spreads[row]! + columns * (means[row]! - mean) ** 2
  const deviation = Math.sqrt(spread / (rows * columns))
  const inverse = (sd: number) => (sd > 0 ? Math.min(1 / sd, 1e30) : 0)
  const scores = Float32Array.from({ length: 2 * rows }, (_, i) => {
    const row = i >> 1
    if (statistic === 'matrix') return i % 2 === 0 ? mean : inverse(deviation)
    return i % 2 === 0 ? means[row]! : inverse(Math.sqrt(spreads[row]! / columns))
  })
  return { mean, deviation, energy, scores }
}
