/** Slow float64 versions of the steps of SAGE-PTQ (docs/methods/sage.md). */
type Numbers = ArrayLike<number>

/** (S3) For every node the run of itself and K others whose distances sum to the least, the first of equal ones. */
export function nearestReference(values: Numbers, neighbours: number): { first: number[]; distances: number[] } {
  const n = values.length
  const k = Math.min(neighbours, n - 1)
  const first: number[] = []
  const distances: number[] = []
  for (let i = 0; i < n; i++) {
    let best = { start: 0, sum: Number.POSITIVE_INFINITY }
    for (let start = Math.max(0, i - k); start <= Math.min(i, n - 1 - k); start++) {
      let sum = 0
      for (let j = start; j <= start + k; j++) sum += Math.abs(values[i]! - values[j]!)
      if (sum < best.sum - 1e-12) best = { start, sum }
    }
    first.push(best.start)
    distances.push(best.sum)
  }
  return { first, distances }
}

/** (S4) The dense L_sym of a graph given by its edges. */
export function laplacianReference(n: number, weight: (i: number, j: number) => number): Float64Array {
  const degree = Array.from({ length: n }, (_, i) => {
    let sum = 0
    for (let j = 0; j < n; j++) if (j !== i) sum += weight(i, j)
    return sum
  })
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n]
    if (i === j) return degree[i]! > 0 ? 1 : 0
    const w = weight(i, j)
    return w === 0 ? 0 : -w / Math.sqrt(degree[i]! * degree[j]!)
  })
}

/** (S4) Mean silhouette by its definition. */
export function silhouetteReference(values: Numbers, labels: Numbers): number {
  const n = values.length
  let total = 0
  for (let i = 0; i < n; i++) {
    const sums = new Map<number, { sum: number; count: number }>()
    for (let j = 0; j < n; j++) {
      if (j === i) continue
      const { sum, count } = sums.get(labels[j]!) ?? { sum: 0, count: 0 }
      sums.set(labels[j]!, { sum: sum + Math.abs(values[i]! - values[j]!), count: count + 1 })
    }
    const own = sums.get(labels[i]!)
    if (!own) continue
    const a = own.sum / own.count
    const others = [...sums].filter(([label]) => label !== labels[i]).map(([, { sum, count }]) => sum / count)
    const b = Math.min(...others)
    if (others.length > 0 && Math.max(a, b) > 0) total += (b - a) / Math.max(a, b)
  }
  return total / n
}

export interface SageProblem {
  readonly rows: number
  readonly columns: number
  /** Ratio of salient weights. */
  readonly p: number
  readonly salientBits: number
  readonly statistic: 'matrix' | 'row'
  readonly center: 'zero' | 'mean'
  readonly rounds: number
  /** µ₁ … µ_G to start from. */
  readonly amplitudes: readonly number[]
}

export interface SageFit {
  readonly salient: boolean[]
  readonly center: number
  readonly amplitudes: number[]
  readonly alphas: number[]
  /** ‖W − Ŵ‖²/‖W‖² of every round. */
  readonly errors: number[]
}

/** (S1, S5 to S8) without samples and graphs. */
export function sageFitReference(w: Numbers, problem: SageProblem): SageFit {
  const { rows, columns, statistic, center: about, rounds } = problem
  const half = 2 ** (problem.salientBits - 1)
  const all = Array.from(w)
  const rowOf = (i: number) => Math.floor(i / columns)
  const parts =
    statistic === 'row' ? Array.from({ length: rows }, (_, r) => all.slice(r * columns, (r + 1) * columns)) : [all]
  const stats = parts.map((part) => {
    const m = part.reduce((sum, value) => sum + value, 0) / part.length
    return { m, sd: Math.sqrt(part.reduce((sum, value) => sum + (value - m) ** 2, 0) / part.length) }
  })
  const scores = all.map((value, i) => {
    const { m, sd } = stats[statistic === 'row' ? rowOf(i) : 0]!
    return sd > 0 ? Math.abs(value - m) / sd : 0
  })
  const order = [...scores].sort((a, b) => a - b)
  const threshold = order[all.length - 1 - Math.round(problem.p * all.length)]!
  const salient = scores.map((score) => score > threshold)
  const inliers = all.filter((_, i) => !salient[i])
  const center = about === 'mean' ? inliers.reduce((sum, value) => sum + value, 0) / inliers.length : 0

  const alphas = Array.from({ length: rows }, (_, r) =>
    all.reduce((most, value, i) => {
      if (rowOf(i) !== r || !salient[i]) return most
      return Math.max(most, value > 0 ? value / (half - 1) : -value / half)
    }, 0),
  )
  let amplitudes = [...problem.amplitudes]
  const energy = all.reduce((sum, value) => sum + value ** 2, 0)
  const errors: number[] = []
  for (let round = 0; round < rounds; round++) {
    let error = 0
    const [wq, qq] = [new Float64Array(rows), new Float64Array(rows)]
    const [sums, counts] = [new Float64Array(amplitudes.length), new Float64Array(amplitudes.length)]
    all.forEach((value, i) => {
      const r = rowOf(i)
      if (salient[i]) {
        const q = codeReference(value, alphas[r]!, half)
        error += (value - alphas[r]! * q) ** 2
        wq[r]! += value * q
        qq[r]! += q * q
      } else {
        const a = Math.abs(value - center)
        const k = nearestGroup(a, amplitudes)
        error += (a - amplitudes[k]!) ** 2
        sums[k]! += a
        counts[k]!++
      }
    })
    errors.push(energy > 0 ? error / energy : 0)
    amplitudes = amplitudes.map((mu, k) => (counts[k]! > 0 ? sums[k]! / counts[k]! : mu))
    for (let r = 0; r < rows; r++) if (qq[r]! > 0) alphas[r] = wq[r]! / qq[r]!
    const before = errors.at(-2)
    if (before !== undefined && before - errors.at(-1)! <= 1e-4 * before) break
  }
  return { salient, center, amplitudes, alphas, errors }
}

/** (S7) */
export function codeReference(w: number, alpha: number, half: number): number {
  if (!(alpha > 0)) return 0
  const floor = Math.floor(w / alpha)
  const rest = w / alpha - floor
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor
  return Math.min(half - 1, Math.max(-half, rounded))
}

/** The nearest amplitude, the lower of two as near. */
export const nearestGroup = (a: number, amplitudes: readonly number[]): number =>
  amplitudes.reduce((best, mu, k) => (Math.abs(a - mu) < Math.abs(a - amplitudes[best]!) ? k : best), 0)
