import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FormatError } from '../errors'
import { areFinite, decodeFloat16, encodeBfloat16, encodeFloat16, larger, toFloat32, wordsOf } from './floats'

/** The value of a finite float16, by the definition of the format. */
function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const mantissa = bits & 1023
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25))
}
const isFinite16 = (bits: number) => (bits & 0x7c00) !== 0x7c00
const allHalves = Uint16Array.from({ length: 65536 }, (_, i) => i)
const bytesOf = (array: ArrayBufferView) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

/** The nearest float16 by search: of two equally near the even one, infinity standing where 65536 would be. */
function nearestHalf(value: number): number {
  let low = 0
  let high = 0x7c00
  const magnitude = Math.abs(value)
  const at = (bits: number) => (bits === 0x7c00 ? 65536 : halfValue(bits))
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (at(middle) <= magnitude) low = middle
    else high = middle
  }
  const below = magnitude - at(low)
  const above = at(high) - magnitude
  const chosen = below < above || (below === above && low % 2 === 0) ? low : high
  return chosen | (value < 0 || Object.is(value, -0) ? 0x8000 : 0)
}

describe('float16', () => {
  it('decodes every value', () => {
    const values = decodeFloat16(allHalves)
    const wrong = allHalves.filter((bits) => isFinite16(bits) && !Object.is(values[bits], halfValue(bits)))
    expect([...wrong]).toEqual([])
    expect([values[0x7c00], values[0xfc00], values[0x7e00]]).toEqual([Infinity, -Infinity, NaN])
  })

  it('gives every value back as it was', () => {
    const again = encodeFloat16(decodeFloat16(allHalves))
    // A signalling NaN comes back as the quiet one of the same payload.
    const expected = allHalves.map((bits) => (isFinite16(bits) || bits % 1024 === 0 ? bits : bits | 0x200))
    expect(again).toEqual(expected)
  })

  it('rounds to the nearest, ties to even', () => {
    const value = fc.oneof(
      fc.float({ noNaN: true }),
      fc.float({ min: -70000, max: 70000, noNaN: true }),
      fc.float({ min: Math.fround(-1e-4), max: Math.fround(1e-4), noNaN: true }),
      // Half-way between two neighbours.
      fc.integer({ min: 0, max: 0x7bfe }).map((bits) => (halfValue(bits) + halfValue(bits + 1)) / 2),
    )
    const rounds = (x: number) => expect(encodeFloat16(Float32Array.of(x))[0]).toBe(nearestHalf(Math.fround(x)))
    fc.assert(
      fc.property(value, (x) => void rounds(x)),
      { numRuns: 3000 },
    )
  })

  it.each([
    [65504, 0x7bff],
    [65519.996, 0x7bff],
    [65520, 0x7c00],
    [1e30, 0x7c00],
    [-Infinity, 0xfc00],
    [2 ** -24, 1],
    [2 ** -25, 0],
    [-(2 ** -14), 0x8400],
    [-0, 0x8000],
  ])('encodes %d as %d', (value, bits) => {
    expect(encodeFloat16(Float32Array.of(value))[0]).toBe(bits)
  })

  it('keeps NaN a NaN', () => {
    const bits = Uint32Array.of(0x7f800001, 0xffc00000, 0x7fffffff)
    for (const half of encodeFloat16(new Float32Array(bits.buffer))) expect((half & 0x7fff) > 0x7c00).toBe(true)
  })
})

describe('toFloat32', () => {
  const values = Float32Array.of(0, -1.5, 3.25, Infinity, NaN, 2 ** -20)

  it('reads each float dtype', () => {
    expect(toFloat32(bytesOf(values), 'F32')).toEqual(values)
    expect(toFloat32(bytesOf(Float64Array.from(values)), 'F64')).toEqual(values)
    expect(toFloat32(bytesOf(encodeFloat16(values)), 'F16')).toEqual(values)
    const upper = Uint16Array.from(new Uint32Array(values.buffer), (bits) => bits >>> 16)
    expect(toFloat32(bytesOf(upper), 'BF16')).toEqual(values)
  })

  it('reads from an odd address and leaves the bytes alone', () => {
    const padded = new Uint8Array(25)
    padded.set(bytesOf(values), 1)
    const floats = toFloat32(padded.subarray(1), 'F32')
    expect(floats).toEqual(values)
    floats.fill(9)
    expect(padded.subarray(1)).toEqual(bytesOf(values))
  })

  it('refuses integers', () => {
    expect(() => toFloat32(new Uint8Array(4), 'I32')).toThrow(FormatError)
  })
})

