import { readBits, wordsFor, writeBits } from './bit-string'

/** Ascending positions in a matrix as the gaps between them; `SparseWeights` says how a gap is coded. */
export interface Gaps {
  readonly count: number
  readonly gapBits: number
  readonly gaps: Uint32Array<ArrayBuffer>
}

/** Widths that a code of gaps may have. */
export const MOST_GAP_BITS = 16

/** Codes that stand for a gap: those that skip, and the one that ends it. */
const codesOf = (gap: number, gapBits: number): number => 1 + Math.floor(gap / (2 ** gapBits - 1))

function forEachGap(positions: Uint32Array, visit: (gap: number) => void): void {
  let next = 0
  for (const position of positions) {
    visit(position - next)
    next = position + 1
  }
}

/** Codes ascending positions, in codes of the width that stores least. */
export function encodeGaps(positions: Uint32Array): Gaps {
  const codes = new Float64Array(MOST_GAP_BITS + 1)
  forEachGap(positions, (gap) => {
    for (let bits = 1; bits <= MOST_GAP_BITS; bits++) codes[bits]! += codesOf(gap, bits)
  })
  let gapBits = 1
  const size = (bits: number) => wordsFor(codes[bits]!, bits)
  for (let bits = 2; bits <= MOST_GAP_BITS; bits++) if (size(bits) < size(gapBits)) gapBits = bits

  const gaps = new Uint32Array(size(gapBits))
  const skip = 2 ** gapBits - 1
  let at = 0
  const write = (code: number) => {
    writeBits(gaps, at, gapBits, code)
    at += gapBits
  }
  forEachGap(positions, (gap) => {
    let left = gap
    for (; left >= skip; left -= skip) write(skip)
    write(left)
  })
  return { count: positions.length, gapBits, gaps }
}

/**
 * The positions, and how many bits of the string they take. Those that lie at `size` or beyond, and those that the
 * string ends before, are missing.
 */
export function decodeGaps({ count, gapBits, gaps }: Gaps, size: number): { positions: Uint32Array; bits: number } {
  const positions = new Uint32Array(count)
  const skip = 2 ** gapBits - 1
  const end = gaps.length * 32 - gapBits
  let found = 0
  let next = 0
  let at = 0
  for (; found < count && at <= end; at += gapBits) {
    const code = readBits(gaps, at, gapBits)
    next += code
    if (next >= size) break
    if (code !== skip) positions[found++] = next++
  }
  return { positions: positions.subarray(0, found), bits: at }
}

/** The most words that the gaps of `count` positions among `size` can take. */
export const mostGapWords = (count: number, size: number, gapBits: number): number =>
  wordsFor(count + Math.floor((size - count) / (2 ** gapBits - 1)), gapBits)
