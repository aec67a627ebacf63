import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { stepOf } from '../formats/affine'
import { Recorder } from '../gpu/recorder'
import { differences } from '../reference/differences'
import { half } from '../reference/mixed'
import {
  rectified,
  type SoftProblem,
  softGradients,
  softStartReference,
  softWeightsReference,
} from '../reference/soft-rounding'
import {
  baseWords,
  countFlips,
  HARD,
  hardCodes,
  placesOf,
  type RoundingShape,
  recordHarden,
  roundingStep,
  softStart,
  softWeights,
} from './soft-rounding'

type F32 = Float32Array<ArrayBuffer>

interface Sample extends SoftProblem {
  readonly name: string
  readonly columns: number
  readonly w: F32
  /** Low ends are multiples of the step. */
  readonly exact: boolean
}

/** Weights with one far value in 29, on the grids of both kinds that span the groups, or not quite. */
function sample(
  name: string,
  rows: number,
  columns: number,
  layout: { bits: (group: number) => number; groupOf: (column: number) => number; exact: boolean },
  w: F32 = noise(rows * columns, columns).map((value, i) => (i % 29 === 3 ? 0.9 : 0.2) * value),
): Sample {
  const groupOf = Array.from({ length: columns }, (_, column) => layout.groupOf(column))
  const groups = Math.max(...groupOf) + 1
  const grid = new Float32Array(rows * groups * 2)
  for (let cell = 0; cell < rows * groups; cell++) {
    const [row, group] = [Math.floor(cell / groups), cell % groups]
    const bits = layout.bits(group)
    const values = [...w.subarray(row * columns, (row + 1) * columns)].filter((_, j) => groupOf[j] === group)
    // drawn in, so that some weights lie outside
    const [low, high] = [0.9 * Math.min(...values), 0.9 * Math.max(...values)]
    const step = half(Math.max(high - low, 1e-5) / (2 ** bits - 1))
    const zero = Math.min(Math.max(-Math.round(low / step), 0), 2 ** bits - 1)
    grid.set(
      layout.exact ? [-zero * step, step] : [half(low), stepOf(half(Math.max(high - low, 1e-5)), bits)],
      2 * cell,
    )
  }
  const widths = Uint8Array.from(groupOf, layout.bits)
  return { name, rows, columns, w, widths, groupOf, groups, grid, exact: layout.exact }
}

const runs = (size: number) => (column: number) => Math.floor(column / size)
const samples: Sample[] = [
  sample('groups of 128', 3, 256, { bits: () => 2, groupOf: runs(128), exact: true }),
  sample('groups of 64, the last uneven', 5, 130, { bits: () => 3, groupOf: runs(64), exact: true }),
  sample('per row', 7, 130, { bits: () => 4, groupOf: () => 0, exact: true }),
  sample('one row', 1, 300, { bits: () => 2, groupOf: runs(128), exact: true }),
  sample('one column', 9, 1, { bits: () => 2, groupOf: () => 0, exact: false }),
  sample('three columns', 6, 3, { bits: () => 2, groupOf: () => 0, exact: true }),
  sample('five columns, 1 bit', 6, 5, { bits: () => 1, groupOf: runs(2), exact: false }),
  sample('8 bits', 2, 65, { bits: () => 8, groupOf: runs(33), exact: true }),
  sample('scattered groups of 1 … 4 bits', 4, 101, { bits: (g) => 1 + (g % 4), groupOf: (j) => Math.floor(2.7 * j) % 5, exact: false }),
  sample('rows of equal weights, dead columns', 3, 70, { bits: () => 2, groupOf: runs(32), exact: true },
    Float32Array.from({ length: 210 }, (_, i) => (i < 70 ? 0.3 : i < 140 ? -0.3 : i % 3 === 0 ? 0 : Math.sin(i)))),
] // biome-ignore format: one sample, one line

const named = samples.map((of) => [of.name, of] as const)

const upload = async ({ rows, columns, groups, w, grid, ...layout }: Sample) => {
  const gpu = await testGpu()
  const tensors = {
    w: gpu.upload(w),
    places: gpu.upload(placesOf({ ...layout, groups })),
    grid: gpu.upload(Float32Array.from(grid)),
    base: gpu.alloc([rows, baseWords(columns)], 'u32'),
    nu: gpu.alloc([rows, columns]),
    factor: gpu.upload(new Float32Array(4 * rows * groups)),
    weights: gpu.alloc([rows, columns]),
  }
  return { gpu, tensors, shape: { rows, columns, groups } }
}

