import { describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../../test/device'
import { Tape } from '../../autograd/tape'
import { stepOf } from '../../formats/affine'
import type { Gpu } from '../../gpu/device'
import { Recorder } from '../../gpu/recorder'
import type { Tensor } from '../../gpu/tensor'
import { LOSS_VALUES } from '../../kernels/allocation'
import { asPanels } from '../../linalg/panels'
import { type CompensationReference, compensationReference } from '../../reference/compensation'
import { differences } from '../../reference/differences'
import { upperFactorOfInverseReference } from '../../reference/linalg'
import { nearestRangeCode, plainRange } from '../../reference/mixed'
import { plainColumns } from '../allocation/columns'
import { project } from '../allocation/project'
import { COMPENSATION_VALUES, Compensation, compensatedLoss, recordEnergy } from './compensation'

/** As many rounds as settle any of these problems to float32. */
const ITERATIONS = 32

/** H + λI of correlated inputs: neighbours in a chain, λ = 1 % of the mean. */
function correlatedHessian(n: number, seed: number): Float64Array {
  const tokens = 2 * n + 8
  const x = noise(tokens * n, seed)
  for (let t = 0; t < tokens; t++) for (let j = 1; j < n; j++) x[t * n + j]! += 0.7 * x[t * n + j - 1]!
  const h = new Float64Array(n * n)
  for (let t = 0; t < tokens; t++)
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) h[i * n + j]! += (2 / tokens) * x[t * n + i]! * x[t * n + j]!
  const mean = Array.from({ length: n }, (_, i) => h[i * n + i]!).reduce((sum, d) => sum + d, 0) / n
  for (let i = 0; i < n; i++) h[i * n + i]! += 0.01 * mean
  return h
}

/** Below the diagonal NaN, which must never be read. */
function factor(n: number, seed: number): Float32Array<ArrayBuffer> {
  const u = upperFactorOfInverseReference(correlatedHessian(n, seed), n)
  return Float32Array.from(u, (value, at) => (at % n >= Math.floor(at / n) ? value : Number.NaN))
}

/** Energies of random columns, and shares of it that fall with the width; the narrowest of some columns beyond 1. */
function linear(n: number, choices: number, seed: number) {
  const energy = noise(n, seed).map((x) => 0.01 + x * x)
  const spread = noise(choices * n, seed + 1)
  const table = spread.map((x, at) => energy[at % n]! * (0.6 + 0.5 * x) * 4 ** -Math.floor(at / n))
  return { energy, table }
}

const softAllocation = (n: number, choices: number, seed: number) => {
  const p = noise(n * choices, seed).map((x) => 0.01 + Math.abs(x))
  return p.map((x, at) => {
    const begin = at - (at % choices)
    return x / p.subarray(begin, begin + choices).reduce((sum, y) => sum + y, 0)
  })
}

async function withCompensation<T>(
  u: Float32Array<ArrayBuffer>,
  linears: readonly { energy: Float32Array<ArrayBuffer>; table: Float32Array<ArrayBuffer> }[],
  work: (compensation: Compensation, gpu: Gpu) => Promise<T>,
  iterations?: number,
): Promise<T> {
  const gpu = await testGpu()
  const before = gpu.pool.liveBytes
  const n = linears[0]!.energy.length
  const upper = gpu.upload(u, [n, n])
  const inputs = linears.map(({ energy, table }) => ({
    energy: gpu.upload(energy),
    table: gpu.upload(table, [table.length / n, n]),
  }))
  const rec = gpu.record()
  const compensation = new Compensation(
    gpu,
    rec,
    asPanels(upper),
    inputs,
    iterations === undefined ? {} : { iterations },
  )
  for (const { energy, table } of inputs) gpu.free(energy, table)
  await gpu.submit(rec)
  const result = await work(compensation, gpu)
  compensation.free()
  gpu.free(upper)
  expect(gpu.pool.liveBytes, 'live bytes afterwards').toBe(before)
  return result
}

