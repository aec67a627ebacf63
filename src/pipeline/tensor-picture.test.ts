import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CancelledError, FormatError } from '../errors'
import type { TensorLane, TensorWish } from '../file-records'
import type { ViewedTensor } from '../formats/viewed-tensor'
import { tensorPicture } from './tensor-picture'

/** A matrix in memory whose codes are its columns, and what was read of it. */
function matrix(rows: number, columns: number, weightOf: (row: number, column: number) => number, unit = 1) {
  const reads: [start: number, count: number][] = []
  const tensor: ViewedTensor = {
    ...{
      rows,
      columns,
      unit,
      block: { weights: 4, super: null, book: null },
      parts: ['code', 'scale', 'entry', 'sign'],
    },
    open: async () => async (start, count) => {
      expect([start % unit, count % unit]).toEqual([0, 0])
      expect(start + count).toBeLessThanOrEqual(rows * columns)
      reads.push([start, count])
      const at = (i: number) => [Math.floor((start + i) / columns), (start + i) % columns] as const
      return {
        values: Float32Array.from({ length: count }, (_, i) => weightOf(...at(i))),
        part: (part) =>
          part !== 'scale'
            ? { values: Float32Array.from({ length: count }, (_, i) => at(i)[1]), span: 1 }
            : { values: Float32Array.from({ length: count / 4 }, (_, i) => start / 4 + i), span: 4 },
      }
    },
  }
  return { tensor, reads }
}

const wish = (lane: TensorLane, across: number, down: number, more: Partial<TensorWish> = {}) => ({
  ...{ lane, across, down, window: null, whole: false },
  ...more,
})

