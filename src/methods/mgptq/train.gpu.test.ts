import { describe, expect, it } from 'vitest'
import { noise, testGpu } from '../../../test/device'
import { whole } from '../../../test/panels'
import { allocationLoss } from '../../autograd/ops/allocation'
import { NumericalError } from '../../errors'
import type { Gpu } from '../../gpu/device'
import { asPanels } from '../../linalg/panels'
import { allocationLossReference } from '../../reference/allocator'
import { matmulReference } from '../../reference/matmul'
import type { Adjacency } from './network'
import { argmax, type Objective, type TrainingProblem, trainAllocator } from './train'

/** A layer whose columns matter very differently: error 2^-b of the weights, inputs of growing scale. */
function layer(n: number, rows: number, widths: readonly number[]) {
  const weights = noise(rows * n, 1)
  const x = noise(3 * n * n, 2).map((value, i) => value * 4 ** ((i % n) / n))
  const hessian = Float32Array.from(matmulReference(x, x, { m: n, n, k: 3 * n, transA: true }))
  const errors = Float32Array.from(widths.flatMap((b, k) => Array.from(noise(rows * n, 3 + k), (e) => e * 2 ** -b)))
  const whole = { errors: weights, hessian, widths: [0], norm: 1, alpha: 0, target: 0 }
  const norm = allocationLossReference(new Float32Array(n).fill(1), whole).error
  // what matters shows among what does not
  const features = noise(n * rows, 9).map((value, i) => (i % rows === 0 ? (4 * Math.floor(i / rows)) / n - 2 : value))
  return { hessian, errors, norm, features }
}

/** The best ranked columns take the larger of two widths until the mean is the target. */
const project = (target: number, widths: readonly number[]) => (logits: Float32Array) => {
  const n = logits.length / widths.length
  const gain = Array.from({ length: n }, (_, j) => logits[j * widths.length + 1]! - logits[j * widths.length]!)
  const order = gain.map((_, j) => j).sort((a, b) => gain[b]! - gain[a]! || a - b)
  const choice = new Uint8Array(n)
  const budget = Math.round(((target - widths[0]!) * n) / (widths[1]! - widths[0]!))
  for (const j of order.slice(0, budget)) choice[j] = 1
  return choice
}

async function train(
  n: number,
  rows: number,
  target: number,
  { alpha = 10, norm, ...options }: Partial<TrainingProblem> & { alpha?: number; norm?: number } = {},
) {
  const gpu = await testGpu()
  const before = gpu.pool.liveBytes
  const widths = [1, 3]
  const data = layer(n, rows, widths)
  const tensors = {
    features: gpu.upload(data.features, [n, rows]),
    errors: gpu.upload(data.errors, [2, rows, n]),
    widths: gpu.upload(Float32Array.from(widths)),
  }
  const hessian = gpu.upload(data.hessian, [n, n])
  const problem = { ...tensors, hessian: asPanels(hessian), norm: norm ?? data.norm, alpha, target }
  const objective: Objective = (tape, p, logits, temperature) => allocationLoss(tape, p, logits, problem, temperature)
  const rest = {
    ...{ objective, adjacency: null, features: tensors.features, choices: 2, target },
    seed: 5,
    project: project(target, widths),
  }
  const trained = await trainAllocator(gpu, { ...rest, ...options })
  const p = Float32Array.from({ length: 2 * n }, (_, i) => (trained.choice[i >> 1] === i % 2 ? 1 : 0))
  const { error } = allocationLossReference(p, { ...data, widths, alpha: 10, target })
  gpu.free(...Object.values(tensors), hessian)
  expect(gpu.pool.liveBytes).toBe(before)
  return { ...trained, exact: error, widths }
}

const identity = (gpu: Gpu, n: number): Adjacency => ({
  matrix: asPanels(
    gpu.upload(
      new Float32Array(n * n).map((_, i) => (i % (n + 1) === 0 ? 1 : 0)),
      [n, n],
    ),
  ),
  scale: 1,
  triangle: 'upper',
})

