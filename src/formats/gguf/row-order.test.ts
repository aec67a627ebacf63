import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gatherRows, pairedRows, type RowOrder, regroupedRows } from './row-order'

const rows = (count: number) => Array.from({ length: count }, (_, row) => row)

describe('the order of rows', () => {
  it('of q and k is that of reshape(heads, 2, d / 2).swapaxes(1, 2)', () => {
    expect(rows(12).map(pairedRows(6).toCheckpoint)).toEqual([0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11])
  })

  it('of q, k and v at once is that of three parts of reshape(heads, 3, d)', () => {
    // two heads of two: q0 k0 v0 q1 k1 v1
    expect(rows(12).map(regroupedRows(2, 2).toCheckpoint)).toEqual([0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11])
  })

  const orders = fc
    .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 4 }), fc.boolean())
    .map(([heads, half, fused]): [RowOrder, number] => {
      const order = fused ? regroupedRows(heads, 2 * half) : pairedRows(2 * half)
      return [order, fused ? order.multiple : heads * order.multiple]
    })
  it('goes there and back, and any rows are found in it', async () => {
    await fc.assert(
      fc.asyncProperty(orders, fc.nat(), fc.nat(), async ([order, count], a, b) => {
        for (const row of rows(count)) expect(order.toCheckpoint(order.toFile(row))).toBe(row)
        const [start, end] = [a % (count + 1), b % (count + 1)].sort((x, y) => x - y) as [number, number]
        const file = Uint8Array.from(rows(count), (row) => order.toCheckpoint(row))
        const read = async (first: number, last: number) => {
          expect(first >= 0 && last <= count).toBe(true)
          return file.subarray(first, last)
        }
        const found = await gatherRows(read, 1, { start, end }, order.unit, order.toFile)
        expect([...found]).toEqual(rows(count).slice(start, end))
      }),
      { seed: 1 },
    )
  })
})