/** The loss J/2 + 3·(mean bits − 1.5)² and its gradient through the tape, p being used once more beside it with weight 1. */
async function onTape(gpu: Gpu, compensation: Compensation, p: Float32Array<ArrayBuffer>, choices: number) {
  const n = p.length / choices
  const fill = (value: number): Tensor => gpu.upload(new Float32Array(p.length).fill(value), [n, choices])
  const [gradient, ones, value] = [fill(Number.NaN), fill(1), gpu.upload(p, [n, choices])]
  const widths = gpu.upload(Float32Array.from({ length: choices }, (_, k) => k + 1))
  const seed = gpu.upload(Float32Array.from({ length: LOSS_VALUES }, (_, i) => Number(i === 0)))
  const copy = gpu.alloc([LOSS_VALUES])
  const rec = gpu.record()
  const tape = new Tape(gpu, rec)
  const leaf = tape.leaf(value, gradient)
  const loss = compensatedLoss(tape, leaf, value, compensation, { widths, norm: 2, alpha: 3, target: 1.5 }, 1)
  rec.copy(loss.value, copy)
  tape.backward([loss, seed], [leaf, ones])
  await gpu.submit(rec)
  const result = { gradient: await gpu.readF32(gradient), values: await gpu.readF32(copy) }
  gpu.free(gradient, ones, value, widths, seed, copy)
  return result
}