/** One code a weight of packed rows. */
function unpacked(words: Uint32Array, { rows, columns }: Pick<RoundingShape, 'rows' | 'columns'>): Float64Array {
  const bytes = new Uint8Array(words.buffer)
  const stride = 4 * baseWords(columns)
  return Float64Array.from(
    { length: rows * columns },
    (_, i) => bytes[Math.floor(i / columns) * stride + (i % columns)]!,
  )
}

/** The opposite: what follows the last column of a row is noise that nobody may look at. */
function packed(codes: ArrayLike<number>, { rows, columns }: Pick<RoundingShape, 'rows' | 'columns'>) {
  const stride = 4 * baseWords(columns)
  const bytes = new Uint8Array(rows * stride).fill(0xa5)
  for (let i = 0; i < rows * columns; i++) bytes[Math.floor(i / columns) * stride + (i % columns)] = codes[i]!
  return new Uint32Array(bytes.buffer)
}

async function started(of: Sample) {
  const { gpu, tensors, shape } = await upload(of)
  const rec = gpu.record()
  rec.run(softStart, tensors, shape)
  rec.run(softWeights, tensors, shape)
  await gpu.submit(rec)
  const base = unpacked(await gpu.readU32(tensors.base), of)
  const [nu, weights] = [await gpu.readF32(tensors.nu), await gpu.readF32(tensors.weights)]
  gpu.free(...Object.values(tensors))
  return { base, nu, weights }
}

const cellOf = ({ columns, groups, groupOf, grid, widths }: Sample, i: number) => {
  const cell = Math.floor(i / columns) * groups + groupOf[i % columns]!
  return { cell, low: grid[2 * cell]!, step: grid[2 * cell + 1]!, top: 2 ** widths[i % columns]! - 1 }
}

/** A step of Adam in float64. */
function adam(nu: Float64Array, m: Float64Array, u: Float64Array, g: Float64Array, step: number, rate: number) {
  for (let i = 0; i < nu.length; i++) {
    m[i] = 0.9 * m[i]! + 0.1 * g[i]!
    u[i] = 0.999 * u[i]! + 0.001 * g[i]! ** 2
    nu[i]! -= (rate * (m[i]! / (1 - 0.9 ** step))) / (Math.sqrt(u[i]! / (1 - 0.999 ** step)) + 1e-8)
  }
}

