import { expect, it } from 'vitest'
import { scaledAgain, scaledWindow } from './scaling'

const vector = (...values: number[]) => Float32Array.from(values)

it('multiplies a window by the factors of its own rows and columns', () => {
  const window = { row: 1, column: 2, columns: 3 }
  const scaling = { rows: vector(1, 10, 100), columns: vector(9, 9, 2, 3, 4) }
  expect([...scaledWindow(vector(1, 1, 1, 5, 6, 7), window, scaling)]).toEqual([20, 30, 40, 1000, 1800, 2800])
  expect([...scaledWindow(vector(1, 2, 3), window, { rows: null, columns: null })]).toEqual([1, 2, 3])
})

it('adds up what was scaled several times', () => {
  const columns = scaledAgain(undefined, { rows: null, columns: vector(2, 4) })
  const rows = scaledAgain(columns, { rows: vector(3), columns: null })
  expect(scaledAgain(rows, { rows: vector(5), columns: vector(0.5, 0.25) })).toEqual({
    rows: vector(15),
    columns: vector(1, 1),
  })
})
