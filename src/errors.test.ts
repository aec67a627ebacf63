import { describe, expect, it } from 'vitest'
import * as errors from './errors'
import { BitloomError, errorFrom, type FormatError, invariant } from './errors'

const families = Object.values(errors).filter(
  (value): value is typeof FormatError => typeof value === 'function' && value.prototype instanceof BitloomError,
)

describe('errorFrom', () => {
  it('gives every family back as itself', () => {
    expect(families.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['FormatError', 'GpuLimitError', 'CancelledError', 'StorageError']),
    )
    for (const Family of families) {
      const { name, message, stack } = new Family('where: expected this, got that — do so')
      expect(name).toBe(Family.name)
      const again = errorFrom({ name, message, stack })
      expect(again).toBeInstanceOf(Family)
      expect(again).toMatchObject({ name, message, stack })
    }
  })

  it('makes a plain error of any other', () => {
    for (const name of ['TypeError', 'constructor', 'toString', '']) {
      const error = errorFrom({ name, message: 'oops' })
      expect(error).toBeInstanceOf(Error)
      expect(error).not.toBeInstanceOf(BitloomError)
      expect(error.message).toBe('oops')
    }
  })
})

describe('invariant', () => {
  it('passes what holds, without making its message', () => {
    invariant(true, () => {
      throw new Error('nobody asked')
    })
  })

  it('blames Bitloom, never the person', () => {
    expect(() => invariant(false, 'two and two')).toThrow('bug in Bitloom: two and two')
    expect(() => invariant(0, () => 'made late')).toThrow('bug in Bitloom: made late')
    try {
      invariant(null, 'x')
    } catch (error) {
      expect(error).not.toBeInstanceOf(BitloomError)
    }
  })
})
