import { describe, expect, it } from 'vitest'
import type { TensorPicture } from '../../file-records'
import { sortedTensors } from '../TensorTable'
import { barAt, barsOf, barText } from './tensor-histogram'
import { cellsFor, cellText, coloursOf, layoutTensor, tensorCellAt } from './tensor-map'
import { windowBetween, zoomed } from './tensor-window'

const picture: TensorPicture = {
  ...{ rows: 100, columns: 1000, window: { row: 10, rows: 20, column: 100, columns: 40 } },
  ...{ lane: 'peak', lanes: ['peak'], across: 4, down: 2, weights: 800, read: 800, block: null },
  cells: Float32Array.of(0.5, -0.25, 1, Number.NaN, 0, 0, 0, 0.125),
  statistics: {
    ...{ zeros: 0, nans: 0, infinities: 0, min: 0, max: 0, mean: 0, deviation: 0 },
    histogram: { reach: 1, counts: [0, 2, 0, 3] },
  },
}

describe('a heatmap', () => {
  it('says which rows and columns a cell is of', () => {
    expect(cellText(picture, { x: 1, y: 1 })).toBe(
      'Rows 20 to 29, columns 110 to 119: 0, the weight furthest from zero',
    )
    expect(cellText(picture, { x: 3, y: 0 })).toBe('Rows 10 to 19, columns 130 to 139: nothing finite')
    const single = { ...picture, window: { row: 3, rows: 2, column: 5, columns: 4 } }
    expect(cellText(single, { x: 0, y: 0 })).toBe('Row 3, column 5: 0.500')
  })

  it('says codes, and entries of codebooks at any scale, as they are', () => {
    const cells = Float32Array.of(1234, -8, 0.875, 3, 0, 0, 0, 0)
    const single = { ...picture, cells, window: { row: 3, rows: 2, column: 5, columns: 4 } }
    expect(cellText({ ...picture, cells, lane: 'entry' }, { x: 0, y: 0 })).toMatch(
      /: 1,234, the index of its first entry$/,
    )
    expect(cellText({ ...single, lane: 'entry' }, { x: 0, y: 0 })).toBe('Row 3, column 5: 1,234')
    expect(cellText({ ...single, lane: 'level' }, { x: 1, y: 0 })).toBe('Row 3, column 6: −8')
    expect(cellText({ ...single, lane: 'level' }, { x: 2, y: 0 })).toBe('Row 3, column 7: 0.875')
    expect(cellText({ ...single, lane: 'code' }, { x: 3, y: 0 })).toBe('Row 3, column 8: 3')
    expect(cellText({ ...picture, cells, lane: 'level' }, { x: 1, y: 0 })).toMatch(
      /: −8\.00, the mean of what the codebook gives/,
    )
  })

  it('finds the cell under the pointer', () => {
    const layout = layoutTensor(picture, 640)
    expect(tensorCellAt(layout, picture, layout.left + 1, layout.top + 1)).toEqual({ x: 0, y: 0 })
    expect(tensorCellAt(layout, picture, layout.left + layout.width - 1, layout.top + layout.height - 1)).toEqual({
      x: 3,
      y: 1,
    })
    expect(tensorCellAt(layout, picture, layout.left - 1, layout.top)).toBeNull()
    expect(cellsFor(1)).toEqual({ across: 1, down: 110 })
  })

  it('zooms to what was dragged over, and in and out within the tensor', () => {
    expect(windowBetween(picture, { x: 2, y: 1 }, { x: 1, y: 0 })).toEqual({
      row: 10,
      rows: 20,
      column: 110,
      columns: 20,
    })
    expect(zoomed(picture, 0.5, null)).toEqual({ row: 15, rows: 10, column: 110, columns: 20 })
    expect(zoomed(picture, 0.5, { x: 3, y: 1 })).toEqual({ row: 18, rows: 10, column: 118, columns: 20 })
    expect(zoomed(picture, 0.01, null)).toMatchObject({ rows: 8, columns: 8 })
    expect(zoomed(picture, 3, { x: 0, y: 0 })).toMatchObject({ row: 0, rows: 60, columns: 120 })
    expect(zoomed(picture, 100, null)).toBeNull()
  })

  it('has colours around zero where something is negative, from zero up elsewhere, and lets outliers share the last', () => {
    expect(coloursOf(picture)).toMatchObject({ ramp: null, scale: { low: -1, high: 1 }, beyond: null })
    const cells = Float32Array.from({ length: 1000 }, (_, i) => (i === 7 ? 50 : 0.123))
    expect(coloursOf({ cells, lane: 'rms' })).toMatchObject({ scale: { low: 0, high: 0.12 }, beyond: 50 })
    expect(coloursOf({ cells, lane: 'code' })).toMatchObject({ scale: { low: 0, high: 50 }, beyond: null })
    expect(coloursOf({ cells: Float32Array.of(0), lane: 'peak' })).toMatchObject({ scale: { low: 0, high: 1 } })
  })
})

it('a histogram begins and ends with what there is', () => {
  const bars = barsOf(picture.statistics.histogram)
  expect(bars).toEqual([
    { from: -0.5, to: 0, count: 2 },
    { from: 0, to: 0.5, count: 0 },
    { from: 0.5, to: 1, count: 3 },
  ])
  expect(barText(bars, 2)).toBe('0.5 to 1: 3 weights')
  expect([barAt(bars, 0, 640), barAt(bars, 65, 640), barAt(bars, 631, 640)]).toEqual([null, 0, 2])
  expect(barsOf({ reach: 1, counts: [0, 0] })).toEqual([])
})

it('a table sorts names by their numbers, and sizes by what they are', () => {
  const tensor = (name: string, bytes: number, weights: number) => ({
    ...({ name, type: 'F16', shape: [bytes], bytes, weights, kind: 'other', place: null } as const),
  })
  const tensors = [tensor('blk.10.a', 4, 2), tensor('blk.2.a', 400, 800), tensor('blk.2.b', 40, 0)]
  const names = (key: 'name' | 'bytes' | 'bits', falls: boolean) =>
    sortedTensors(tensors, { key, falls }).map(({ name }) => name)
  expect(names('name', false)).toEqual(['blk.2.a', 'blk.2.b', 'blk.10.a'])
  expect(names('bytes', true)).toEqual(['blk.2.a', 'blk.2.b', 'blk.10.a'])
  expect(names('bits', true)).toEqual(['blk.10.a', 'blk.2.a', 'blk.2.b'])
})
