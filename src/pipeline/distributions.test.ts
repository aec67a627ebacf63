import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { affineSample, anyAffine } from '../../test/affine'
import { noise } from '../../test/device'
import { anySign } from '../../test/sign'
import { CancelledError } from '../errors'
import { unpackCodes } from '../formats/affine'
import { dequantize } from '../formats/dequantize'
import type { QuantizedLinear } from '../formats/quantized'
import type { TensorEntry } from '../formats/source'
import { type Distributions, distributions } from './distributions'
import { entropyBits, type Histogram } from './histogram'
import { excessKurtosis } from './row-tally'

const entryOf = (values: Float32Array<ArrayBuffer>, columns: number): TensorEntry => ({
  ...{ name: 'w', dtype: 'F32', shape: [values.length / columns, columns], bytes: values.byteLength },
  read: async ({ start, end } = { start: 0, end: values.length / columns }) =>
    new Uint8Array(values.slice(start * columns, end * columns).buffer),
})

/** A matrix with an original that is its stored weights and some noise. */
function noisy(linear: QuantizedLinear) {
  const stored = dequantize(linear)
  const drawn = noise(stored.length, 3)
  const original = stored.map((weight, i) => Math.fround(weight * (1 + 0.2 * drawn[i]!) + 0.01 * drawn[i]!))
  return { stored, original }
}

const of = (
  linear: QuantizedLinear,
  original: Float32Array<ArrayBuffer> | null,
  scaling?: { columns: Float32Array<ArrayBuffer>; rows: null },
) => distributions({ linear, original: original && entryOf(original, linear.in), whole: false, scaling })

const total = ({ counts, below, above }: Histogram) => counts.reduce((sum, n) => sum + n, below + above)

/** Another way to the same counts: every value looked for among the edges. */
function counted(values: ArrayLike<number>, { low, high, counts: { length } }: Histogram) {
  const edges = Array.from({ length: length + 1 }, (_, i) => low + (i * (high - low)) / length)
  const counts = new Array<number>(length).fill(0)
  let [below, above] = [0, 0]
  for (const value of Array.from(values)) {
    if (value < low) below++
    else if (value >= high) above++
    else counts[edges.findIndex((edge, i) => value >= edge && value < edges[i + 1]!)]!++
  }
  return { counts, below, above }
}

/** Counts agree but for values that fall onto an edge, give or take the last bit. */
function expectCounts(histogram: Histogram, values: ArrayLike<number>) {
  const wanted = counted(values, histogram)
  const moved = wanted.counts.reduce((sum, n, i) => sum + Math.abs(n - histogram.counts[i]!), 0)
  expect(moved).toBeLessThanOrEqual(Math.max(2, values.length * 0.02))
  expect(Math.abs(wanted.below - histogram.below)).toBeLessThanOrEqual(1)
  expect(Math.abs(wanted.above - histogram.above)).toBeLessThanOrEqual(1)
  expect(total(histogram)).toBe(values.length)
}

