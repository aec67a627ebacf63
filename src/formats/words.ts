/** Where element i of lane j of a matrix lies: i·step + j·lane. */
export interface Strides {
  readonly step: number
  readonly lane: number
}

/** `lanes` strings of `length` codes of `bits` bits each. */
export interface Lanes {
  readonly length: number
  readonly lanes: number
  readonly bits: number
}

/** Words that `length` codes take as one bit string. */
export const denseWords = (length: number, bits: number): number => Math.ceil((length * bits) / 32)

/** Words that they take where none crosses from a word into the next. */
export const paddedWords = (length: number, bits: number): number => Math.ceil(length / Math.floor(32 / bits))

/**
 * Packs every lane as a little-endian bit string in words of its own, as both GPTQ (along rows and columns) and
 * compressed-tensors do; what lies past a lane's end is 0.
 */
export function packWords(
  values: Uint8Array,
  from: Strides,
  to: Strides,
  { length, lanes, bits }: Lanes,
): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(denseWords(length, bits) * lanes)
  for (let lane = 0; lane < lanes; lane++)
    for (let i = 0; i < length; i++) {
      const value = values[i * from.step + lane * from.lane]!
      const shift = (i * bits) % 32
      const word = Math.floor((i * bits) / 32) * to.step + lane * to.lane
      words[word]! |= value << shift
      if (shift + bits > 32) words[word + to.step]! |= value >>> (32 - shift)
    }
  return words
}

/** The codes again; `padded` where none crosses from a word into the next. */
export function unpackWords(
  words: Uint32Array,
  from: Strides,
  to: Strides,
  { length, lanes, bits }: Lanes,
  padded = false,
): Uint8Array<ArrayBuffer> {
  const values = new Uint8Array(length * lanes)
  const mask = 2 ** bits - 1
  const perWord = Math.floor(32 / bits)
  for (let lane = 0; lane < lanes; lane++)
    for (let i = 0; i < length; i++) {
      const bit = padded ? Math.floor(i / perWord) * 32 + (i % perWord) * bits : i * bits
      const shift = bit % 32
      const word = Math.floor(bit / 32) * from.step + lane * from.lane
      const low = words[word]! >>> shift
      const high = shift + bits > 32 ? words[word + from.step]! << (32 - shift) : 0
      values[i * to.step + lane * to.lane] = (low | high) & mask
    }
  return values
}