describe('softStart', () => {
  it.each(named)('finds the level below and how far above it a weight is: %s', async (_, of) => {
    const { base, nu, weights } = await started(of)
    const expected = softStartReference(of.w, of)
    for (let i = 0; i < of.w.length; i++) {
      const { low, step, top } = cellOf(of, i)
      // the difference w − low is rounded in float32, which matters where the step is tiny beside them
      const place = Math.fround(of.w[i]! - low) / step
      const where = `weight ${i}, ${place} steps above the lowest level`
      expect(base[i], where).toBe(Math.min(Math.max(Math.floor(place), 0), top))
      expect(Number.isFinite(nu[i]), where).toBe(true)
      if (place < 0 || place >= top) expect(nu[i], where).toBe(-HARD)
      else {
        // ν changes up to 11 times as fast as the place; float32 knows that to 2⁻²⁴ of the code, log to 2⁻²¹
        expect(Math.abs(nu[i]! - -Math.log(1.2 / (place - base[i]! + 0.1) - 1)), where).toBeLessThan(2e-5)
        expect(nu[i]! > 0, where).toBe(place - base[i]! > 0.5)
      }
      const reached = low + step * Math.min(Math.max(place, 0), top)
      // h(ν) gives the fraction back but for a few float32 roundings of what is added
      expect(Math.abs(weights[i]! - reached), where).toBeLessThan(2e-6 * step + 2e-7 * (Math.abs(low) + step * top))
    }
    if (of.name.startsWith('groups')) {
      expectClose(base, expected.base, {})
      expect(nu.filter((value) => value === -HARD).length).toBeGreaterThan(0)
    }
  })

  it('stays finite where all levels of a grid fall together', async () => {
    const [w, grid] = [Float32Array.of(0.5, 0.25, 0.75), Float32Array.of(0.5, 0)]
    const problem = { widths: Uint8Array.of(2, 2, 2), groupOf: [0, 0, 0], groups: 1, rows: 1, grid }
    const { base, nu, weights } = await started({ ...problem, name: '', columns: 3, w, exact: false })
    expect([...base, ...nu]).toEqual([0, 0, 0, -HARD, -HARD, -HARD])
    expect([...weights]).toEqual([0.5, 0.5, 0.5])
  })

  it('packs a code a byte, rows beginning with a word', async () => {
    const problems = fc.record({
      rows: fc.integer({ min: 1, max: 5 }),
      columns: fc.integer({ min: 1, max: 23 }),
      bits: fc.integer({ min: 1, max: 8 }),
      seed: fc.nat(),
    })
    const holds = async ({
      rows,
      columns,
      bits,
      seed,
    }: {
      rows: number
      columns: number
      bits: number
      seed: number
    }) => {
      const top = 2 ** bits - 1
      const codes = noise(rows * columns, seed).map((value) => Math.min(Math.floor((value + 1) * 2 ** (bits - 1)), top))
      const w = codes.map((code) => 0.25 * code + 0.125)
      const grid = new Float32Array(2 * rows).map((_, i) => (i % 2) * 0.25)
      const layout = { widths: new Uint8Array(columns).fill(bits), groupOf: new Uint8Array(columns), groups: 1 }
      const { base } = await started({ ...layout, name: '', rows, columns, w, grid, exact: true })
      expect([...base]).toEqual([...codes])
    }
    await fc.assert(fc.asyncProperty(problems, holds), { numRuns: 40 })
  })
})

/** Codes, ν of all kinds (hard, saturated, exactly ½, soft) and factors. */
function state(of: Sample, seed: number) {
  const draws = noise(of.w.length, seed)
  const base = Float64Array.from(draws, (draw, i) => Math.floor(((draw + 1) / 2) * (cellOf(of, i).top + 1)))
  const nu = noise(of.w.length, seed + 1).map((value, i) =>
    i % 7 === 2 ? Math.sign(value) * HARD : i % 11 === 4 ? 4 * value : i % 13 === 5 ? 0 : 2.3 * value,
  )
  const v = noise(of.rows * of.groups, seed + 2).map((value, i) => (i % 3 === 0 ? 0 : value))
  return { base, nu, v }
}

describe('softWeights', () => {
  it.each(named)('gives what float64 gives: %s', async (_, of) => {
    const { gpu, tensors, shape } = await upload(of)
    const { base, nu, v } = state(of, 3)
    const rec = gpu.record()
    rec.write(tensors.base, packed(base, of))
    rec.write(tensors.nu, nu)
    rec.write(tensors.factor, factorsOf(v))
    rec.run(softWeights, tensors, shape)
    await gpu.submit(rec)
    const weights = await gpu.readF32(tensors.weights)
    gpu.free(...Object.values(tensors))
    const expected = softWeightsReference(base, nu, v, of)
    weights.forEach((weight, i) => {
      const { low, step, top } = cellOf(of, i)
      // a few roundings of the largest thing added, and those of two sigmoids
      expect(Math.abs(weight - expected[i]!)).toBeLessThan(2e-6 * (Math.abs(low) + step * top))
    })
  })

  it.each(named)('gives the very weights of the stored codes where all is decided: %s', async (_, of) => {
    const { gpu, tensors, shape } = await upload(of)
    const { base, nu } = state(of, 5)
    const codes = gpu.alloc([of.rows, of.columns], 'u32')
    const rec = gpu.record()
    rec.write(tensors.base, packed(base, of))
    rec.write(
      tensors.nu,
      nu.map((value) => (value > 0 ? HARD : -HARD)),
    )
    rec.run(softWeights, tensors, shape)
    rec.run(hardCodes, { ...tensors, codes }, shape)
    await gpu.submit(rec)
    const [weights, stored] = [await gpu.readF32(tensors.weights), await gpu.readU32(codes)]
    gpu.free(...Object.values(tensors), codes)
    weights.forEach((weight, i) => {
      const { low, step, top } = cellOf(of, i)
      expect(stored[i]).toBe(Math.min(base[i]! + Number(nu[i]! > 0), top))
      // step·(q − zero), which is exact, or the one rounding of min + step·q
      const level = of.exact ? step * (stored[i]! - Math.round(-low / step)) : Math.fround(low + step * stored[i]!)
      expect(weight).toBe(level + 0) // −0 is 0
    })
  })
})