describe('compensation', () => {
  // All terms are positive, so that float32 loses no more than a few ulp a sum: 1e-5 of each value.
  const close = { rtol: 1e-5, atol: 1e-30 }

  it.each([
    [1, 1],
    [1, 4],
    [5, 3],
    [64, 2],
    [65, 4],
    [130, 1],
    [300, 4],
  ])('of %i columns at %i widths gives messages, error and gradient of float64', async (n, choices) => {
    const [u, one] = [factor(n, 1), linear(n, choices, 2)]
    const choice = Uint8Array.from(noise(n, 4), (x) => Math.floor(((x + 1) / 2) * choices))
    const hard = Float64Array.from({ length: n * choices }, (_, at) =>
      Number(choice[Math.floor(at / choices)] === at % choices),
    )
    const expected = compensationReference({ u, ...one }, hard)
    const soft = softAllocation(n, choices, 5)
    const softly = compensationReference({ u, ...one }, soft)
    await withCompensation(
      u,
      [one],
      async (compensation, gpu) => {
        const { v, lambda, error, change } = await compensation.messages(choice)
        expectClose(v, expected.v, close)
        expectClose(lambda, expected.lambda, close)
        expectClose([error], [expected.error], close)
        expect(Math.abs(change)).toBeLessThan(1e-6)
        expectClose((await compensation.linearised(choice)).costs, expected.gradient, close)

        const { gradient, values } = await onTape(gpu, compensation, soft, choices)
        const bits = soft.reduce((sum, part, at) => sum + part * ((at % choices) + 1), 0) / n
        expectClose([values[1]!, values[2]!], [softly.error / 2, bits], close)
        expectClose([values[0]!], [softly.error / 2 + 3 * (bits - 1.5) ** 2], close)
        const pull = (k: number) => (2 * 3 * (bits - 1.5) * (k + 1)) / n
        expectClose(
          gradient,
          softly.gradient.map((g, at) => g / 2 + pull(at % choices) + 1),
          close,
        )
      },
      ITERATIONS,
    )
  })

  it('differentiates J as central differences do', () => {
    const [n, choices] = [40, 3]
    const problem: CompensationReference = { u: factor(n, 1), ...linear(n, choices, 2) }
    const p = softAllocation(n, choices, 5)
    const slopes = differences(p, (x) => compensationReference(problem, x).error)
    expectClose(compensationReference(problem, p).gradient, slopes, { rtol: 1e-6, atol: 1e-7 })
  })

  it.each([
    ['at once', {}],
    ['in many dispatches on narrow grids', { flopsPerDispatch: 2e4, maxGroupsPerDimension: 3 }],
  ])('keeps linears that share a factor apart, %s', async (_, traits) => {
    const [n, choices] = [65, 3]
    const u = factor(n, 1)
    const linears = [linear(n, choices, 2), linear(n, choices, 20), linear(n, choices, 200)]
    const ps = [5, 50, 500].map((seed) => softAllocation(n, choices, seed))
    const each = linears.map((one, m) => compensationReference({ u, ...one }, ps[m]!))
    const p = Float32Array.from(ps.flatMap((part) => [...part]))
    await withCompensation(
      u,
      linears,
      async (compensation, gpu) => {
        const rec = new Recorder({ ...gpu.traits, ...traits })
        const allocation = gpu.upload(p)
        const history = gpu.upload(new Float32Array(3 * COMPENSATION_VALUES).fill(-1))
        const gradient = compensation.recordGradient(rec, allocation, history, 1)
        await gpu.submit(rec)
        const values = await gpu.readF32(history)
        expect([values[0], values[1], values[4], values[5]]).toEqual([-1, -1, -1, -1])
        expectClose([values[2]!], [each.reduce((sum, { error }) => sum + error, 0)], close)
        expectClose(
          await gpu.readF32(gradient),
          each.flatMap(({ gradient }) => [...gradient]),
          close,
        )
        gpu.free(allocation, history, gradient)
      },
      ITERATIONS,
    )
  })

  it('takes columns without energy and whole layers of zeros without NaN', async () => {
    const [n, choices] = [65, 2]
    const u = factor(n, 1)
    const one = linear(n, choices, 2)
    for (const j of [0, 7, 64]) {
      one.energy[j] = 0
      for (let k = 0; k < choices; k++) one.table[k * n + j] = 0
    }
    const nothing = { energy: new Float32Array(n), table: new Float32Array(choices * n) }
    const p = new Float64Array(n * choices).map((_, at) => Number(at % choices === 0))
    const expected = compensationReference({ u, ...one }, p)
    await withCompensation(
      u,
      [one],
      async (compensation) => {
        const { costs, error } = await compensation.linearised(new Uint8Array(n))
        expectClose([error], [expected.error], close)
        expectClose(costs, expected.gradient, close)
        expect(costs[7 * choices]).toBe(0)
      },
      ITERATIONS,
    )
    await withCompensation(u, [nothing], async (compensation) => {
      const { costs, error, change } = await compensation.linearised(new Uint8Array(n))
      expect([error, change]).toEqual([0, 0])
      expect(costs.every((cost) => cost === 0)).toBe(true)
    })
  })

  it('says how far it is from settled', async () => {
    const [n, choices] = [130, 2]
    const [u, one] = [factor(n, 1), linear(n, choices, 2)]
    const p = new Float64Array(n * choices).map((_, at) => Number(at % choices === 1))
    const { error: exact } = compensationReference({ u, ...one }, p)
    const changes: number[] = []
    for (const iterations of [1, 2, 4, undefined]) {
      const { error, change } = await withCompensation(
        u,
        [one],
        (compensation) => compensation.messages(new Uint8Array(n).fill(1)),
        iterations,
      )
      // rounds add less and less, so that what is missing is of the size of the last step
      expect(Math.abs(exact - error) / exact).toBeLessThan(change + 1e-6)
      changes.push(change)
    }
    expect(changes).toEqual([...changes].sort((a, b) => b - a))
    expect(changes.at(-1)).toBeLessThan(1e-4)
  })

  it('weighs the rows of energies and leaves dead columns out', async () => {
    const gpu = await testGpu()
    for (const [rows, n] of [
      [1, 1],
      [17, 65],
      [130, 5],
    ] as const) {
      const [w, emphasis] = [noise(rows * n, 1), noise(rows, 2).map(Math.abs)]
      const diagonal = noise(n, 3).map((x, j) => (j === 3 ? 0 : Math.abs(x)))
      const expected = (omega: ArrayLike<number> | null) =>
        Float64Array.from({ length: n }, (_, j) =>
          j === 3
            ? 0
            : w.reduce((sum, x, at) => sum + (at % n === j ? (omega?.[Math.floor(at / n)] ?? 1) * x * x : 0), 0),
        )
      const tensors = [gpu.upload(w, [rows, n]), gpu.upload(diagonal), gpu.upload(emphasis)] as const
      const rec = gpu.record()
      const energies = [recordEnergy(gpu, rec, ...tensors), recordEnergy(gpu, rec, tensors[0], tensors[1])] as const
      await gpu.submit(rec)
      expectClose(await gpu.readF32(energies[0]), expected(emphasis), close)
      expectClose(await gpu.readF32(energies[1]), expected(null), close)
      gpu.free(...tensors, ...energies)
    }
  })

  it('lowers J when widths are chosen again by linearised costs', async () => {
    const [n, choices] = [300, 4]
    const [u, one] = [factor(n, 1), linear(n, choices, 2)]
    const columns = plainColumns(n, [1, 2, 3, 4])
    const plain = Float64Array.from({ length: n * choices }, (_, at) => {
      const j = Math.floor(at / choices)
      return one.table[(at % choices) * n + j]! / u[j * n + j]! ** 2
    })
    await withCompensation(u, [one], async (compensation) => {
      const errors: number[] = []
      let { choice } = project(
        plain.map((cost) => -cost),
        columns,
        2,
      )
      for (let round = 0; round < 4; round++) {
        const { costs, error } = await compensation.linearised(choice)
        errors.push(error)
        choice = project(
          costs.map((cost) => -cost),
          columns,
          2,
        ).choice
      }
      expect(Math.max(...errors.slice(1))).toBeLessThan(0.999 * errors[0]!)
    })
  })
})

