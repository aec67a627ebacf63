import { expect } from 'vitest'
import { Tape, type Variable } from '../src/autograd/tape'
import type { Tensor } from '../src/gpu/tensor'
import { numericGradient } from '../src/reference/gradients'
import { expectClose, noise, type Tolerance, testGpu } from './device'

export interface Operand {
  readonly shape: readonly number[]
  readonly values: ArrayLike<number>
  /** A leaf unless frozen. */
  readonly frozen?: boolean
}

/**
 * Holds an operation on the tape against float64: its result against `reference`, and its gradients of Σ c·y, for
 * random c, against central differences of that along random directions and at some single elements. All memory must
 * be back afterwards.
 */
export async function checkGradients(
  operands: Readonly<Record<string, Operand>>,
  record: (tape: Tape, variables: Readonly<Record<string, Variable>>) => Variable,
  reference: (values: Readonly<Record<string, Float64Array>>) => ArrayLike<number>,
  tolerance: Tolerance,
): Promise<void> {
  const gpu = await testGpu()
  const before = gpu.pool.liveBytes
  const rec = gpu.record()
  const tape = new Tape(gpu, rec)
  const mine: Tensor[] = []
  const own = (tensor: Tensor) => {
    mine.push(tensor)
    return tensor
  }
  const gradients = new Map<string, Tensor>()
  const variables = Object.fromEntries(
    Object.entries(operands).map(([name, { shape, values, frozen }]) => {
      const value = own(gpu.upload(Float32Array.from(values), shape))
      if (frozen) return [name, tape.constant(value)]
      const gradient = own(gpu.upload(new Float32Array(values.length).fill(Number.NaN), shape))
      gradients.set(name, gradient)
      return [name, tape.leaf(value, gradient)]
    }),
  )
  const y = record(tape, variables)
  const copy = own(gpu.alloc(y.value.shape))
  rec.copy(y.value, copy)
  const inputs = Object.fromEntries(
    Object.entries(operands).map(([name, { values }]) => [name, Float64Array.from(Float32Array.from(values))]),
  )
  const expected = reference(inputs)
  const c = noise(expected.length, 99)
  tape.backward([y, own(gpu.upload(c, y.value.shape))])
  await gpu.submit(rec)
  expectClose(await gpu.readF32(copy), expected, tolerance)

  const loss = () => {
    const result = reference(inputs)
    let sum = 0
    for (let i = 0; i < c.length; i++) sum += c[i]! * result[i]!
    return sum
  }
  for (const [name, gradient] of gradients) {
    const actual = await gpu.readF32(gradient)
    const x = inputs[name]!
    const some = Array.from({ length: Math.min(12, x.length) }, (_, i) => (i * 7919 + 3) % x.length)
    expectClose(
      some.map((i) => actual[i]!),
      numericGradient(loss, x, some),
      tolerance,
    )
    for (const seed of [5, 6]) {
      const direction = noise(x.length, seed)
      const along = Float64Array.of(0)
      const start = x.slice()
      const [slope = 0] = numericGradient(() => {
        for (let i = 0; i < x.length; i++) x[i] = start[i]! + along[0]! * direction[i]!
        return loss()
      }, along)
      x.set(start)
      const sum = direction.reduce((total, d, i) => total + d * actual[i]!, 0)
      const size = Math.sqrt(direction.reduce((total, d, i) => total + (d * actual[i]!) ** 2, 0))
      const { atol = 0, rtol = 0 } = tolerance
      // errors of single elements add up like noise
      expect(Math.abs(sum - slope), `${name} along direction ${seed}`).toBeLessThanOrEqual(
        atol * Math.sqrt(x.length) + rtol * size + 1e-7 * Math.abs(slope),
      )
    }
  }
  gpu.free(...mine)
  expect(gpu.pool.liveBytes, 'live bytes afterwards').toBe(before)
}

/** Values in (−size, size). */
export const operand = (shape: readonly number[], seed: number, size = 1): Operand => ({
  shape,
  values: noise(
    shape.reduce((a, b) => a * b, 1),
    seed,
  ).map((x) => x * size),
})
