import { placeSegments } from './affine'
import type { AffineLinear } from './quantized'

/** Reads the stored integers of a linear in stored order. */
export interface CodeReader {
  /** All codes of a row, into `codes` [in]. */
  row(row: number, codes: Uint8Array): void
  one(row: number, stored: number): number
}

export function codeReader({ in: columns, out, segments, codes: words }: AffineLinear): CodeReader {
  const placed = placeSegments(segments, out)
  // of every column: its word in row 0, words from row to row, bits of the word before it, its own
  const [word, stride, shift, width] = [0, 1, 2, 3].map(() => new Uint32Array(columns)) as [Lane, Lane, Lane, Lane]
  for (const { bits, first, columns: count, chunks, base } of placed)
    for (let i = 0; i < count; i++) {
      word[first + i] = base + ((i * bits) >>> 5)
      stride[first + i] = chunks * bits
      shift[first + i] = (i * bits) & 31
      width[first + i] = bits
    }
  return {
    row: (row, codes) => {
      for (const { bits, first, columns: count, chunks, base } of placed)
        unpack(words, base + row * chunks * bits, bits, codes, first, first + count)
    },
    one: (row, stored) => {
      const index = word[stored]! + row * stride[stored]!
      const [from, bits] = [shift[stored]!, width[stored]!]
      let code = words[index]! >>> from
      if (from + bits > 32) code |= words[index + 1]! << (32 - from)
      return code & ((1 << bits) - 1)
    },
  }
}

type Lane = Uint32Array<ArrayBuffer>

/** Codes of `bits` bits from the word `at` on, into `codes` [start, end). */
function unpack(words: Uint32Array, at: number, bits: number, codes: Uint8Array, start: number, end: number): void {
  const mask = (1 << bits) - 1
  if (32 % bits === 0) {
    for (let i = start; i < end; at++) {
      let rest = words[at]!
      for (const last = Math.min(end, i + 32 / bits); i < last; i++) {
        codes[i] = rest & mask
        rest >>>= bits
      }
    }
    return
  }
  // a code may lie across two words: the bits in hand and the next word's are joined
  let [held, size] = [0, 0]
  for (let i = start; i < end; i++) {
    if (size >= bits) {
      codes[i] = held & mask
      held >>>= bits
      size -= bits
      continue
    }
    const next = words[at++]!
    codes[i] = (held | (next << size)) & mask
    held = next >>> (bits - size)
    size += 32 - bits
  }
}
