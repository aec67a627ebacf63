import { dampedFactor, meanOf, storedHalf, withoutDead } from './near-one-bit'

export interface BillmReferenceOptions {
  readonly blockSize: number
  readonly propagate: boolean
  readonly metric: 'hessian' | 'magnitude'
  readonly searchOn: 'saliency' | 'weights'
  readonly restOrder: 1 | 2
  readonly ownQuantiles: boolean
  readonly mostSalient: number
  readonly damping: number
}

/** Choices made elsewhere: salient columns [n], and which weights [rows, n] are in the group of large magnitudes. */
export interface BillmChoices {
  readonly salient: ArrayLike<number>
  readonly large: ArrayLike<number>
}

/** Errors of a block's searches: the least there are, and those of the choices that were followed. */
export interface BillmSearch {
  readonly salient: number
  readonly leastColumns: number
  readonly columns: number
  readonly leastSplit: number
  readonly split: number
  /** Σx² of what was searched on: what errors are small or large against. */
  readonly scale: number
}

/** Mean and mean distance, `order` times over what is left; weights by `order` signs. */
function residualBinarization(values: readonly number[], order: number): number[] {
  let sum = values.map(() => 0)
  for (let o = 0; o < order; o++) {
    const rest = values.map((value, i) => value - sum[i]!)
    const mean = meanOf(rest)
    const amplitude = meanOf(rest.map((value) => Math.abs(value - mean)))
    sum = sum.map((value, i) => value + mean + amplitude * Math.sign(rest[i]! - mean))
  }
  return sum
}

/** Linear between the sorted values around q·(n − 1). */
function quantile(sorted: ArrayLike<number>, q: number): number {
  const at = q * (sorted.length - 1)
  const low = Math.floor(at + 1e-9)
  const high = Math.min(low + 1, sorted.length - 1)
  return sorted[low]! + Math.max(0, at - low) * (sorted[high]! - sorted[low]!)
}

type Matrix = readonly (readonly number[])[]

function squaredError(row: readonly number[], places: readonly number[], order: number): number {
  const values = places.map((j) => row[j]!)
  return residualBinarization(values, order).reduce((sum, value, i) => sum + (values[i]! - value) ** 2, 0)
}

/** Of the columns of a block in two parts. */
export const columnsError = (search: Matrix, salient: ReadonlySet<number>, restOrder: number): number => {
  const all = search[0]!.map((_, j) => j)
  const [first, rest] = [all.filter((j) => salient.has(j)), all.filter((j) => !salient.has(j))]
  return search.reduce((sum, row) => sum + squaredError(row, first, 2) + squaredError(row, rest, restOrder), 0)
}

/** Of the columns that are not salient, in two groups. */
export const splitError = (search: Matrix, rest: readonly number[], large: (r: number, j: number) => boolean): number =>
  search.reduce(
    (sum, row, r) =>
      sum +
      [true, false].reduce(
        (both, side) =>
          both +
          squaredError(
            row,
            rest.filter((j) => large(r, j) === side),
            1,
          ),
        0,
      ),
    0,
  )

/**
 * BiLLM in float64: w [rows, n], h [n, n] full. With `follow` it takes the choices of somebody else, so that what comes
 * behind can be compared even where two choices were as good as equal, and says how good they were.
 */
