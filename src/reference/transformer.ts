/** Float64 oracles of the decoder's operations, as plain as their definitions. All arrays are row-major. */

type Numbers = ArrayLike<number>

/** x [rows, hidden] / sqrt(mean(x²) + eps) · w. */
export function rmsNormReference(x: Numbers, w: Numbers, eps: number): Float64Array {
  const hidden = w.length
  const y = new Float64Array(x.length)
  for (let base = 0; base < x.length; base += hidden) {
    let squares = 0
    for (let i = 0; i < hidden; i++) squares += x[base + i]! ** 2
    const scale = 1 / Math.sqrt(squares / hidden + eps)
    for (let i = 0; i < hidden; i++) y[base + i] = x[base + i]! * scale * w[i]!
  }
  return y
}

export interface RopeReferenceShape {
  length: number
  start: number
  heads: number
  headDim: number
}

/** x [rows, heads·headDim] turned by position start + row mod length; element i is paired with i + headDim / 2. */
export function ropeReference(
  x: Numbers,
  inverseFrequencies: Numbers,
  { length, start, heads, headDim }: RopeReferenceShape,
): Float64Array {
  const y = Float64Array.from(x)
  const half = headDim / 2
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
}

/** softmax(q·kᵀ / √headDim)·v where query t sees keys 0 … t + tk − tq of its window. */
export function attentionReference(
  q: Numbers,
  k: Numbers,
  v: Numbers,
  { windows, tq, tk, capacity, heads, kvHeads, headDim }: AttentionReferenceShape,
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
          return dot / Math.sqrt(headDim)
        })
        const highest = scores.reduce((a, b) => Math.max(a, b))
        const weights = scores.map((score) => Math.exp(score - highest))
        const total = weights.reduce((a, b) => a + b)
        weights.forEach((weight, s) => {
          for (let i = 0; i < headDim; i++) y[at + i]! += (weight / total) * v[keyAt(s) + i]!
        })
      }
  return y
}

/** silu(gate) · up, silu(x) = x / (1 + e⁻ˣ). */
export const siluMulReference = (gate: Numbers, up: Numbers): Float64Array =>
  Float64Array.from(gate, (x, i) => (x / (1 + Math.exp(-x))) * up[i]!)

/** −log softmax(logits)[target] of one row. */
export function nllReference(logits: Numbers, target: number): number {
  const all = Array.from(logits)
  const highest = all.reduce((a, b) => Math.max(a, b))
  return Math.log(all.reduce((sum, x) => sum + Math.exp(x - highest), 0)) + highest - logits[target]!
}
