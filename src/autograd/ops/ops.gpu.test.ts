import { describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../../test/device'
import type { Tensor } from '../../gpu/tensor'
import { LOSS_VALUES } from '../../kernels/allocation'
import { asPanels } from '../../linalg/panels'
import {
  allocationLossReference,
  hardReference,
  linearReference,
  softReference,
  sumNormReference,
} from '../../reference/allocator'
import { differences } from '../../reference/differences'
import { matmulReference } from '../../reference/matmul'
import { Tape, type Variable } from '../tape'
import { allocationLoss } from './allocation'
import { gumbelSoftmax } from './gumbel'
import { linear } from './linear'
import { matmul } from './matmul'
import { panelProduct } from './panel-product'
import { sumNorm } from './sum-norm'

interface Input {
  readonly shape: readonly number[]
  readonly data: Float32Array<ArrayBuffer>
}

const input = (seed: number, ...shape: number[]): Input => ({
  shape,
  data: noise(
    shape.reduce((a, b) => a * b, 1),
    seed,
  ),
})

/**
 * Value and gradients of an operation on leaves, weighted by `seed` = dL/dvalue. Every leaf begins with a use beside
 * the operation (its own sum, weight 1), so that gradients must be added to what is there.
 */
async function run(
  inputs: readonly Input[],
  op: (tape: Tape, leaves: Variable[]) => Variable,
  seed: Float32Array<ArrayBuffer>,
): Promise<{ value: Float32Array; gradients: Float32Array[] }> {
  const gpu = await testGpu()
  const before = gpu.pool.liveBytes
  const values = inputs.map(({ data, shape }) => gpu.upload(data, shape))
  const gradients = inputs.map(({ data, shape }) => gpu.upload(new Float32Array(data.length).fill(NaN), shape))
  const ones = inputs.map(({ data, shape }) => gpu.upload(new Float32Array(data.length).fill(1), shape))
  const rec = gpu.record()
  const tape = new Tape(gpu, rec)
  const leaves = values.map((value, i) => tape.leaf(value, gradients[i]!))
  const result = op(tape, leaves)
  const value = gpu.alloc(result.value.shape)
  const weights = gpu.upload(seed, result.value.shape)
  rec.copy(result.value, value)
  tape.backward([result, weights], ...leaves.map((leaf, i) => [leaf, ones[i]!] as const))
  await gpu.submit(rec)
  const read = async (tensor: Tensor) => gpu.readF32(tensor)
  const answer = { value: await read(value), gradients: await Promise.all(gradients.map(read)) }
  gpu.free(value, weights, ...values, ...gradients, ...ones)
  expect(gpu.pool.liveBytes).toBe(before)
  return answer
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, x, i) => sum + x * b[i]!, 0)

/**
 * Against central differences of Σ seed·value in float64; `run` adds 1 to every gradient. Sums of n products of
 * numbers below 1 in float32: n·2⁻²⁴ at most, far less in the mean; differences with step 1e-5 are good to 1e-9.
 */
async function expectGradients(
  inputs: readonly Input[],
  op: (tape: Tape, leaves: Variable[]) => Variable,
  reference: (values: ArrayLike<number>[]) => Float64Array,
  tolerance = 2e-5,
): Promise<void> {
  const data = inputs.map((x) => x.data)
  const expected = reference(data)
  const seed = noise(expected.length, 99)
  const { value, gradients } = await run(inputs, op, seed)
  expectClose(value, expected, { atol: tolerance, rtol: 1e-5 })
  inputs.forEach((_, i) => {
    const gradient = differences(data[i]!, (x) => dot(seed, reference(data.map((y, j) => (i === j ? x : y)))))
    expectClose(
      gradients[i]!,
      gradient.map((g) => g + 1),
      { atol: tolerance, rtol: 1e-5 },
    )
  })
}

describe('matmul', () => {
  it.each([
    [1, 1, 1, false, false],
    [13, 5, 7, false, false],
    [13, 4, 65, true, false],
    [5, 13, 3, false, true],
    [6, 3, 13, true, true],
  ])('%i × %i × %i, transposed %s %s', async (m, n, k, transA, transB) => {
    const a = transA ? input(1, k, m) : input(1, m, k)
    const b = transB ? input(2, n, k) : input(2, k, n)
    await expectGradients(
      [a, b],
      (tape, [a, b]) => matmul(tape, a!, b!, { transA, transB, alpha: 0.5 }),
      ([a, b]) => matmulReference(a!, b!, { m, n, k, transA, transB }).map((x) => 0.5 * x),
    )
  })

  it.each([13, 65, 130])('with a constant upper triangle of %i columns', async (n) => {
    const gpu = await testGpu()
    const upper = noise(n * n, 3).map((x, i) => (i % n >= Math.floor(i / n) ? x : 0))
    const a = gpu.upload(upper, [n, n])
    await expectGradients(
      [input(4, n, 3)],
      (tape, [b]) => panelProduct(tape, asPanels(a), b!, { alpha: 0.5, triangle: 'upper' }),
      ([b]) => matmulReference(upper, b!, { m: n, n: 3, k: n }).map((x) => 0.5 * x),
    )
    gpu.free(a)
  })
})