export function billmReference(
  w: ArrayLike<number>,
  h: ArrayLike<number>,
  rows: number,
  n: number,
  options: BillmReferenceOptions,
  follow?: BillmChoices,
) {
  const { u, dead } = dampedFactor(h, n, options.damping)
  const work = withoutDead(w, rows, n, dead)
  const weights = new Float64Array(rows * n)
  const searches: BillmSearch[] = []
  for (let first = 0; first < n; first += options.blockSize) {
    const count = Math.min(options.blockSize, n - first)
    const block = Array.from({ length: rows }, (_, r) =>
      Array.from({ length: count }, (_, j) => work[r * n + first + j]!),
    )
    const d = Array.from({ length: count }, (_, j) => u[(first + j) * (n + 1)]!)
    const saliency = block.map((row) => row.map((x, j) => (options.metric === 'hessian' ? (x / d[j]!) ** 2 : x)))
    const search = options.searchOn === 'saliency' ? saliency : block
    const chosen = chooseBlock(saliency, search, options)
    const salient = follow
      ? new Set(block[0]!.flatMap((_, j) => (follow.salient[first + j] ? [j] : [])))
      : chosen.salient
    const rest = block[0]!.flatMap((_, j) => (salient.has(j) ? [] : [j]))
    const split = chooseSplit(search, rest, options)
    const large = follow
      ? (r: number, j: number) => follow.large[r * n + first + j]! > 0
      : (r: number, j: number) => Math.abs(search[r]![j]!) >= split.threshold
    searches.push({
      salient: salient.size,
      leastColumns: chosen.error,
      columns: columnsError(search, salient, options.restOrder),
      leastSplit: split.error,
      split: splitError(search, rest, large),
      scale: search.flat().reduce((sum, x) => sum + x * x, 0),
    })
    for (let r = 0; r < rows; r++) {
      const levels = levelsOf(block[r]!, salient, (j) => large(r, j))
      const row = block[r]!.slice()
      const errors = row.map((_, j) => {
        const value = levels(options.propagate ? row[j]! : block[r]![j]!, j, options.propagate)
        weights[r * n + first + j] = value
        const error = ((options.propagate ? row[j]! : block[r]![j]!) - value) / d[j]!
        if (options.propagate) for (let i = j + 1; i < count; i++) row[i]! -= error * u[(first + j) * n + first + i]!
        return error
      })
      for (let i = first + count; i < n; i++)
        for (let j = 0; j < count; j++) work[r * n + i]! -= errors[j]! * u[(first + j) * n + i]!
    }
  }
  return { weights, searches }
}

/** Salient columns: the most salient k by column sums, k of the least error. */
function chooseBlock(saliency: Matrix, search: Matrix, { mostSalient, restOrder }: BillmReferenceOptions) {
  const sums = saliency[0]!.map((_, j) => saliency.reduce((sum, row) => sum + Math.abs(row[j]!), 0))
  const ranked = sums.map((_, j) => j).sort((a, b) => sums[b]! - sums[a]! || a - b)
  let best = { salient: new Set<number>(), error: Number.POSITIVE_INFINITY }
  for (let k = 1; k <= Math.min(mostSalient, ranked.length - 1); k++) {
    const salient = new Set(ranked.slice(0, k))
    const error = columnsError(search, salient, restOrder)
    if (error < best.error) best = { salient, error }
  }
  return best.salient.size > 0 ? best : { ...best, error: columnsError(search, best.salient, restOrder) }
}

function chooseSplit(search: Matrix, rest: readonly number[], { ownQuantiles }: BillmReferenceOptions) {
  const pool = search.flatMap((row) => rest.map((j) => Math.abs(row[j]!)))
  if (!ownQuantiles) while (pool.length < search.length * search[0]!.length) pool.push(0)
  pool.sort((a, b) => a - b)
  let best = { threshold: 0, error: Number.POSITIVE_INFINITY }
  for (let percent = 10; percent <= 90; percent++) {
    const threshold = quantile(pool, percent / 100)
    const error = splitError(search, rest, (r, j) => Math.abs(search[r]![j]!) >= threshold)
    if (error < best.error) best = { threshold, error }
  }
  return best
}

/** Levels of a row, rounded to float16 one after another; the weight that stands for x in column j. */
function levelsOf(row: readonly number[], salient: ReadonlySet<number>, large: (j: number) => boolean) {
  const groups = [false, true].map((side) => {
    const own = row.filter((_, j) => !salient.has(j) && large(j) === side)
    const center = storedHalf(meanOf(own))
    return { center, amplitude: storedHalf(meanOf(own.map((x) => Math.abs(x - center)))) }
  })
  const own = row.filter((_, j) => salient.has(j))
  const sign = (x: number) => (x >= 0 ? 1 : -1)
  const mean = meanOf(own)
  const first = meanOf(own.map((x) => Math.abs(x - mean)))
  const center = storedHalf(mean + meanOf(own.map((x) => x - mean - first * sign(x - mean))))
  const reach = storedHalf(first)
  const second = storedHalf(meanOf(own.map((x) => Math.abs(x - center - reach * sign(x - mean)))))
  return (x: number, j: number, nearest: boolean): number => {
    if (salient.has(j)) {
      const middle = center + reach * sign(x - (nearest ? center : mean))
      return middle + second * sign(x - middle)
    }
    const group = groups[Number(large(j))]!
    return group.center + group.amplitude * sign(x - group.center)
  }
}