describe('a picture', () => {
  it('of few weights has a cell for each', async () => {
    const { tensor } = matrix(2, 3, (row, column) => 10 * row - column)
    const { cells, across, down, statistics } = await tensorPicture(tensor, wish('peak', 9, 9))
    expect([across, down]).toEqual([3, 2])
    expect([...cells]).toEqual([0, -1, -2, 10, 9, 8])
    expect(statistics).toMatchObject({ zeros: 1, nans: 0, infinities: 0, min: -2, max: 10, mean: 4 })
    expect(statistics.deviation).toBeCloseTo(Math.sqrt((16 + 25 + 36 + 36 + 25 + 16) / 6), 12)
  })

  it('of many has the furthest from zero, the root of the mean square or the mean of each cell', async () => {
    const { tensor } = matrix(4, 4, (row, column) => (row === 3 && column === 1 ? -9 : row))
    expect([...(await tensorPicture(tensor, wish('peak', 2, 2))).cells]).toEqual([1, 1, -9, 3])
    const rms = await tensorPicture(tensor, wish('rms', 1, 2))
    expect(rms.cells[0]).toBeCloseTo(Math.sqrt(0.5), 6)
    for (const lane of ['code', 'sign'] as const)
      expect([...(await tensorPicture(tensor, wish(lane, 2, 1))).cells]).toEqual([0.5, 2.5])
    // an index is no quantity
    expect([...(await tensorPicture(tensor, wish('entry', 2, 1))).cells]).toEqual([0, 2])
    expect([...(await tensorPicture(tensor, wish('scale', 1, 4))).cells]).toEqual([0, 1, 2, 3])
  })

  it('leaves out what is not finite, and counts it', async () => {
    const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2]
    const { tensor } = matrix(1, 4, (_, column) => odd[column]!)
    const { cells, statistics } = await tensorPicture(tensor, wish('peak', 4, 4))
    expect([...cells]).toEqual([Number.NaN, Number.NaN, Number.NaN, 2])
    expect(statistics).toMatchObject({ nans: 1, infinities: 2, min: 2, max: 2, mean: 2, deviation: 0 })
  })

  it('reads some rows of a large tensor for every cell, and says how many', async () => {
    const { tensor, reads } = matrix(20_000, 4096, (row) => row)
    const { cells, read, weights } = await tensorPicture(tensor, wish('peak', 64, 64))
    expect(weights).toBe(20_000 * 4096)
    expect(read).toBe(2 ** 23)
    expect(reads.reduce((sum, [, count]) => sum + count, 0)).toBe(2 ** 23)
    expect(cells.every((value, i) => value === Math.max(0, value) && (i < 64 || value >= cells[i - 64]!))).toBe(true)
  })

  it('reads few rows of a narrow window, each of which is a read of its own', async () => {
    const { tensor, reads } = matrix(50_000, 64, (row) => row)
    const window = { row: 0, rows: 50_000, column: 8, columns: 2 }
    await tensorPicture(tensor, wish('peak', 2, 100, { window }))
    expect(reads).toHaveLength(4000)
    expect(await tensorPicture(tensor, wish('peak', 2, 100, { window, whole: true }))).toMatchObject({ read: 100_000 })
  })

  it('reads stretches of rows that are too long', async () => {
    const { tensor } = matrix(1, 40_000_000, (_, column) => column, 256)
    const { cells, read } = await tensorPicture(tensor, wish('peak', 100, 1))
    expect(read).toBeLessThanOrEqual(2 ** 23)
    expect(cells.every((value, i) => Number.isFinite(value) && (i === 0 || value > cells[i - 1]!))).toBe(true)
  })

  it('stops when it is told to', async () => {
    const { tensor } = matrix(64, 65_536, () => 1)
    const stop = new AbortController()
    const picture = tensorPicture(tensor, wish('peak', 8, 8), { signal: stop.signal, onProgress: () => stop.abort() })
    await expect(picture).rejects.toBeInstanceOf(CancelledError)
  })

  it('refuses a window that is not of the tensor, and a tensor without weights', async () => {
    const { tensor } = matrix(4, 4, () => 0)
    for (const [row, rows] of [
      [0, 5],
      [-1, 2],
      [4, 0],
      [0.5, 1],
    ] as const)
      await expect(
        tensorPicture(tensor, wish('peak', 1, 1, { window: { row, rows, column: 0, columns: 4 } })),
      ).rejects.toBeInstanceOf(FormatError)
    await expect(tensorPicture({ ...tensor, rows: 0 }, wish('peak', 1, 1))).rejects.toBeInstanceOf(FormatError)
  })

  it('is that of the plain sums, whatever window, cells and unit', async () => {
    const size = fc.integer({ min: 1, max: 40 })
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    await fc.assert(
      fc.asyncProperty(
        ...([size, size, share, share, share, share, size, size, fc.constantFrom(1, 4, 16)] as const),
        async (rows, wide, r0, r1, c0, c1, across, down, unit) => {
          const columns = 16 * wide
          const part = (all: number, a: number, b: number) => {
            const first = Math.floor(Math.min(a, b) * (all - 1))
            return [first, Math.max(1, Math.ceil(Math.abs(a - b) * (all - first)))] as const
          }
          const [row, high] = part(rows, r0, r1)
          const [column, width] = part(columns, c0, c1)
          const window = { row, rows: Math.min(high, rows - row), column, columns: Math.min(width, columns - column) }
          const weightOf = (y: number, x: number) => ((y * 31 + x * 17) % 23) - 11
          const { tensor } = matrix(rows, columns, weightOf, unit)
          const picture = await tensorPicture(tensor, wish('peak', across, down, { window }))
          expect(picture.read).toBe(window.rows * window.columns)
          let at = 0
          for (let y = 0; y < picture.down; y++)
            for (let x = 0; x < picture.across; x++) {
              let found = 0
              const edge = (cell: number, cells: number, all: number) => Math.floor((cell * all) / cells)
              for (let i = edge(y, picture.down, window.rows); i < edge(y + 1, picture.down, window.rows); i++)
                for (
                  let j = edge(x, picture.across, window.columns);
                  j < edge(x + 1, picture.across, window.columns);
                  j++
                ) {
                  const value = weightOf(row + i, column + j)
                  if (Math.abs(value) > Math.abs(found)) found = value
                }
              expect(picture.cells[at++]).toBe(found)
            }
          const { counts } = picture.statistics.histogram
          expect(counts.reduce((sum, count) => sum + count, 0)).toBe(picture.read)
        },
      ),
      { numRuns: 60 },
    )
  })
})

it('a histogram doubles its reach without losing a count', async () => {
  const values = [0, 1e-12, -1e-6, 0.25, -0.25, 3, -1000]
  const { tensor } = matrix(1, values.length, (_, column) => values[column]!)
  const { histogram } = (await tensorPicture(tensor, wish('peak', 9, 1))).statistics
  expect(histogram.reach).toBe(1024)
  const step = (2 * histogram.reach) / histogram.counts.length
  const at = (value: number) => histogram.counts[Math.floor((value + histogram.reach) / step)]
  expect([at(-1000), at(3), at(0)]).toEqual([1, 4, 4])
  expect(at(-0.25)).toBe(2)
})
