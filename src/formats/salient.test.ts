import fc from 'fast-check'
import { expect, it } from 'vitest'
import { anyAffine } from '../../test/affine'
import { anySign } from '../../test/sign'
import { salientMask, salientShares } from './salient'

it('marks weights apart and whole salient columns, and counts them by column', () => {
  fc.assert(
    fc.property(anySign, ({ linear, parts }) => {
      const { out, in: columns } = linear
      const positions = new Set(parts.sparse?.positions ?? [])
      const whole = new Set(Array.from(parts.columns?.indices ?? []))
      const expected = Uint8Array.from({ length: out * columns }, (_, at) =>
        Number(positions.has(at) || whole.has(at % columns)),
      )
      expect(salientMask(linear)).toEqual(expected)
      const shares = salientShares(linear)!
      expect(shares).toHaveLength(columns)
      expect(shares.reduce((sum, share) => sum + share, 0) * out).toBeCloseTo(
        expected.reduce((sum, one) => sum + one, 0),
        2, // shares are float32
      )
    }),
  )
})

it('marks nothing of affine linears', () => {
  fc.assert(
    fc.property(anyAffine, ({ linear }) => {
      expect([salientMask(linear), salientShares(linear)]).toEqual([null, null])
    }),
    { numRuns: 5 },
  )
})