const ADAM = { beta1: 0.9, beta2: 0.999, eps: 1e-8 }
const unbias = (step: number) => ({ unbias1: 1 / (1 - 0.9 ** step), unbias2: 1 / (1 - 0.999 ** step) })

/** v as the kernels hold it, with what an optimiser remembers of it. */
const factorsOf = (v: ArrayLike<number>) =>
  Float32Array.from({ length: 4 * v.length }, (_, i) => (i % 4 === 0 ? v[i / 4]! : 0))

const DECAY = 0.01

/** A few steps against gradients `g`; the v stay unless `scales` is set. */
async function steps(
  of: Sample,
  start: ReturnType<typeof state>,
  g: F32[],
  { roundings = true, scales = false, software = true, rate = 0.02, moment = 0 } = {},
) {
  const { gpu, tensors, shape } = await upload(of)
  const moments = gpu.alloc([of.rows, of.columns, 2])
  const gradient = gpu.alloc([of.rows, of.columns])
  const rec = gpu.record()
  rec.write(tensors.base, packed(start.base, of))
  rec.write(tensors.nu, start.nu)
  rec.write(tensors.factor, factorsOf(start.v))
  rec.write(moments, new Float32Array(2 * of.w.length).fill(moment))
  g.forEach((values, i) => {
    rec.write(gradient, values)
    const bound = { ...tensors, moments, gradient }
    const numbers = { ...ADAM, ...unbias(i + 1), rate, decay: DECAY }
    rec.run(roundingStep(software), bound, { ...shape, ...numbers, roundings, scales })
  })
  const afterwards = gpu.alloc([of.rows, of.columns])
  rec.run(softWeights, { ...tensors, weights: afterwards }, shape)
  await gpu.submit(rec)
  const factor = await gpu.readF32(tensors.factor)
  const result = {
    nu: await gpu.readF32(tensors.nu),
    moments: await gpu.readF32(moments),
    v: factor.filter((_, i) => i % 4 === 0),
    factorGradient: factor.filter((_, i) => i % 4 === 3),
  }
  // what a step leaves is what the weights are then
  expect(await gpu.readF32(tensors.weights)).toEqual(await gpu.readF32(afterwards))
  gpu.free(...Object.values(tensors), moments, gradient, afterwards)
  return result
}