describe('linear', () => {
  it.each([
    [13, 3, 5, false, false],
    [65, 4, 17, true, false],
    [130, 3, 4, true, true],
    [13, 5, 16, false, true],
    [1, 2, 1, true, true],
  ])('of %i rows, %i → %i, bias %s, relu %s', async (rows, width, out, bias, positive) => {
    const inputs = [input(5, rows, width), input(6, width, out), ...(bias ? [input(7, out)] : [])]
    await expectGradients(
      inputs,
      (tape, [x, w, b]) => linear(tape, x!, w!, { ...(b ? { bias: b } : {}), relu: positive }),
      ([x, w, b]) => linearReference(x!, w!, rows, { ...(b ? { bias: b } : {}), positive }),
    )
  })

  it('with a bias that does not learn', async () => {
    const gpu = await testGpu()
    const data = noise(4, 8)
    const bias = gpu.upload(data)
    await expectGradients(
      [input(5, 13, 3), input(6, 3, 4)],
      (tape, [x, w]) => linear(tape, x!, w!, { bias: tape.constant(bias), relu: true }),
      ([x, w]) => linearReference(x!, w!, 13, { bias: data, positive: true }),
    )
    gpu.free(bias)
  })
})

describe('sum norm', () => {
  it.each([
    [1, 1],
    [13, 5],
    [65, 16],
  ])('of %i rows of %i', async (rows, hidden) => {
    await expectGradients(
      [input(9, rows, hidden), input(10, rows, hidden)],
      (tape, [a, b]) => sumNorm(tape, a!, b!, 0.01),
      ([a, b]) => sumNormReference(a!, b!, hidden, 0.01),
    )
  })

  it('of zeros is zero', async () => {
    const zero = { shape: [3, 4], data: new Float32Array(12) }
    const { value, gradients } = await run(
      [zero, zero],
      (tape, [a, b]) => sumNorm(tape, a!, b!, 1e-6),
      new Float32Array(12),
    )
    expect([...value, ...gradients[0]!]).toEqual([...new Array(12).fill(0), ...new Array(12).fill(1)])
  })
})

describe('straight-through Gumbel-Softmax', () => {
  const draws = [
    { temperature: 1, noise: 0.3, seed: 7, step: 0 },
    { temperature: 0.5, noise: 1, seed: 0xffffffff, step: 299 },
    { temperature: 0.7, noise: 0, seed: 1, step: 5 },
  ]
  it.each([
    [13, 1],
    [65, 2],
    [130, 3],
    [13, 4],
    [65, 8],
  ])('of %i rows of %i', async (rows, choices) => {
    for (const draw of draws) {
      const logits = input(11, rows, choices)
      const seed = noise(rows * choices, 12)
      const { value, gradients } = await run([logits], (tape, [x]) => gumbelSoftmax(tape, x!, draw), seed)
      expect(value).toEqual(Float32Array.from(hardReference(logits.data, choices, draw)))
      const soft = differences(logits.data, (x) => dot(seed, softReference(x, choices, draw)))
      // logarithm (absolute error 2⁻²¹ near 1, so G up to 1e-4 off at its small end) and exponential are approximate
      expectClose(
        gradients[0]!,
        soft.map((g) => g + 1),
        { atol: 1e-4 },
      )
    }
  })

  it('takes a choice as often as its softmax probability', async () => {
    const rows = 20000
    const logits = { shape: [rows, 2], data: new Float32Array(2 * rows).map((_, i) => (i % 2 === 0 ? 1 : 0)) }
    const draw = { temperature: 1, noise: 1, seed: 3, step: 1 }
    const { value } = await run([logits], (tape, [x]) => gumbelSoftmax(tape, x!, draw), new Float32Array(2 * rows))
    // argmax of logits + G takes a choice with its softmax probability; deviation of the share: 0.0031
    const share = value.filter((_, i) => i % 2 === 0).reduce((sum, x) => sum + x, 0) / rows
    expect(Math.abs(share - 1 / (1 + Math.exp(-1)))).toBeLessThan(0.013)
  })
})

describe('allocation loss', () => {
  it.each([
    [13, 1, 1],
    [65, 2, 7],
    [130, 3, 33],
    [13, 4, 300],
  ])('of %i columns, %i widths, %i rows', async (columns, choices, rows) => {
    const gpu = await testGpu()
    const x = noise(40 * columns, 13)
    const hessian = Float32Array.from(matmulReference(x, x, { m: columns, n: columns, k: 40, transA: true }))
    const errors = noise(choices * rows * columns, 14)
    const widths = Float32Array.from({ length: choices }, (_, k) => k + 1)
    const problem = { errors, hessian, widths, norm: 13 * rows * columns, alpha: 10, target: 1.7 }
    const logits = noise(columns * choices, 15)
    const tensors = {
      errors: gpu.upload(errors, [choices, rows, columns]),
      hessian: gpu.upload(hessian, [columns, columns]),
      widths: gpu.upload(widths),
      logits: gpu.upload(logits),
    }
    const p = { shape: [columns, choices], data: noise(columns * choices, 16).map(Math.abs) }
    const only = new Float32Array(LOSS_VALUES)
    only[0] = 1.5
    const { value, gradients } = await run(
      [p],
      (tape, [p]) =>
        allocationLoss(tape, p!, tensors.logits, { ...problem, ...tensors, hessian: asPanels(tensors.hessian) }, 0.6),
      only,
    )
    const { loss, error, bits } = allocationLossReference(p.data, problem)
    const plain = { temperature: 1, noise: 0, seed: 0, step: 0 }
    const raw =
      dot(
        hardReference(logits, choices, plain),
        [...logits].map((_, i) => widths[i % choices]!),
      ) / columns
    const soft = softReference(logits, choices, plain)
    const entropy = -soft.reduce((sum, q) => sum + q * Math.log2(q), 0) / columns
    expectClose(value, [loss, error, bits, raw, entropy, 0.6], { atol: 1e-6, rtol: 2e-5 })
    const gradient = differences(p.data, (x) => 1.5 * allocationLossReference(x, problem).loss, 1e-4)
    expectClose(
      gradients[0]!,
      gradient.map((g) => g + 1),
      { atol: 2e-5, rtol: 2e-5 },
    )
    gpu.free(...Object.values(tensors))
  })
})
