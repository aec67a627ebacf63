import { decodeFloat16, encodeFloat16 } from '../floats'

/** The value of every float16: 256 KiB once. */
export const everyHalf = (() => {
  let table: Float32Array | undefined
  return () => (table ??= decodeFloat16(Uint16Array.from({ length: 65536 }, (_, bits) => bits)))
})()

const one = new Float32Array(1)

/** The bits of the float16 that is this value, or −1 where none is. */
export function exactHalf(value: number): number {
  one[0] = value
  const half = encodeFloat16(one)
  return Number.isFinite(value) && decodeFloat16(half)[0] === value ? half[0]! : -1
}

/** Writes the bits of a float16, little-endian. */
export function putHalf(bytes: Uint8Array, at: number, half: number): void {
  bytes[at] = half & 0xff
  bytes[at + 1] = half >>> 8
}

/** Every float16 is a multiple of this. */
const UNIT = 2 ** -24

/** A float16 and the whole numbers that give some values as its multiples. */
export interface Multiples {
  readonly half: number
  /** values[i] = |half|·factors[i]. */
  readonly factors: Int32Array
}

/**
 * The coarsest float16 of which all values are multiples by whole numbers of at most `most`, or null where there is none.
 * Every factor is as small as can be: a finer unit only makes them larger.
 */
export function multiplesOf(values: ArrayLike<number>, most: number): Multiples | null {
  const counted = commonOf(values, most)
  if (!counted) return null
  const { common, largest } = counted
  if (common === 0) return { half: 0, factors: new Int32Array(values.length) }
  for (let part = 1; part * largest <= most * common; part++) {
    const unit = (common / part) * UNIT
    const half = common % part === 0 ? exactHalf(unit) : -1
    if (half >= 0) return { half, factors: Int32Array.from(values, (value) => value / unit) }
  }
  return null
}

/**
 * The finest number of at most `bits` significant bits of which all values are multiples by whole numbers of at most `most`;
 * 0 where all are 0, null where there is none.
 */
export function finestUnit(values: ArrayLike<number>, most: number, bits: number): number | null {
  const counted = commonOf(values, most)
  if (!counted) return null
  const { common, largest } = counted
  if (common === 0) return 0
  for (let part = Math.floor((most * common) / largest); part >= 1; part--) {
    const unit = common / part
    if (Number.isInteger(unit) && significantBits(unit) <= bits) return unit * UNIT
  }
  return null
}

function significantBits(whole: number): number {
  let odd = whole
  while (odd % 2 === 0) odd /= 2
  return Math.floor(Math.log2(odd)) + 1
}

/** The greatest common divisor of values and the largest of them, in units; null where they are more than `most` apart. */
function commonOf(values: ArrayLike<number>, most: number): { common: number; largest: number } | null {
  let common = 0
  let largest = 0
  for (let i = 0; i < values.length; i++) {
    let units = Math.abs(values[i]!) / UNIT
    if (!Number.isInteger(units)) return null
    largest = Math.max(largest, units)
    for (let rest = common; rest > 0; ) [units, rest] = [rest, units % rest]
    common = units
    if (largest > most * common) return null
  }
  return { common, largest }
}