describe('roundingStep', () => {
  it.each(named)('takes five steps and gives the gradient of the factors: %s', async (_, of) => {
    const start = state(of, 7)
    const g = [1, 2, 3, 4, 5].map((seed) => noise(of.w.length, 20 + seed).map((x, i) => (i % 5 === 0 ? 0 : x)))
    const expected = Float64Array.from(start.nu)
    const [m, u] = [new Float64Array(expected.length), new Float64Array(expected.length)]
    let factors = new Float64Array()
    g.forEach((values, i) => {
      const gradients = softGradients(values, start.base, expected, start.v, of)
      factors = gradients.v as Float64Array<ArrayBuffer>
      adam(expected, m, u, gradients.nu, i + 1, 0.02)
    })
    const found = await steps(of, start, g)
    const near = (i: number) => Math.abs(Math.abs(expected[i]!) - Math.log(11)) < 0.15 && Math.abs(start.nu[i]!) < HARD
    // a move of about the rate: 1 − β₂ is 5e-5 off in float32. What passes ln 11 on the way may do so a step apart.
    expectClose(
      found.nu.filter((_, i) => !near(i)),
      expected.filter((_, i) => !near(i)),
      { atol: 1e-5 },
    )
    expect(expected.filter((_, i) => near(i)).length).toBeLessThan(0.2 * expected.length + 1)
    const size = new Float64Array(factors.length)
    of.w.forEach((_, i) => {
      const { cell, low, step, top } = cellOf(of, i)
      size[cell]! += Math.abs(low) + step * top
    })
    // ν are off by 1e-5 by then, and with them the codes by a third of that; or by a rate where they pass ln 11
    factors.forEach((value, cell) => {
      expect(Math.abs(found.factorGradient[cell]! - value)).toBeLessThan(1e-5 * size[cell]! + 1e-7)
    })
    start.nu.forEach((nu, i) => {
      if (Math.abs(nu) < HARD) return
      expect([found.nu[i], found.moments[2 * i], found.moments[2 * i + 1]]).toEqual([nu, 0, 0])
    })
  })

  it.each(named)('follows finite differences of Σ G·Ŵ: %s', async (_, of) => {
    const start = state(of, 11)
    // away from the kinks of the clamp, where no difference is a derivative
    const nu = start.nu.map((value) => (Math.abs(Math.abs(value) - Math.log(11)) < 0.01 ? 1 : value))
    const g = noise(of.w.length, 12)
    const found = await steps(of, { ...start, nu }, [g])
    const loss = (weights: Float64Array) => weights.reduce((sum, weight, i) => sum + g[i]! * weight, 0)
    const byNu = differences(nu, (x) => loss(softWeightsReference(start.base, x, start.v, of)))
    const byV = differences(start.v, (x) => loss(softWeightsReference(start.base, nu, x, of)))
    // a first step leaves a tenth of the gradient in the first moment; differences are good to 1e-9 or so
    const first = found.moments.filter((_, i) => i % 2 === 0)
    const scale = Math.max(...of.w.map((_, i) => cellOf(of, i).step))
    expectClose(
      first.map((value) => 10 * value),
      byNu,
      { atol: 2e-6 * scale + 1e-8, rtol: 1e-5 },
    )
    expectClose(found.factorGradient, byV, { atol: 1e-5 * Math.sqrt(of.columns), rtol: 1e-5 })
  })

  it('gives both with one and sixty-four invocations, and twice the same', async () => {
    for (const of of samples) {
      const start = state(of, 13)
      const g = [noise(of.w.length, 1), noise(of.w.length, 2)]
      const [few, many, again] = [
        await steps(of, start, g),
        await steps(of, start, g, { software: false }),
        await steps(of, start, g),
      ]
      expect(many.nu).toEqual(few.nu)
      // sums of at most 256 products in another order
      expectClose(many.factorGradient, few.factorGradient, { atol: 2e-6 * Math.sqrt(of.columns), rtol: 1e-5 })
      expect(again).toEqual(few)
    }
  })

  it('leaves ν and its moments alone where only factors learn', async () => {
    const of = samples[1]!
    const start = state(of, 17)
    const g = noise(of.w.length, 18)
    const found = await steps(of, start, [g], { roundings: false })
    expect(found.nu).toEqual(start.nu)
    expect(found.moments.every((value) => value === 0)).toBe(true)
    expect(found.factorGradient).toEqual((await steps(of, start, [g])).factorGradient)
    expect(found.v).toEqual(start.v)
  })

  it.each(named)('takes steps of the factors, decay and all: %s', async (_, of) => {
    const start = state(of, 21)
    const g = [1, 2, 3].map((seed) => noise(of.w.length, 30 + seed))
    const v = Float64Array.from(start.v)
    const [m, u] = [new Float64Array(v.length), new Float64Array(v.length)]
    g.forEach((values, i) => {
      const gradient = softGradients(values, start.base, start.nu, v, of).v.map(
        (slope, cell) => slope + DECAY * v[cell]!,
      )
      adam(v, m, u, gradient, i + 1, 0.02)
    })
    const found = await steps(of, start, g, { roundings: false, scales: true })
    expect(found.nu).toEqual(start.nu)
    // as for ν; where a group's products cancel, the move is as uncertain as the sign of what is left
    const sure = (cell: number) => Math.abs(m[cell]!) > 1e-4 * Math.sqrt(of.columns)
    expectClose(
      found.v.filter((_, cell) => sure(cell)),
      v.filter((_, cell) => sure(cell)),
      { atol: 1e-4 },
    )
    expect(found.v.filter((value, cell) => value !== start.v[cell]).length).toBeGreaterThan(0)
  })

  it('leaves decided roundings where they are, whatever moved them before', async () => {
    const of = samples[1]!
    const start = { ...state(of, 19), nu: new Float32Array(of.w.length).fill(-HARD) }
    const found = await steps(of, start, [noise(of.w.length, 20)], { moment: 1 })
    expect(found.nu).toEqual(start.nu)
    expect(found.moments.every((value) => value === 1)).toBe(true)
  })

  it('moves a rounding towards the other level until its gradient ends', async () => {
    const of = samples[2]!
    const base = new Float64Array(of.w.length)
    const nu = new Float32Array(of.w.length).fill(-2)
    const g = Array.from({ length: 60 }, () => new Float32Array(of.w.length).fill(-1))
    const found = await steps(of, { base, nu, v: new Float32Array(of.rows) }, g, { rate: 0.1 })
    expect(found.nu.every((value) => rectified(value) === 1 && value < 10)).toBe(true)
  })
})

