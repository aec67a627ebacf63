import { describe, expect, it } from 'vitest'
import { Journal } from './journal'

describe('the journal of a reconstruction', () => {
  it('keeps every step of a short one', () => {
    const journal = new Journal(4)
    journal.add([4, 3], 0.8)
    journal.countFlips(0.1)
    journal.add([2, 1], 0.5)
    const { step, loss, soft, flips } = journal.record()
    expect([...step]).toEqual([1, 2, 3, 4])
    expect([...loss]).toEqual([4, 3, 2, 1])
    expect([...soft]).toEqual([0.8, 0.8, 0.5, 0.5].map(Math.fround))
    expect([...flips]).toEqual([Number.NaN, Math.fround(0.1), Number.NaN, Number.NaN])
    expect(journal.taken).toBe(4)
  })

  it('keeps means of a long one', () => {
    const journal = new Journal(5000)
    journal.add(
      Array.from({ length: 5000 }, (_, i) => i),
      1,
    )
    const { step, loss } = journal.record()
    expect(step).toHaveLength(500)
    expect([step[0], loss[0], loss[499]]).toEqual([10, 4.5, 4994.5])
  })
})