describe('distributions of a matrix', () => {
  const { linear } = affineSample({
    ...{
      out: 33,
      columns: 172,
      widths: [
        [3, 60],
        [1, 40],
        [6, 100],
      ],
      grid: 'range',
      zeroBits: 4,
    },
    ...{ groupSize: 32, permuted: true, named: false, seed: 11 },
  })
  const { stored, original } = noisy(linear)

  it('count every weight once, where it lies', async () => {
    const found = await of(linear, original)
    expect(found).toMatchObject({ out: 33, in: 172, rows: 33, original: true, rescaled: false })
    expectCounts(found.weights!, original)
    expectCounts(found.stored, stored)
    expectCounts(
      found.error!,
      stored.map((weight, i) => weight - original[i]!),
    )
    const squares = stored.reduce((sum, weight, i) => sum + (weight - original[i]!) ** 2, 0)
    expect(found.error!.rms).toBeCloseTo(Math.sqrt(squares / stored.length), 12)
  })

  it('tell codes by width, as often as they are stored', async () => {
    await fc.assert(
      fc.asyncProperty(anyAffine, async ({ linear: any }) => {
        const { original: before } = noisy(any)
        const found = await of(any, before)
        const codes = unpackCodes(any)
        expect(found.codes.reduce((sum, { weights }) => sum + weights, 0)).toBe(codes.length)
        expect(found.codes.map(({ bits }) => bits)).toEqual([...new Set(any.segments.map(({ bits }) => bits))].sort())
        if (found.codes.length === 1)
          expect([...found.codes[0]!.counts]).toEqual(
            [...found.codes[0]!.counts.keys()].map((code) => codes.filter((one) => one === code).length),
          )
        for (const { counts, weights, places } of found.codes) {
          expect(counts.reduce((sum, n) => sum + n, 0)).toBe(weights)
          expect(total(places!) + found.flat).toBeGreaterThanOrEqual(weights)
        }
        expect(total(found.relative!) + found.flat).toBe(codes.length)
      }),
      { numRuns: 60 },
    )
  })

  it('put an error in steps where code less place is', async () => {
    // one group of step 0.5: codes 0, 3, 7 stand for −2, −0.5, 1.5
    const { linear: one } = affineSample({
      ...{ out: 1, columns: 3, widths: [[3, 3]], grid: 'symmetric', zeroBits: 3 },
      ...{ groupSize: 3, permuted: false, named: false, seed: 1 },
    })
    const exact: QuantizedLinear = {
      ...one,
      codes: Uint32Array.of(0 | (3 << 3) | (7 << 6), 0, 0),
      grid: { type: 'symmetric', scale: Uint16Array.of(0x3800) },
    }
    const found = await of(exact, Float32Array.of(-2.4, -0.5, 1.3))
    const middles = ({ low, high, counts }: Histogram) =>
      [...counts.entries()].filter(([, n]) => n > 0).map(([i]) => low + ((i + 0.5) * (high - low)) / counts.length)
    const near = (values: number[], wanted: number[], within: number) =>
      expect(values.map((value, i) => Math.abs(value - wanted[i]!) < within)).toEqual(wanted.map(() => true))
    near(middles(found.codes[0]!.places!), [-0.8, 3, 6.6], 1 / 32)
    near(middles(found.relative!), [0, 0.4, 0.8], 3 / 144)
  })

  it('know norm, largest size and kurtosis of every column, and the largest weights', async () => {
    const found = await of(linear, original)
    const column = (j: number) => Array.from({ length: 33 }, (_, row) => original[row * 172 + j]!)
    for (const j of [0, 17, 171]) {
      const values = column(j)
      const mean = values.reduce((sum, w) => sum + w, 0) / 33
      const moment = (power: number) => values.reduce((sum, w) => sum + (w - mean) ** power, 0) / 33
      expect(found.columns.norm[j]).toBeCloseTo(Math.hypot(...values), 5)
      expect(found.columns.largest[j]).toBe(Math.max(...values.map(Math.abs)))
      expect(found.columns.kurtosis[j]).toBeCloseTo(moment(4) / moment(2) ** 2 - 3, 4)
    }
    const sizes = [...original].map(Math.abs).sort((a, b) => b - a)
    expect(found.extremes.map(({ value }) => Math.abs(value))).toEqual(sizes.slice(0, 24))
    for (const { row, column: j, value, stored: after } of found.extremes) {
      expect(original[row * 172 + j]).toBe(value)
      expect(stored[row * 172 + j]).toBe(after)
    }
  })

  it('take the original scaled as the run scaled it', async () => {
    const factors = noise(172, 9).map((value) => 1 + value ** 2)
    const found = await of(linear, original, { rows: null, columns: factors })
    expect(found.rescaled).toBe(true)
    expect(found.columns.largest[5]).toBeCloseTo(
      Math.max(...Array.from({ length: 33 }, (_, row) => Math.abs(original[row * 172 + 5]! * factors[5]!))),
      5,
    )
  })

  it('say what they can of codes alone', async () => {
    const found = await of(linear, null)
    expect(found).toMatchObject({ original: false, weights: null, error: null, relative: null })
    expectCounts(found.stored, stored)
    expect(found.codes.every(({ places }) => places === null)).toBe(true)
    expect(Math.abs(found.extremes[0]!.value)).toBe(Math.max(...stored.map(Math.abs)))
  })

  it('give levels of signs, which are not even, as what they stand for', async () => {
    await fc.assert(
      fc.asyncProperty(anySign, async ({ linear: sign }) => {
        const { stored: weights, original: before } = noisy(sign)
        const found = await of(sign, before)
        expect(found.codes.reduce((sum, kind) => sum + kind.weights, 0)).toBe(weights.length)
        const sum = found.codes
          .filter(({ levels }) => levels)
          .flatMap(({ levels, counts }) => levels!.map(({ mean }, i) => (counts[i] ? mean * counts[i]! : 0)))
          .reduce((all, part) => all + part, 0)
        const apart = found.codes.find(({ kind }) => kind === 'apart')
        if (!apart)
          expect(sum).toBeCloseTo(
            weights.reduce((all, w) => all + w, 0),
            3,
          )
        expect(found.codes.map(({ kind }) => kind)).toEqual([
          'sign',
          ...(sign.columns ? ['pair'] : []),
          ...(sign.sparse ? ['apart'] : []),
        ])
      }),
      { numRuns: 40 },
    )
  })
})

