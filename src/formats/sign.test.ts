import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { anySign, type SignSample, type SignShape, signSample } from '../../test/sign'
import { dequantize } from './dequantize'
import { decodeFloat16, encodeFloat16 } from './floats'
import { csrOf, dequantizeSign, signColumnBits } from './sign'

const half = (value: number) => decodeFloat16(encodeFloat16(Float32Array.of(value)))[0]!

/** Weight by weight from what was packed. */
function expected({ parts }: SignSample): Float32Array {
  const { out, in: columns, groups, blockColumns, perRow, signs, ids, amplitudes, centers, sparse } = parts
  const cells = Math.ceil(columns / blockColumns)
  const weights = new Float32Array(out * columns)
  for (let row = 0; row < out; row++)
    for (let column = 0; column < columns; column++) {
      const at = row * columns + column
      const cell = Math.floor(column / blockColumns)
      const rank = Array.from(parts.columns!.indices).indexOf(column)
      if (rank >= 0) {
        const level = (i: number) => half(parts.columns!.levels[(row * cells + cell) * 3 + i]!)
        const second = parts.columns!.signs[row * parts.columns!.indices.length + rank]
        const once = Math.fround(level(0) + (signs[at] ? level(1) : -level(1)))
        weights[at] = once + (second ? level(2) : -level(2))
      } else {
        const of = ((perRow ? row * cells : 0) + cell) * groups + ids![at]!
        const amplitude = half(amplitudes[of]!)
        weights[at] = (centers ? half(centers[of]!) : 0) + (signs[at] ? amplitude : -amplitude)
      }
    }
  for (const [i, position] of sparse!.positions.entries()) {
    const row = Math.floor(position / columns)
    const zero = sparse!.zeros?.[row] ?? 2 ** (sparse!.bits - 1)
    weights[position] = half(sparse!.scales[row]!) * (sparse!.codes[i]! - zero)
  }
  return weights.map((weight) => weight + 0)
}

const plain: SignShape = {
  ...{ out: 3, columns: 40, groups: 2, blockColumns: 16, perRow: true, centered: true, bits: 4, zeros: true },
  ...{ sparse: 'some', salient: 'some', seed: 5 },
}

describe('a sign linear', () => {
  it('stands for what was packed', () => {
    fc.assert(
      fc.property(anySign, (sample) => {
        expect(dequantizeSign(sample.linear).map((weight) => weight + 0)).toEqual(expected(sample))
      }),
      { numRuns: 200 },
    )
  })

  it('is dequantized by its kind', () => {
    const { linear } = signSample(plain)
    expect(dequantize(linear)).toEqual(dequantizeSign(linear))
  })

  it('lists its weights apart by rows', () => {
    fc.assert(
      fc.property(anySign, ({ linear, parts }) => {
        const csr = csrOf(linear)
        const positions = parts.sparse!.positions
        if (!csr) {
          expect(positions).toHaveLength(0)
          return
        }
        const { starts, columns } = csr
        const found = [...columns].map((column, i) => (starts.findIndex((start) => start > i) - 1) * linear.in + column)
        expect(found).toEqual([...positions])
        expect(starts).toHaveLength(linear.out + 1)
        expect(starts[linear.out]).toBe(positions.length)
      }),
    )
  })

  it('keeps nothing where a weight is apart', () => {
    const { linear, parts } = signSample({ ...plain, sparse: 'row', salient: 'none', out: 1 })
    expect(linear.signs.every((word) => word === 0) && linear.ids!.every((word) => word === 0)).toBe(true)
    expect(parts.signs.some((sign) => sign === 1)).toBe(true)
  })
})

describe('the bits of a column', () => {
  it('are those of its planes', () => {
    const bits = signColumnBits(signSample({ ...plain, sparse: 'none', groups: 3, salient: 'none' }).linear)
    expect([...bits]).toEqual(new Array(40).fill(3))
  })

  it('count a second sign', () => {
    const { linear, parts } = signSample({ ...plain, sparse: 'none' })
    const salient = new Set(Array.from(parts.columns!.indices))
    expect([...signColumnBits(linear)]).toEqual(
      linear.columns && [...new Array(40).keys()].map((j) => (salient.has(j) ? 3 : 2)),
    )
  })

  it('count codes and gaps of the weights apart', () => {
    const { linear, parts } = signSample({ ...plain, groups: 1, salient: 'none' })
    const bits = signColumnBits(linear)
    const counts = new Array(40).fill(0)
    for (const position of parts.sparse!.positions) counts[position % 40]++
    for (const [j, count] of counts.entries()) expect(bits[j]! > 1).toBe(count > 0)
    const extra = bits.reduce((sum, b) => sum + b - 1, 0) * linear.out
    const { count, gaps } = linear.sparse!
    expect(extra).toBeGreaterThan(count * (4 + 1) - 1e-3)
    expect(extra).toBeLessThanOrEqual(count * 4 + gaps.length * 32 + 1e-3)
  })
})
