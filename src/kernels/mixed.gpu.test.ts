import { describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { stepOf } from '../formats/affine'
import type { Gpu } from '../gpu/device'
import { half, nearestRangeCode, plainRange, type RangeReference, rangeError, searchedRange } from '../reference/mixed'
import { columnTable, findRange, mixedBlock, roundMixed, wholeLevels } from './mixed'
import { GPTQ_BLOCK } from './quantize'

/** Groups of a matrix: which columns, of which widths. */
interface Group {
  readonly columns: readonly number[]
  readonly bits: readonly number[]
}

/** Ranges of all groups of w [rows, columns], as the kernel finds them: [rows][groups]. */
async function rangesOf(values: Float32Array<ArrayBuffer>, groups: Group[], worth?: Float32Array<ArrayBuffer>) {
  const gpu = await testGpu()
  const columns = groups.reduce((sum, { bits }) => sum + bits.length, 0)
  const rows = values.length / columns
  const table = groups.flatMap(({ columns, bits }, group) =>
    columns.map((source, i) => ({ source, group, bits: bits[i]! })),
  )
  table.sort((a, b) => a.source - b.source)
  let begin = 0
  const runs = groups.flatMap(({ columns: { length } }) => [(begin += length) - length, length])
  const tensors = {
    w: gpu.upload(values),
    columns: gpu.upload(columnTable(table)),
    members: gpu.upload(Uint32Array.from(groups.flatMap((group) => group.columns))),
    runs: gpu.upload(Uint32Array.from(runs)),
    importance: gpu.upload(worth ?? new Float32Array(columns).fill(1)),
    lows: gpu.alloc([rows, groups.length]),
    ranges: gpu.alloc([rows, groups.length]),
  }
  const rec = gpu.record()
  // two dispatches, as when groups begin in different blocks
  for (const [first, count] of [[0, 1] as const, [1, groups.length - 1] as const])
    if (count > 0)
      rec.run(findRange(worth !== undefined), tensors, {
        ...{ rows, columns, groups: groups.length, first, count, members: columns },
      })
  await gpu.submit(rec)
  const [lows, ranges] = [await gpu.readF32(tensors.lows), await gpu.readF32(tensors.ranges)]
  gpu.free(...Object.values(tensors))
  return Array.from({ length: rows }, (_, row) =>
    groups.map((_, g) => ({ low: lows[row * groups.length + g]!, range: ranges[row * groups.length + g]! })),
  )
}

/** Two groups that lie between each other, one longer than the kernel's tile, and one 1-bit group. */
function groupsOf(columns: number): Group[] {
  const all = Array.from({ length: columns }, (_, j) => j)
  const kinds = [(j: number) => j % 5 === 0, (j: number) => j % 5 === 1, (j: number) => j % 5 > 1]
  return kinds
    .map((wanted, kind) => all.filter(wanted).map((j) => [j, kind === 1 ? 1 : [2, 3, 4, 8][j % 4]!] as const))
    .filter((group) => group.length > 0)
    .map((group) => ({ columns: group.map(([j]) => j), bits: group.map(([, bits]) => bits) }))
}

/** Bell-shaped values with a few far out, where shrinking the ends pays. */
function heavyTailed(length: number, seed: number): Float32Array<ArrayBuffer> {
  const [a, b, c] = [noise(length, seed), noise(length, seed + 1), noise(length, seed + 2)]
  return a.map((value, i) => (value + b[i]! + c[i]!) * (i % 29 === 3 ? 0.2 : 0.05))
}

/** Rows that ranges trip over: all equal, all zero, vanishing, beyond float16, one far value, all equal and negative. */
function awkward(columns: number): Float32Array<ArrayBuffer> {
  const rows: ((j: number) => number)[] = [
    () => 0.3,
    () => 0,
    (j) => (j % 2) * 1e-9,
    (j) => (j % 3) * 1e6 - 1e6,
    (j) => (j === 7 ? 3 : 0.001 * (j % 11)),
    () => -0.25,
  ]
  return Float32Array.from(rows.flatMap((value) => Array.from({ length: columns }, (_, j) => value(j))))
}

const gather = (values: Float32Array, row: number, columns: number, group: Group) =>
  group.columns.map((j) => values[row * columns + j]!)

describe('findRange', () => {
  it.each([5, 64, 129, 300])('finds the ends, and mean ∓ mean deviation of 1-bit groups (%i columns)', async (n) => {
    const values = Float32Array.from([...heavyTailed(4 * n, n), ...awkward(n)])
    const groups = groupsOf(n)
    const found = await rangesOf(values, groups)
    const expected = found.map((_, row) => groups.map((g) => plainRange(gather(values, row, n, g), [...g.bits])))
    for (const part of ['low', 'range'] as const)
      expectClose(
        found.flat().map((cell) => cell[part]),
        expected.flat().map((cell) => cell[part]),
        // one float16 step, where a float32 mean lies next to a tie
        { rtol: 2 ** -10, atol: 2 ** -24 },
      )
    const same = found.flat().filter((cell, i) => cell.low === expected.flat()[i]!.low)
    expect(same.length).toBeGreaterThan(0.95 * found.flat().length)
  })

  it.each([5, 64, 129, 300, 700])(
    'searches as well as the float64 search, never worse than the ends (%i)',
    async (n) => {
      const values = Float32Array.from([...heavyTailed(3 * n, n), ...awkward(n)])
      const worth = noise(n, 8).map((v, j) => (j % 10 === 4 ? 0 : 10 ** (2 * v)))
      const groups = groupsOf(n)
      const found = await rangesOf(values, groups, worth)
      const errors = { found: 0, expected: 0, plain: 0 }
      for (const [row, cells] of found.entries())
        for (const [g, group] of groups.entries()) {
          const [w, bits] = [gather(values, row, n, group), [...group.bits]]
          const weights = group.columns.map((j) => worth[j]!)
          const error = (grid: RangeReference) => rangeError(w, bits, weights, grid)
          const { low, range } = cells[g]!
          expect([half(low), half(range)]).toEqual([low, range])
          expect(range).toBeGreaterThanOrEqual(0)
          const size = w.reduce((sum, value, j) => sum + weights[j]! * value * value, 0)
          if (bits[0] !== 1) expect(error(cells[g]!)).toBeLessThanOrEqual(error(plainRange(w, bits)) + 1e-6 * size)
          // float32 sums may prefer another of nearly equal candidates, and follow other codes from there
          expect(error(cells[g]!)).toBeLessThanOrEqual(1.02 * error(searchedRange(w, bits, weights)) + 1e-6 * size)
          if (row >= 3) continue
          errors.found += error(cells[g]!)
          errors.expected += error(searchedRange(w, bits, weights))
          errors.plain += error(plainRange(w, bits))
        }
      expect(Math.abs(errors.found / errors.expected - 1)).toBeLessThan(1e-3)
      if (n >= 64) expect(errors.found).toBeLessThan(0.8 * errors.plain)
    },
  )
})

/** Columns one group a column, all of the same width. */
const uniform = (columns: number, bits: number, group = (j: number) => j) =>
  columnTable(Array.from({ length: columns }, (_, source) => ({ source, group: group(source), bits })))

describe('roundMixed', () => {
  it.each([
    { bits: 1, low: -0.25, range: 0.5 },
    { bits: 2, low: 0.1, range: 0.75 }, // a range whose step is exact
    { bits: 3, low: -1, range: 1.9 },
    { bits: 8, low: -0.3, range: 0.6 },
    { bits: 2, low: 0.5, range: 0 },
    { bits: 4, low: 1000, range: 2 ** -24 }, // levels fall together
  ])('takes the nearest of all levels, the lower where two are as near (%o)', async ({ bits, ...cell }) => {
    const gpu = await testGpu()
    const grid = { low: half(cell.low), range: half(cell.range) }
    // an eighth of a step apart: levels, ties, what lies between and beyond
    const count = 8 * (2 ** bits - 1)
    const values = Float32Array.from({ length: count + 40 }, (_, i) => grid.low + grid.range * ((i - 20) / count))
    const columns = values.length
    const tensors = {
      w: gpu.upload(values),
      columns: gpu.upload(uniform(columns, bits, () => 0)),
      lows: gpu.upload(Float32Array.of(grid.low)),
      ranges: gpu.upload(Float32Array.of(grid.range)),
      codes: gpu.alloc([1, columns], 'u32'),
    }
    const rec = gpu.record()
    rec.run(roundMixed, tensors, { rows: 1, columns, groups: 1 })
    await gpu.submit(rec)
    const codes = await gpu.readU32(tensors.codes)
    gpu.free(...Object.values(tensors))
    values.forEach((value, i) => {
      const expected = nearestRangeCode(value, grid, bits)
      // the sum low + step·q is rounded in float32: exact ties may go either way
      const distance = (code: number) => Math.abs(value - (grid.low + (grid.range * code) / (2 ** bits - 1)))
      if (codes[i] !== expected) expect(distance(codes[i]!)).toBeCloseTo(distance(expected), 4)
      if (i % 8 !== 0) expect(Math.abs(codes[i]! - expected)).toBeLessThanOrEqual(1)
    })
    const different = values.filter((_, i) => codes[i] !== nearestRangeCode(values[i]!, grid, bits))
    expect(different.length).toBeLessThanOrEqual(Math.ceil(count / 8))
  })
})

async function blockOf(gpu: Gpu, software: boolean, count: number): Promise<number[]> {
  const [rows, columns, first] = [35, 140, 7]
  const upper = noise(columns * columns, 1).map((v, at) => {
    const [i, j] = [Math.floor(at / columns), at % columns]
    return i > j ? 0 : i === j ? 1 + 0.2 * v : 0.1 * v
  })
  const table = Array.from({ length: columns }, (_, i) => ({
    ...{ source: columns - 1 - i, group: i % 3, bits: 1 + (i % 5) },
  }))
  const tensors = {
    w: gpu.upload(noise(rows * columns, 2)),
    u: gpu.upload(upper),
    columns: gpu.upload(columnTable(table)),
    lows: gpu.upload(new Float32Array(rows * 3).fill(-0.9)),
    ranges: gpu.upload(new Float32Array(rows * 3).fill(1.7)),
    codes: gpu.upload(new Uint32Array(rows * columns)),
    errors: gpu.upload(new Float32Array(rows * GPTQ_BLOCK)),
  }
  const rec = gpu.record()
  rec.run(mixedBlock(software), tensors, { rows, columns, groups: 3, first, count })
  await gpu.submit(rec)
  const codes = [...(await gpu.readU32(tensors.codes))]
  gpu.free(...Object.values(tensors))
  return codes
}

describe('mixedBlock', () => {
  // a software adapter takes most of a minute to compile the variant of sixteen
  it('gives the same codes with four and with sixteen columns in registers', { timeout: 180_000 }, async () => {
    const gpu = await testGpu()
    for (const n of [1, 15, 37, 128]) {
      const [four, sixteen] = [await blockOf(gpu, true, n), await blockOf(gpu, false, n)]
      expect(four).toEqual(sixteen)
      expect(four.some((code) => code > 0)).toBe(true)
      // codes stay below 2^bits, at the original place of each column
      for (const [at, code] of four.entries()) {
        const place = 139 - (at % 140)
        expect(code).toBeLessThan(place >= 7 && place < 7 + n ? 2 ** (1 + (place % 5)) : 1)
      }
    }
  })
})

describe('wholeLevels', () => {
  it.each([1, 33])('makes %i rows of levels whole multiples of a float16 step, 0 among them', async (rows) => {
    const gpu = await testGpu()
    const widths = [2, 3, 4, 8, 5]
    const groups = widths.length
    const table = widths.map((bits, group) => ({ source: group, group, bits }))
    const values = (seed: number) => noise(rows * groups, seed).map((value, i) => value * 10 ** ((i % 4) - 3))
    const [lows, spans] = [values(1).map(half), values(2).map((value) => half(Math.abs(value)))]
    // all weights equal, above, below and at 0
    lows.set([0.25, -0.25, 0])
    spans.fill(0, 0, 3)
    const tensors = {
      columns: gpu.upload(columnTable(table)),
      members: gpu.upload(Uint32Array.from(widths.keys())),
      runs: gpu.upload(Uint32Array.from(widths.flatMap((_, group) => [group, 1]))),
      lows: gpu.upload(lows),
      ranges: gpu.upload(spans),
    }
    const rec = gpu.record()
    for (const [first, count] of [[0, 2] as const, [2, 3] as const])
      rec.run(wholeLevels, tensors, { rows, groups, first, count })
    await gpu.submit(rec)
    const [low, range] = [await gpu.readF32(tensors.lows), await gpu.readF32(tensors.ranges)]
    gpu.free(...Object.values(tensors))
    for (let cell = 0; cell < rows * groups; cell++) {
      const bits = widths[cell % groups]!
      const top = 2 ** bits - 1
      const [from, to] = [Math.min(lows[cell]!, 0), Math.max(lows[cell]! + spans[cell]!, 0)]
      const step = stepOf(range[cell]!, bits)
      const zero = step > 0 ? -low[cell]! / step : 0
      expect(step).toBe(half(step))
      // the sum and the product are float32 on the device
      expect(Math.abs(step - (to - from) / top)).toBeLessThanOrEqual(2 ** -10 * ((to - from) / top) + 2 ** -24)
      expect(Number.isInteger(zero) && zero >= 0 && zero <= top).toBe(true)
      expect(range[cell]).toBe(Math.fround(step * top))
      if (step > 2 ** -14) expect(Math.abs(zero - -from / step)).toBeLessThanOrEqual(0.501)
    }
  })
})
