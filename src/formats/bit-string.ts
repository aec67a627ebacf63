/** Little-endian bit strings in 32-bit words: bit i of the string is bit i % 32 of word ⌊i / 32⌋. */

/** The `bits`-bit integer (1 to 16) at bit offset `at`. */
export function readBits(words: Uint32Array, at: number, bits: number): number {
  const index = Math.floor(at / 32)
  const shift = at % 32
  const low = words[index]! >>> shift
  const high = shift + bits > 32 ? words[index + 1]! << (32 - shift) : 0
  return (low | high) & ((1 << bits) - 1)
}

/** Writes `value` below 2^bits at bit offset `at`, where the string is still zero. */
export function writeBits(words: Uint32Array, at: number, bits: number, value: number): void {
  const index = Math.floor(at / 32)
  const shift = at % 32
  words[index]! |= value << shift
  if (shift + bits > 32) words[index + 1]! |= value >>> (32 - shift)
}

/** Equally wide integers one after another; the last word is filled up with zeros. */
export function packBits(values: ArrayLike<number>, bits: number): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(wordsFor(values.length, bits))
  for (let i = 0; i < values.length; i++) writeBits(words, i * bits, bits, values[i]!)
  return words
}

/** Words that hold `count` integers of `bits` bits. */
export const wordsFor = (count: number, bits: number): number => Math.ceil((count * bits) / 32)
