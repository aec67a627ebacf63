import { CHUNK, type Width } from '../formats/quantized'

/** `make` of 0, 1 … `count` − 1. */
export const counted = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i))

const MANTISSA = 23
const ONE = '0x3f800000u'

/**
 * How the codes of a chunk, in variables `word_{row}_{i}`, come into mantissas, as WGSL. Codes in the mantissa of a number from 1
 * to 2 need no conversion, which takes longer than all the rest: code/2^bits at its top, and below it those of the next columns, so
 * that one shift serves several. The ones come off as Σx at the end of the chunk; that costs the lowest code 8 of 24 bits at most.
 */
export function mantissasOf(bits: Width) {
  const low = 2 ** bits - 1
  if (32 % bits !== 0) {
    const to = MANTISSA - bits
    return {
      shifted: () => [],
      mantissa: (r: number, i: number) => `${straddling(bits, r, i, to)} | ${ONE}`,
      weight: () => 2 ** bits,
    }
  }
  const together = bits <= 2 ? 4 : bits === 4 ? 2 : 1
  const words = 32 / bits
  const to = (i: number) => MANTISSA - bits * (together - (i % together))
  const by = (i: number) => (i % words) * bits - to(i)
  const name = (r: number, i: number) =>
    `word_${r}_${Math.floor(i / words)}_${by(i) < 0 ? `up${-by(i)}` : `down${by(i)}`}`
  return {
    shifted: (r: number) =>
      counted(CHUNK / together, (part) => {
        const i = part * together
        return `let ${name(r, i)} = ${moved(`word_${r}_${Math.floor(i / words)}`, by(i))} | ${ONE};`
      }),
    mantissa: (r: number, i: number) => `${name(r, i)} & ${0x3f800000 + low * 2 ** to(i)}u`,
    /** 2^bits for the highest of those that share a shift. */
    weight: (i: number) => 2 ** (MANTISSA - to(i)),
  }
}

const moved = (name: string, by: number) => (by === 0 ? name : by > 0 ? `(${name} >> ${by}u)` : `(${name} << ${-by}u)`)

/** Column i of the chunk in row r: the bits of its code moved to bit `to` of a word, the others 0. */
function straddling(bits: Width, r: number, i: number, to: number): string {
  const at = (i * bits) % 32
  const word = Math.floor((i * bits) / 32)
  const low = moved(`word_${r}_${word}`, at - to)
  if (at + bits <= 32) return `(${low} & ${(2 ** bits - 1) * 2 ** to}u)`
  const high = moved(`word_${r}_${word + 1}`, at - 32 - to)
  return `((${low} & ${(2 ** (32 - at) - 1) * 2 ** to}u) | (${high} & ${(2 ** (at + bits - 32) - 1) * 2 ** (to + 32 - at)}u))`
}