describe('an allocator', () => {
  it('learns a 10 × 10 layer at a very low target, and the error falls', async () => {
    const reports: number[] = []
    const { training, exact, error, choice, signals } = await train(10, 10, 1.2, {
      steps: 120,
      rate: 0.01,
      onSteps: ({ step }) => reports.push(step.length),
    })
    expect(reports.slice(0, 2)).toEqual([20, 40])
    expect(choice.reduce((sum, k) => sum + k, 0)).toBe(1)
    expect(error).toBeCloseTo(exact, 5)
    const mean = (values: Float32Array) => values.reduce((sum, x) => sum + x, 0) / values.length
    const total = training.loss
    expect(mean(total.slice(-20))).toBeLessThan(mean(total.slice(0, 20)))
    expect(training.temperature[0]).toBe(1)
    expect(training.bits.every((bits) => bits >= 1 && bits <= 3)).toBe(true)
    expect(training.entropy.every((bits) => bits >= 0 && bits <= 1 + 1e-5)).toBe(true)
    // measured at every look, nowhere else
    expect([...training.chosen.keys()].filter((i) => !Number.isNaN(training.chosen[i]!))).toEqual(
      reports.map((count) => count - 1),
    )
    expect(Math.min(...training.chosen.filter((x) => !Number.isNaN(x)))).toBe(error)
    expect(signals.rawMiss).toBeCloseTo(training.bits.at(-1)! - 1.2, 6)
  })

  it('finds the columns that matter', async () => {
    const n = 65
    const { choice, training } = await train(n, 7, 2, { steps: 100, alpha: 1 })
    const half = Math.floor(n / 2)
    const wide = (columns: Uint8Array) => columns.reduce((sum, k) => sum + k, 0)
    expect(wide(choice.slice(half))).toBeGreaterThan(2 * wide(choice.slice(0, half)))
    expect(training.chosen[99]!).toBeLessThan(0.6 * training.chosen[19]!)
  })

  it('gives the same for the same seed, another for another', async () => {
    const [a, b, c] = [
      await train(13, 7, 2, { steps: 40 }),
      await train(13, 7, 2, { steps: 40 }),
      await train(13, 7, 2, { steps: 40, seed: 6 }),
    ]
    expect(a.choice).toEqual(b.choice)
    expect(a.logits).toEqual(b.logits)
    expect(a.training.loss).toEqual(b.training.loss)
    expect(a.logits).not.toEqual(c.logits)
  })

  it('is the same as with A = I', async () => {
    const gpu = await testGpu()
    const adjacency = identity(gpu, 65)
    const mlp = await train(65, 7, 2, { steps: 40 })
    const gcn = await train(65, 7, 2, { steps: 40, adjacency })
    gpu.free(whole(adjacency.matrix))
    // products with ones and zeros round nowhere
    expect(gcn.training.loss).toEqual(mlp.training.loss)
    expect(gcn.choice).toEqual(mlp.choice)
  })

  it('never does worse than what it was given', async () => {
    const n = 13
    const good = new Uint8Array(n).map((_, j) => (j >= n - 7 ? 1 : 0))
    const bad = new Uint8Array(n).map((_, j) => (j < 7 ? 1 : 0))
    const { start, choice, error, exact } = await train(n, 7, 2, { steps: 1, start: [bad, good] })
    expect(start).toBe(1)
    expect(choice).toEqual(good)
    expect(error).toBeCloseTo(exact, 5)
  })

  it('ends when nothing is gained any more', async () => {
    const fixed = new Uint8Array(13)
    const { training } = await train(13, 7, 2, { steps: 300, patience: 30, project: () => fixed })
    expect(training.step.length).toBe(60)
  })

  it('tells a collapse and a missed budget', async () => {
    // one column cannot but agree with itself
    const { signals } = await train(1, 3, 3, { steps: 20, alpha: 1 })
    expect(signals.collapsed).toBe(true)
    expect(signals.oscillating).toBe(false)
  })

  it('tells an oscillation from the noise of sampling', async () => {
    const gpu = await testGpu()
    // columns that nothing tells apart can only jump together, over the target and back
    const features = gpu.upload(new Float32Array(65 * 7).fill(1), [65, 7])
    const wild = await train(65, 7, 2, { steps: 100, features, noise: 0.01 })
    gpu.free(features)
    expect(wild.signals.collapsed).toBe(true)
    expect(wild.signals.oscillating).toBe(true)
    const calm = await train(65, 7, 2, { steps: 100, alpha: 1 })
    expect(calm.signals.oscillating).toBe(false)
  })

  it('refuses numbers that mean nothing', async () => {
    const gpu = await testGpu()
    const before = gpu.pool.liveBytes
    await expect(gpu.scope(() => train(13, 7, 2, { norm: 0 }))).rejects.toThrow(NumericalError)
    expect(gpu.pool.liveBytes).toBe(before)
  })
})

it('takes the first of equal logits', () => {
  expect([...argmax(new Float32Array([1, 1, 0, 0, 2, 2]), 3)]).toEqual([0, 1])
})
