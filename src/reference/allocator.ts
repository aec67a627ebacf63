import { matmulReference } from './matmul'

type Numbers = ArrayLike<number>

const relu = (values: Numbers): Float64Array => Float64Array.from(values, (value) => Math.max(0, value))

/** y [rows, columns] + b [columns] */
function addBias(y: Numbers, b: Numbers): Float64Array {
  return Float64Array.from(y, (value, i) => value + b[i % b.length]!)
}

/** s/sqrt(mean(s²) + eps) a row, s = a + b [rows, hidden]. */
export function sumNormReference(a: Numbers, b: Numbers, hidden: number, eps: number): Float64Array {
  const s = Float64Array.from(a, (value, i) => value + b[i]!)
  return s.map((value, i) => {
    const row = s.subarray(i - (i % hidden), i - (i % hidden) + hidden)
    return value / Math.sqrt(row.reduce((sum, x) => sum + x * x, 0) / hidden + eps)
  })
}

/** x [rows, in]·w [in, out] + bias, relu. */
export function linearReference(
  x: Numbers,
  w: Numbers,
  rows: number,
  { bias, positive = false }: { bias?: Numbers; positive?: boolean } = {},
): Float64Array {
  const k = x.length / rows
  const product = matmulReference(x, w, { m: rows, n: w.length / k, k })
  const shifted = bias ? addBias(product, bias) : product
  return positive ? relu(shifted) : shifted
}

export interface NetworkReference {
  readonly w0: Numbers
  readonly w1: Numbers
  readonly v0: Numbers
  readonly c0: Numbers
  readonly v1: Numbers
  readonly c1: Numbers
}

/** Logits [n, choices] of MG-PTQ's network (methods E3, E4) from P0 [n, features] and A [n, n], null for A = I. */
export function logitsReference(
  { w0, w1, v0, c0, v1, c1 }: NetworkReference,
  propagated: Numbers,
  adjacency: Numbers | null,
  n: number,
): Float64Array {
  const x1 = linearReference(propagated, w0, n, { positive: true })
  const hidden = x1.length / n
  const messages = linearReference(x1, w1, n)
  const heard = adjacency ? matmulReference(adjacency, messages, { m: n, n: hidden, k: n }) : messages
  const inner = linearReference(sumNormReference(heard, x1, hidden, 1e-6), v0, n, { bias: c0, positive: true })
  return linearReference(inner, v1, n, { bias: c1 })
}

function pcg(value: number): number {
  const state = (Math.imul(value, 747796405) + 2891336453) >>> 0
  const word = Math.imul((state >>> ((state >>> 28) + 4)) ^ state, 277803737) >>> 0
  return ((word >>> 22) ^ word) >>> 0
}

/** G = −log(−log u) of element `at`, u from the hash of shaders/lib/gumbel.wgsl. */
function gumbelReference(seed: number, step: number, at: number): number {
  const key = pcg((step + pcg(seed)) >>> 0)
  const u = ((pcg((at + key) >>> 0) >>> 9) + 0.5) / 2 ** 23
  return -Math.log(-Math.log(u))
}

export interface DrawReference {
  readonly temperature: number
  readonly noise: number
  readonly seed: number
  readonly step: number
}

const disturbed = (logits: Numbers, { noise, seed, step }: DrawReference): Float64Array =>
  Float64Array.from(logits, (value, at) => value + (noise === 0 ? 0 : noise * gumbelReference(seed, step, at)))

/** softmax((logits + noise·G)/τ) over rows of `choices`. */
export function softReference(logits: Numbers, choices: number, draw: DrawReference): Float64Array {
  const weights = disturbed(logits, draw).map((value) => Math.exp(value / draw.temperature))
  return weights.map((weight, i) => {
    const begin = i - (i % choices)
    return weight / weights.subarray(begin, begin + choices).reduce((sum, x) => sum + x, 0)
  })
}

/** One-hot argmax of logits + noise·G over rows of `choices`. */
export function hardReference(logits: Numbers, choices: number, draw: DrawReference): Float64Array {
  const values = disturbed(logits, draw)
  return values.map((value, i) => {
    const begin = i - (i % choices)
    const row = values.subarray(begin, begin + choices)
    return row.indexOf(Math.max(...row)) === i - begin && value === row[i - begin] ? 1 : 0
  })
}

export interface AllocationReference {
  /** E [choices, rows, columns] */
  readonly errors: Numbers
  /** H [columns, columns] */
  readonly hessian: Numbers
  readonly widths: Numbers
  readonly norm: number
  readonly alpha: number
  readonly target: number
}

/** L, tr(D H Dᵀ)/norm and mean bits of p [columns, choices] (methods E6–E8). */
export function allocationLossReference(
  p: Numbers,
  { errors, hessian, widths, norm, alpha, target }: AllocationReference,
): { loss: number; error: number; bits: number } {
  const choices = widths.length
  const columns = p.length / choices
  const rows = errors.length / choices / columns
  const d = new Float64Array(rows * columns)
  for (let k = 0; k < choices; k++)
    for (let i = 0; i < rows * columns; i++) d[i]! += p[(i % columns) * choices + k]! * errors[k * rows * columns + i]!
  const pulled = matmulReference(d, hessian, { m: rows, n: columns, k: columns })
  const error = d.reduce((sum, value, i) => sum + value * pulled[i]!, 0) / norm
  const bits = Array.from(p).reduce((sum, value, i) => sum + value * widths[i % choices]!, 0) / columns
  return { loss: error + alpha * (bits - target) ** 2, error, bits }
}

/** Adam (Kingma & Ba 2015, algorithm 1) over the gradients of consecutive steps; the parameters after the last. */
export function adamReference(
  start: Numbers,
  gradients: readonly Numbers[],
  { rate, beta1 = 0.9, beta2 = 0.999, eps = 1e-8 }: { rate: number; beta1?: number; beta2?: number; eps?: number },
): Float64Array {
  const [w, m, v] = [Float64Array.from(start), new Float64Array(start.length), new Float64Array(start.length)]
  gradients.forEach((gradient, step) => {
    for (let i = 0; i < w.length; i++) {
      m[i] = beta1 * m[i]! + (1 - beta1) * gradient[i]!
      v[i] = beta2 * v[i]! + (1 - beta2) * gradient[i]! ** 2
      const mean = m[i]! / (1 - beta1 ** (step + 1))
      w[i]! -= (rate * mean) / (Math.sqrt(v[i]! / (1 - beta2 ** (step + 1))) + eps)
    }
  })
  return w
}
