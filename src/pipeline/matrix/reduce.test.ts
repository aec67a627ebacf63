import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { affineSample, anyAffine } from '../../../test/affine'
import { dequantize, unpackCodes } from '../../formats/affine'
import type { AffineLinear } from '../../formats/quantized'
import { rowReader } from '../../formats/row-reader'
import type { TensorEntry } from '../../formats/source'
import { type Bins, binOf, binRange, binsFor } from './bins'
import { type Reduction, reduce, reduceCells } from './reduce'
import { type MatrixData, rowSource } from './sources'

const noPause = async () => {}

/** A permutation of 0 … count − 1. */
function shuffled(count: number, seed: number): Uint32Array<ArrayBuffer> {
  const places = Uint32Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i--) {
    const j = (Math.imul(seed + i, 2654435761) >>> 0) % (i + 1)
    ;[places[i], places[j]] = [places[j]!, places[i]!]
  }
  return places
}

const entryOf = (values: Float32Array<ArrayBuffer>, columns: number): TensorEntry => ({
  ...{ name: 'w', dtype: 'F32', shape: [values.length / columns, columns], bytes: 4 * values.length },
  read: async (rows) => new Uint8Array(values.slice((rows?.start ?? 0) * columns, rows && rows.end * columns).buffer),
})

const dataOf = (linear: AffineLinear, original?: Float32Array<ArrayBuffer>): MatrixData => ({
  ...{ out: linear.out, in: linear.in, rows: rowReader(linear), scaling: undefined, other: null },
  original: original ? entryOf(original, linear.in) : null,
})

/** Every weight of a bin by the definition, in double precision. */
function expected(
  values: ArrayLike<number>,
  columns: number,
  rows: { places: Uint32Array; bins: Bins },
  across: { places: Uint32Array; bins: Bins },
  how: Reduction,
): number[] {
  const found: number[] = []
  for (let y = 0; y < rows.bins.count; y++)
    for (let x = 0; x < across.bins.count; x++) {
      const [top, bottom] = binRange(rows.bins, y)
      const [left, right] = binRange(across.bins, x)
      const all: number[] = []
      for (let r = top; r < bottom; r++)
        for (let c = left; c < right; c++) all.push(values[rows.places[r]! * columns + across.places[c]!]!)
      const most = Math.max(...all.map(Math.abs))
      const mean = (of: number[]) => of.reduce((sum, value) => sum + value, 0) / of.length
      found.push(how === 'mean' ? mean(all) : how === 'size' ? mean(all.map(Math.abs)) : most)
    }
  return found
}

const anyWindow = fc.record({
  ...{ down: fc.integer({ min: 1, max: 9 }), across: fc.integer({ min: 1, max: 30 }), seed: fc.nat() },
  part: fc.double({ min: 0.2, max: 1, noNaN: true }),
  how: fc.constantFrom<Reduction>('extreme', 'largest', 'mean', 'size'),
})

