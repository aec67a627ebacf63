import { nearestCode, rangeReference } from './gptq'
import { dampedFactor, meanOf, storedHalf, withoutDead } from './near-one-bit'

export interface PbllmReferenceOptions {
  readonly salient: number
  readonly metric: 'magnitude' | 'hessian'
  readonly groupSize: number
  readonly salientBits: number
  readonly ownLevels: boolean
  readonly damping: number
}

/**
 * PB-LLM's GPTQ mode in float64, one column at a time: w [rows, n], h [n, n] full. With `follow` [rows, n] it takes the
 * salient weights of somebody else; `margins` says of every weight how far its saliency is from the threshold, as a part
 * of it, so that those may be told whose choice is a matter of rounding.
 */
export function pbllmReference(
  w: ArrayLike<number>,
  h: ArrayLike<number>,
  rows: number,
  n: number,
  options: PbllmReferenceOptions,
  follow?: ArrayLike<number>,
) {
  const { salient, metric, salientBits: bits, ownLevels } = options
  const groupSize = options.groupSize === -1 ? n : options.groupSize
  const { u, dead } = dampedFactor(h, n, options.damping)
  const work = withoutDead(w, rows, n, dead)

  const margins = new Float64Array(rows * n)
  const mask = new Uint8Array(rows * n)
  for (let begin = 0; begin < n; begin += groupSize) {
    const places: number[] = []
    for (let r = 0; r < rows; r++) for (let j = begin; j < Math.min(n, begin + groupSize); j++) places.push(r * n + j)
    const saliency = (at: number) =>
      metric === 'magnitude' ? Math.abs(work[at]!) : (work[at]! / u[(at % n) * (n + 1)]!) ** 2
    const sorted = places.map(saliency).sort((a, b) => a - b)
    const threshold = sorted[Math.min(places.length - 1, Math.floor(places.length * (1 - salient)))]!
    for (const at of places) {
      margins[at] = (saliency(at) - threshold) / threshold
      mask[at] = follow ? follow[at]! : Number(saliency(at) > threshold)
    }
  }

  const weights = new Float64Array(rows * n)
  for (let r = 0; r < rows; r++) {
    const original = Float64Array.from({ length: n }, (_, j) => w[r * n + j]!)
    const [step, zero] = rangeReference(original, 0, n, bits, false)
    const levels = Array.from({ length: Math.ceil(n / groupSize) }, (_, g) => {
      const own: number[] = []
      for (let j = g * groupSize; j < Math.min(n, (g + 1) * groupSize); j++) {
        if (!mask[r * n + j]) own.push(work[r * n + j]!)
        else if (!ownLevels) own.push(0)
      }
      const center = storedHalf(meanOf(own))
      return { center, amplitude: storedHalf(meanOf(own.map((x) => Math.abs(x - center)))) }
    })
    const row = work.subarray(r * n, (r + 1) * n)
    for (let j = 0; j < n; j++) {
      const { center, amplitude } = levels[Math.floor(j / groupSize)]!
      const value = mask[r * n + j]
        ? step * (nearestCode(row[j]!, step, zero, bits) - zero)
        : center + amplitude * (row[j]! >= center ? 1 : -1)
      weights[r * n + j] = value
      const error = (row[j]! - value) / u[j * n + j]!
      for (let i = j; i < n; i++) row[i]! -= error * u[j * n + i]!
    }
  }
  return { weights, margins, mask }
}