describe('countFlips', () => {
  it.each(named)('counts none at the start, later every code that is not the nearest: %s', async (_, of) => {
    const { gpu, tensors, shape } = await upload(of)
    const [before, after, shared, codes] = [
      gpu.upload(new Uint32Array(1)),
      gpu.upload(new Uint32Array(1)),
      gpu.upload(new Uint32Array(1)),
      gpu.alloc([of.rows, of.columns], 'u32'),
    ]
    const rec = gpu.record()
    rec.run(softStart, tensors, shape)
    rec.run(countFlips(true), { ...tensors, count: before }, shape)
    const nu = state(of, 23).nu
    rec.write(tensors.nu, nu)
    rec.run(countFlips(true), { ...tensors, count: after }, shape)
    rec.run(countFlips(false), { ...tensors, count: shared }, shape)
    rec.run(hardCodes, { ...tensors, codes }, shape)
    await gpu.submit(rec)
    expect(await gpu.readU32(before)).toEqual(Uint32Array.of(0))
    const stored = await gpu.readU32(codes)
    const base = unpacked(await gpu.readU32(tensors.base), of)
    const flips = stored.filter((code, i) => {
      const { low, step, top } = cellOf(of, i)
      const place = Math.fround(of.w[i]! - low) / step
      const nearest = place - base[i]! > 0.5 ? base[i]! + 1 : base[i]!
      return code !== Math.min(nearest, top)
    })
    expect(await gpu.readU32(after)).toEqual(Uint32Array.of(flips.length))
    expect(await gpu.readU32(shared)).toEqual(Uint32Array.of(flips.length))
    if (of.w.length > 100) expect(flips.length).toBeGreaterThan(0)
    gpu.free(...Object.values(tensors), before, after, shared, codes)
  })
})

it('gives the same when grids of workgroups fold', async () => {
  const of = samples[1]!
  const results = []
  for (const maxGroupsPerDimension of [65535, 5]) {
    const { gpu, tensors, shape } = await upload(of)
    const codes = gpu.alloc([of.rows, of.columns], 'u32')
    const moments = gpu.upload(new Float32Array(2 * of.w.length))
    const count = gpu.upload(new Uint32Array(1))
    const rec = new Recorder({ ...gpu.traits, maxGroupsPerDimension })
    rec.run(softStart, tensors, shape)
    const bound = { ...tensors, gradient: tensors.w, moments }
    const numbers = { ...ADAM, ...unbias(1), rate: 0.5, decay: 0 }
    rec.run(roundingStep(true), bound, { ...shape, ...numbers, roundings: true, scales: true })
    recordHarden(gpu, rec, tensors.nu, of.w.length, 0.5)
    rec.run(softWeights, tensors, shape)
    rec.run(hardCodes, { ...tensors, codes }, shape)
    rec.run(countFlips(true), { ...tensors, count }, shape)
    await gpu.submit(rec)
    const floats = [tensors.nu, tensors.factor, tensors.weights].map((tensor) => gpu.readF32(tensor))
    const words = [codes, count].map((tensor) => gpu.readU32(tensor))
    results.push([...(await Promise.all(floats)), ...(await Promise.all(words))].map((values) => [...values]))
    gpu.free(...Object.values(tensors), codes, moments, count)
  }
  expect(results[1]).toEqual(results[0])
  expect(results[0]!.every((values) => values.some((value) => value !== 0))).toBe(true)
})
