import { linearName } from '../models/required-tensors'
import type { ModelSpec } from '../models/spec'
import { blockReference, embedReference, type ReferenceWeights } from './llama'

export interface ErrorReference {
  readonly weight: number
  readonly output: number
  /** diag H. */
  readonly diagonal: Float64Array
}

/**
 * Quantization of a whole model retold in float64 from its result: errors of every linear, and how far the quantized
 * stream is from the original one after every block. `sequence` 'layer' takes a block's inputs while all of its linears
 * are original, 'true' with those of the stages before quantized.
 */
export function calibrationReference(
  spec: ModelSpec,
  original: ReferenceWeights,
  quantized: ReferenceWeights,
  windows: readonly (readonly number[])[],
  sequence: 'layer' | 'true',
) {
  let clean = windows.map((ids) => embedReference(spec, original, ids))
  let carried = [...clean]
  const errors = new Map<string, ErrorReference>()
  const drifts: number[] = []
  for (let layer = 0; layer < spec.layers; layer++) {
    const whole = new Map([...original, ...ofStages(spec, quantized, layer, 4)])
    for (const stage of [0, 1, 2, 3] as const) {
      const now = sequence === 'layer' ? original : new Map([...original, ...ofStages(spec, quantized, layer, stage)])
      const inputs = carried.map((x) => blockReference(spec, now, layer, x).inputs[stage])
      const linears = spec.linears.filter((linear) => linear.stage === stage)
      const h = hessianReference(inputs, linears[0]!.in)
      for (const linear of linears) {
        const name = linearName(layer, linear)
        const [w, q] = [original.get(`${name}.weight`)!, quantized.get(`${name}.weight`)!]
        errors.set(name, errorReference(w, q, h, linear.in))
      }
    }
    clean = clean.map((x) => blockReference(spec, original, layer, x).y)
    carried = carried.map((x) => blockReference(spec, whole, layer, x).y)
    drifts.push(squares(clean, carried) / squares(clean))
  }
  return { errors, drifts }
}

/** The quantized weights of a block's stages below `end`. */
function ofStages(spec: ModelSpec, quantized: ReferenceWeights, layer: number, end: number) {
  const names = spec.linears.filter(({ stage }) => stage < end).map((linear) => `${linearName(layer, linear)}.weight`)
  return names.map((name) => [name, quantized.get(name)!] as const)
}

/** (2/n)·XᵀX over all rows of all windows. */
function hessianReference(inputs: readonly Float64Array[], n: number): Float64Array {
  const h = new Float64Array(n * n)
  const tokens = inputs.reduce((sum, x) => sum + x.length / n, 0)
  for (const x of inputs)
    for (let base = 0; base < x.length; base += n)
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) h[i * n + j]! += (2 / tokens) * x[base + i]! * x[base + j]!
  return h
}

function errorReference(w: ArrayLike<number>, q: ArrayLike<number>, h: Float64Array, n: number): ErrorReference {
  const d = Float64Array.from(w, (value, i) => value - q[i]!)
  const original = Float64Array.from(w)
  const diagonal = Float64Array.from({ length: n }, (_, i) => h[i * n + i]!)
  return {
    weight: squares([d]) / squares([original]),
    output: quadratic(d, h, n) / quadratic(original, h, n),
    diagonal,
  }
}

/** tr(A H Aᵀ). */
function quadratic(a: Float64Array, h: Float64Array, n: number): number {
  let sum = 0
  for (let base = 0; base < a.length; base += n)
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) sum += a[base + i]! * h[i * n + j]! * a[base + j]!
  return sum
}

/** ‖a‖², or ‖a − b‖². */
function squares(a: readonly Float64Array[], b?: readonly Float64Array[]): number {
  let sum = 0
  a.forEach((x, window) => {
    const other = b?.[window]
    x.forEach((value, i) => {
      sum += (value - (other ? other[i]! : 0)) ** 2
    })
  })
  return sum
}