describe('bins of weights', () => {
  it('hold what the definition says, in any order and window', async () => {
    await fc.assert(
      fc.asyncProperty(anyAffine, anyWindow, async ({ linear }, { down, across, seed, part, how }) => {
        const rows = shuffled(linear.out, seed)
        const columns = shuffled(linear.in, seed + 1)
        const span = (total: number) => ({ start: total * (1 - part) * 0.5, end: total * (1 + part) * 0.5 })
        const grid = {
          rows: { places: rows, bins: binsFor(span(linear.out), down, linear.out) },
          columns: { places: columns, bins: binsFor(span(linear.in), across, linear.in) },
        }
        const values = await reduce(rowSource(dataOf(linear), 'weight')!, grid, how, noPause)
        const wanted = expected(dequantize(linear), linear.in, grid.rows, grid.columns, how)
        const scale = Math.max(...wanted.map(Math.abs), 1e-6)
        values.forEach((value, i) => {
          const got = how === 'extreme' ? Math.abs(value) : value
          expect(Math.abs(got - wanted[i]!)).toBeLessThanOrEqual(
            how === 'extreme' || how === 'largest' ? 1e-6 * scale : 1e-5 * scale,
          )
        })
      }),
      { numRuns: 120 },
    )
  })

  it('keep a lone outlier wherever it is, through the overview and at every zoom', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 3, max: 700 }), fc.nat(), async (at, pixels, seed) => {
        const [out, columns] = [37, 1500]
        const values = new Float32Array(out * columns).fill(0.01)
        values[at % values.length] = -5
        const rows = shuffled(out, seed)
        const places = shuffled(columns, seed + 1)
        const source = {
          ...{ prepare: null, extremes: null },
          read: (row: number, part: Float32Array) => part.set(values.subarray(row * columns, (row + 1) * columns)),
        }
        const size = 4
        const whole = (axis: Uint32Array<ArrayBuffer>) => ({
          places: axis,
          bins: { total: axis.length, step: size, first: 0, count: Math.ceil(axis.length / size) },
        })
        const cells = await reduce(source, { rows: whole(rows), columns: whole(places) }, 'extreme', noPause)
        const [row, column] = [Math.floor((at % values.length) / columns), (at % values.length) % columns]
        const [y, x] = [rows.indexOf(row), places.indexOf(column)]
        const down = binsFor({ start: 0, end: out }, 6, out)
        const across = binsFor({ start: 0, end: columns }, pixels, columns)
        const image = reduceCells(cells, size, down, across, 'extreme')
        expect(image.includes(-5)).toBe(true)
        const direct = await reduce(
          source,
          { rows: { places: rows, bins: down }, columns: { places, bins: across } },
          'extreme',
          noPause,
        )
        expect(direct[binOf(down, y) * across.count + binOf(across, x)]).toBe(-5)
        expect(direct.filter((value) => value === -5)).toHaveLength(1)
      }),
      { numRuns: 60 },
    )
  })

  it('give the same overview by look-ups as weight by weight', async () => {
    const { linear } = affineSample({
      ...{
        out: 11,
        columns: 256,
        widths: [[2, 1]],
        grid: 'zero',
        zeroBits: 2,
        groupSize: 64,
        permuted: false,
        named: false,
        seed: 3,
      },
    })
    const source = rowSource(dataOf(linear), 'weight')!
    const axis = (total: number) => ({
      places: Uint32Array.from({ length: total }, (_, i) => i),
      bins: { total, step: 8, first: 0, count: Math.ceil(total / 8) },
    })
    const grid = { rows: axis(11), columns: axis(256) }
    expect(source.extremes).not.toBeNull()
    const fast = await reduce(source, grid, 'largest', noPause)
    const slow = await reduce({ ...source, extremes: null }, grid, 'largest', noPause)
    fast.forEach((value, i) => {
      expect(value).toBeCloseTo(slow[i]!, 6)
    })
  })
})

describe('quantities', () => {
  const { linear } = affineSample({
    ...{
      out: 3,
      columns: 40,
      widths: [
        [3, 0.5],
        [8, 0.5],
      ],
      grid: 'range',
      zeroBits: 4,
    },
    ...{ groupSize: 16, permuted: true, named: false, seed: 9 },
  })
  const original = dequantize(linear).map((weight, i) => weight + (i % 7) / 100)
  const rowOf = async (quantity: Parameters<typeof rowSource>[1], data: MatrixData, row: number) => {
    const source = rowSource(data, quantity)!
    const values = new Float32Array(linear.in)
    await source.prepare?.(row, row + 1)
    source.read(
      row,
      values,
      Uint32Array.from({ length: linear.in }, (_, i) => i),
    )
    return [...values]
  }
  const part = (values: ArrayLike<number>, row: number) => Array.from(values).slice(row * 40, (row + 1) * 40)

  it('are the weight less the original, place, width and sign of the code', async () => {
    const data = dataOf(linear, original)
    const weights = dequantize(linear)
    expect(await rowOf('original', data, 1)).toEqual(part(original, 1))
    expect(await rowOf('error', data, 1)).toEqual(
      part(
        weights.map((weight, i) => weight - original[i]!),
        1,
      ),
    )
    expect(await rowOf('sign', data, 2)).toEqual(part(weights, 2).map(Math.sign))
    const bits = await rowOf('bits', data, 0)
    expect(new Set(bits)).toEqual(new Set([3, 8]))
    const codes = part(unpackCodes(linear), 0)
    expect(await rowOf('code', data, 0)).toEqual(
      codes.map((code, i) => Math.fround((2 * code) / (2 ** bits[i]! - 1) - 1)),
    )
  })

  it('scale the original as the run did, and are none where there is nothing to compare with', async () => {
    const scaling = { rows: Float32Array.of(1, 2, 3), columns: new Float32Array(40).fill(0.5) }
    const scaled = { ...dataOf(linear, original), scaling }
    expect(await rowOf('original', scaled, 2)).toEqual(part(original, 2).map((weight) => Math.fround(weight * 1.5)))
    expect(rowSource(dataOf(linear), 'error')).toBeNull()
    expect(rowSource(dataOf(linear), 'difference')).toBeNull()
    const other = { ...dataOf(linear), other: rowReader(linear) }
    expect(await rowOf('difference', other, 1)).toEqual(new Array(40).fill(0))
  })
})