/** GPTQ of w [rows, n] with fixed ranges a row and width: tr(D (H + λI) Dᵀ), and the energy of each column when rounded. */
function roundAlong(
  u: Float64Array,
  w: Float64Array,
  n: number,
  round: (w: number, row: number, column: number) => number,
) {
  const energies = new Float64Array(n)
  let error = 0
  for (let r = 0; r < w.length / n; r++) {
    const row = w.slice(r * n, r * n + n)
    for (let i = 0; i < n; i++) {
      energies[i]! += row[i]! ** 2
      const off = (row[i]! - round(row[i]!, r, i)) / u[i * n + i]!
      error += off * off
      for (let j = i; j < n; j++) row[j]! -= off * u[i * n + j]!
    }
  }
  return { error, energies }
}

describe("the prediction of GPTQ's output error", () => {
  const [rows, n, choices] = [64, 96, 4]
  const gauss = noise(4 * rows * n, 3)
  const w = Float64Array.from({ length: rows * n }, (_, i) =>
    gauss.subarray(4 * i, 4 * i + 4).reduce((sum, x) => sum + x, 0),
  )
  const grids = Array.from({ length: choices }, (_, k) =>
    Array.from({ length: rows }, (_, r) => plainRange([...w.subarray(r * n, r * n + n)], new Array(n).fill(k + 1))),
  )
  const nearest = (value: number, r: number, k: number) => {
    const grid = grids[k]![r]!
    return grid.low + stepOf(grid.range, k + 1) * nearestRangeCode(value, grid, k + 1)
  }
  const energy = new Float32Array(n)
  const table = new Float32Array(choices * n)
  w.forEach((value, at) => {
    const [r, j] = [Math.floor(at / n), at % n]
    energy[j]! += value * value
    for (let k = 0; k < choices; k++) table[k * n + j]! += (value - nearest(value, r, k)) ** 2
  })

  it('is closer with messages than without', async () => {
    const u = upperFactorOfInverseReference(correlatedHessian(n, 1), n)
    const off = { with: [] as number[], without: [] as number[], energy: [] as number[] }
    await withCompensation(Float32Array.from(u), [{ energy, table }], async (compensation) => {
      for (const [seed, mean] of [1.2, 1.4, 1.6, 1.8, 2].entries()) {
        const choice = Uint8Array.from(noise(n, 10 + seed), (x) =>
          Math.min(3, Math.max(0, Math.round(mean - 1 + 1.4 * x))),
        )
        const real = roundAlong(u, w, n, (value, r, j) => nearest(value, r, choice[j]!))
        const { error, v } = await compensation.messages(choice)
        const plain = choice.reduce((sum, k, j) => sum + table[k * n + j]! / u[j * n + j]! ** 2, 0)
        const sum = (values: ArrayLike<number>) => Array.from(values).reduce((total, x) => total + x, 0)
        off.with.push(error / real.error - 1)
        off.without.push(plain / real.error - 1)
        off.energy.push(sum(v) / sum(real.energies) - 1)
      }
    })
    // Measured: J is 7 % above the real error in the mean, the sum without messages 18 % below; energies 5 % above.
    const size = (values: number[]) => values.reduce((sum, x) => sum + Math.abs(x), 0) / values.length
    expect(size(off.with)).toBeLessThan(0.09)
    expect(size(off.without)).toBeGreaterThan(0.16)
    expect(size(off.energy)).toBeLessThan(0.06)
  })
})