describe('words and exponents', () => {
  it('takes any bytes as words, what is missing at the end being 0', () => {
    const bytes = Uint8Array.from({ length: 20 }, (_, i) => i)
    expect([...wordsOf(bytes.subarray(4, 12))]).toEqual([0x07060504, 0x0b0a0908])
    expect(wordsOf(bytes.subarray(4, 12)).buffer).toBe(bytes.buffer)
    expect([...wordsOf(bytes.subarray(1, 7))]).toEqual([0x04030201, 0x00000605])
  })

  it('finds the one value that is not finite, wherever it is', () => {
    const dtypes = { F32: 4, F16: 2, BF16: 2, F64: 8 } as const
    const kinds = fc.constantFrom(...(Object.keys(dtypes) as (keyof typeof dtypes)[]))
    fc.assert(
      fc.property(kinds, fc.uint8Array({ minLength: 0, maxLength: 80 }), fc.nat(3), (dtype, drawn, shift) => {
        const whole = drawn.subarray(shift)
        const bytes = new Uint8Array(drawn.buffer, whole.byteOffset, whole.length - (whole.length % dtypes[dtype]))
        return areFinite(bytes, dtype) === toFloat32(bytes, dtype).every(Number.isFinite)
      }),
    )
    for (const [dtype, exponent] of [
      ['F16', 0x7c00],
      ['BF16', 0x7f80],
    ] as const)
      for (const at of [0, 1, 2]) {
        const halves = new Uint16Array(3).fill(exponent - 1)
        expect(areFinite(bytesOf(halves) as Uint8Array<ArrayBuffer>, dtype)).toBe(true)
        halves[at] = 0x8000 | exponent
        expect(areFinite(bytesOf(halves) as Uint8Array<ArrayBuffer>, dtype)).toBe(false)
      }
  })
})

describe('larger', () => {
  it('keeps the float of larger size by its bits, the first of equals, and never what is no number', () => {
    const bits = (value: number) => new Int32Array(Float32Array.of(value).buffer)[0]!
    const float = fc.float({ noNaN: true })
    fc.assert(
      fc.property(float, float, (kept, value) => {
        expect(larger(bits(kept), bits(value))).toBe(bits(Math.abs(value) > Math.abs(kept) ? value : kept))
      }),
    )
    for (const none of [0x7fc00000, -1, 0x7f800001]) expect(larger(bits(0), none)).toBe(0)
    expect(larger(bits(1), bits(-Infinity))).toBe(bits(-Infinity))
  })
})

describe('bfloat16', () => {
  it('gives every value back as it was, NaN as some NaN', () => {
    const values = toFloat32(bytesOf(allHalves), 'BF16')
    const back = encodeBfloat16(values)
    expect([...allHalves.filter((bits) => !Number.isNaN(values[bits]!) && back[bits] !== bits)]).toEqual([])
    expect(toFloat32(bytesOf(back), 'BF16').map(Number.isNaN as never)).toEqual(values.map(Number.isNaN as never))
  })

  it('rounds to the nearest, ties to even, beyond the largest to infinity', () => {
    const step = 2 ** -7
    const values = Float32Array.of(1 + step / 2, 1 + 1.5 * step, 1 + 0.51 * step, -1 - step / 2, 3.4e38, -0)
    expect([...toFloat32(bytesOf(encodeBfloat16(values)), 'BF16')]).toEqual([
      ...[1, 1 + 2 * step, 1 + step, -1, Infinity, -0],
    ])
  })
})
