/** Float64 oracles of the decoder's operations, as plain as their definitions. All arrays are row-major. */

type Numbers = ArrayLike<number>

/** x [rows, hidden] / sqrt(mean(x²) + eps) · (w + offset). */
export function rmsNormReference(x: Numbers, w: Numbers, eps: number, offset = 0): Float64Array {
  const hidden = w.length
  const y = new Float64Array(x.length)
  for (let base = 0; base < x.length; base += hidden) {
    let squares = 0
    for (let i = 0; i < hidden; i++) squares += x[base + i]! ** 2
    const scale = 1 / Math.sqrt(squares / hidden + eps)
    for (let i = 0; i < hidden; i++) y[base + i] = x[base + i]! * scale * (w[i]! + offset)
  }
  return y
}

/** (x − mean) / sqrt(variance + eps) · w + b of every row of x [rows, hidden]. */
export function layerNormReference(x: Numbers, w: Numbers, b: Numbers, eps: number): Float64Array {
  const hidden = w.length
  const y = new Float64Array(x.length)
  for (let base = 0; base < x.length; base += hidden) {
    const row = Float64Array.from({ length: hidden }, (_, i) => x[base + i]!)
    const mean = row.reduce((sum, value) => sum + value, 0) / hidden
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / hidden
    row.forEach((value, i) => {
      y[base + i] = ((value - mean) / Math.sqrt(variance + eps)) * w[i]! + b[i]!
    })
  }
  return y
}

export interface RopeReferenceShape {
  length: number
  start: number
  heads: number
  headDim: number
  /** Numbers of a head that turn; all unless given. */
  turned?: number
}

/** x [rows, heads·headDim] turned by position start + row mod length; element i is paired with i + turned / 2. */
export function ropeReference(
  x: Numbers,
  inverseFrequencies: Numbers,
  { length, start, heads, headDim, turned = headDim }: RopeReferenceShape,
): Float64Array {
  const y = Float64Array.from(x)
  const half = turned / 2
  for (let head = 0; head * headDim < x.length; head++) {
    const position = start + (Math.floor(head / heads) % length)
    for (let i = 0; i < half; i++) {
      const [low, high] = [head * headDim + i, head * headDim + i + half]
      const angle = position * inverseFrequencies[i]!
      y[low] = x[low]! * Math.cos(angle) - x[high]! * Math.sin(angle)
      y[high] = x[high]! * Math.cos(angle) + x[low]! * Math.sin(angle)
    }
  }
  return y
}

export interface AttentionReferenceShape {
  windows: number
  tq: number
  tk: number
  /** Rows from one window's keys to the next. */
  capacity: number
  heads: number
  kvHeads: number
  headDim: number
  scale?: number | undefined
  softcap?: number | null | undefined
  window?: number | null | undefined
}

/** softmax(q·kᵀ / √headDim)·v where query t sees keys 0 … t + tk − tq of its window, or the last of them. */
export function attentionReference(
  q: Numbers,
  k: Numbers,
  v: Numbers,
  { windows, tq, tk, capacity, heads, kvHeads, headDim, ...scored }: AttentionReferenceShape,
): Float64Array {
  const y = new Float64Array(windows * tq * heads * headDim)
  for (let window = 0; window < windows; window++)
    for (let t = 0; t < tq; t++)
      for (let head = 0; head < heads; head++) {
        const at = ((window * tq + t) * heads + head) * headDim
        const kvHead = Math.floor(head / (heads / kvHeads))
        const keyAt = (s: number) => ((window * capacity + s) * kvHeads + kvHead) * headDim
        const scores = Float64Array.from({ length: t + tk - tq + 1 }, (_, s) => {
          let dot = 0
          for (let i = 0; i < headDim; i++) dot += q[at + i]! * k[keyAt(s) + i]!
          const score = dot * (scored.scale ?? 1 / Math.sqrt(headDim))
          if (scored.window && s + scored.window <= t + tk - tq) return Number.NEGATIVE_INFINITY
          return scored.softcap ? scored.softcap * Math.tanh(score / scored.softcap) : score
        })
        const highest = scores.reduce((a, b) => Math.max(a, b))
        const weights = scores.map((score) => Math.exp(score - highest))
        const total = weights.reduce((a, b) => a + b)
        weights.forEach((weight, s) => {
          if (weight === 0) return
          for (let i = 0; i < headDim; i++) y[at + i]! += (weight / total) * v[keyAt(s) + i]!
        })
      }
  return y
}

/** silu(gate) · up, silu(x) = x / (1 + e⁻ˣ). */
export const siluMulReference = (gate: Numbers, up: Numbers): Float64Array =>
  Float64Array.from(gate, (x, i) => (x / (1 + Math.exp(-x))) * up[i]!)

/** x·Φ(x), or its form by tanh. */
export const geluReference = (x: number, tanh: boolean): number =>
  tanh
    ? 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))
    : 0.5 * x * (1 + erf(x / Math.SQRT2))

/** By its power series, and beyond 5 by ±1, which is right to 2·10⁻¹². */
function erf(x: number): number {
  if (Math.abs(x) > 5) return Math.sign(x)
  let [term, sum] = [x, x]
  for (let n = 1; Math.abs(term) > 1e-18; n++) {
    term *= -(x * x) / n
    sum += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}

/** Shares [tokens, experts] of the `picks` experts with the largest logits: parts of a softmax, 0 of the others. */
export function routeReference(
  logits: Numbers,
  { experts, picks, normalized }: { experts: number; picks: number; normalized: boolean },
): Float64Array {
  const shares = new Float64Array(logits.length)
  for (let base = 0; base < logits.length; base += experts) {
    const row = Array.from({ length: experts }, (_, e) => Math.exp(logits[base + e]!))
    const chosen = row.map((_, e) => e).sort((a, b) => row[b]! - row[a]! || a - b)
    const kept = chosen.slice(0, picks)
    const whole = (normalized ? kept : chosen).reduce((sum, e) => sum + row[e]!, 0)
    for (const e of kept) shares[base + e] = row[e]! / whole
  }
  return shares
}

/** −log softmax(logits)[target] of one row. */
export function nllReference(logits: Numbers, target: number): number {
  const all = Array.from(logits)
  const highest = all.reduce((a, b) => Math.max(a, b))
  return Math.log(all.reduce((sum, x) => sum + Math.exp(x - highest), 0)) + highest - logits[target]!
}