describe('a large matrix', () => {
  const columns = 4096
  const out = 4096
  const { linear } = affineSample({
    ...{ out: 32, columns, widths: [[2, columns]], grid: 'symmetric', zeroBits: 2 },
    ...{ groupSize: columns, permuted: false, named: false, seed: 2 },
  })
  /** The same 32 rows over and over: what a part of them says is what all say. */
  const tall: QuantizedLinear = {
    ...linear,
    out,
    codes: Uint32Array.from(
      { length: (linear.codes.length * out) / 32 },
      (_, i) => linear.codes[i % linear.codes.length]!,
    ),
    grid: { type: 'symmetric', scale: new Uint16Array(out).fill(0x2000) },
  }

  it('is looked at in evenly spread rows first', async () => {
    const look = await distributions({ linear: tall, original: null, whole: false, scaling: undefined }, 'look')
    expect(look).toMatchObject({ out })
    expect(look.rows).toBeLessThan(out / 4)
    expect(total(look.stored)).toBe(look.rows * columns)
    const parts = Array.from(look.codes[0]!.counts, (n) => n / look.codes[0]!.weights)
    const whole = unpackCodes(linear)
    parts.forEach((part, code) => {
      expect(part).toBeCloseTo(whole.filter((one) => one === code).length / whole.length, 1)
    })
  })

  it('is left when it is no longer wanted', async () => {
    const stop = new AbortController()
    const source = { linear: tall, original: null, whole: false, scaling: undefined }
    const answer: Promise<Distributions> = distributions(source, 'whole', stop.signal)
    stop.abort()
    await expect(answer).rejects.toThrow(CancelledError)
  })
})

it('knows the kurtosis of a coin, of three points and of nothing', () => {
  const sums = (values: number[]) =>
    [1, 2, 3, 4].map((power) => values.reduce((sum, value) => sum + value ** power, 0)) as [
      number,
      number,
      number,
      number,
    ]
  expect(excessKurtosis(sums([0, 1]), 2)).toBeCloseTo(-2, 12)
  expect(excessKurtosis(sums([-1, 0, 0, 0, 0, 1]), 6)).toBeCloseTo(0, 12)
  expect(excessKurtosis(sums([3, 3, 3]), 3)).toBeNaN()
})

it('measures codes in bits', () => {
  expect(entropyBits([1, 1, 1, 1])).toBe(2)
  expect(entropyBits([2, 1, 1, 0])).toBe(1.5)
  expect(entropyBits([7])).toBe(0)
  expect(entropyBits([0, 0])).toBe(0)
})
