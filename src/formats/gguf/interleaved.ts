import type { ByteSource } from '../bytes'
import type { GgufTensor } from './header'
import { type GgmlType, ggmlTypes } from './types'

/**
 * Files of 2024 hold Q4_0 and IQ4_NL with the blocks of some rows together: their float16 numbers, then `part` bytes of codes of each row in
 * turn, in Q4_0 with the upper bit of every code flipped. Later llama.cpp does that when it loads a file: make_block_q4_0x4 and those
 * beside it in repack.cpp.
 */
const types = {
  Q4_0_4_4: { as: 'Q4_0', part: 4, flip: 0x88 },
  Q4_0_4_8: { as: 'Q4_0', part: 8, flip: 0x88 },
  Q4_0_8_8: { as: 'Q4_0', part: 8, flip: 0x88 },
  IQ4_NL_4_4: { as: 'IQ4_NL', part: 4, flip: 0 },
} as const

/** How a tensor's bytes are read as rows one after another, which most are in the file, and the type that they then are of. */
export function rowByRow(file: ByteSource, { type, shape, offset, bytes }: GgufTensor, known: GgmlType) {
  if (!Object.hasOwn(types, type.name)) return { type: known, read: file.read.bind(file) }
  const { as, part, flip } = types[type.name as keyof typeof types]
  const { rows: together } = known
  const group = (together * bytes * shape.at(-1)!) / shape.reduce((product, dim) => product * dim, 1)
  const read: ByteSource['read'] = async (from, length) => {
    const first = Math.floor((from - offset) / group)
    const end = Math.ceil((from - offset + length) / group)
    const mixed = await file.read(offset + first * group, (end - first) * group)
    const rows = new Uint8Array(mixed.length)
    for (let at = 0; at < mixed.length; at += group)
      sort(mixed.subarray(at, at + group), rows.subarray(at, at + group), together, part, flip)
    const start = from - offset - first * group
    return rows.slice(start, start + length)
  }
  return { type: ggmlTypes[as], read }
}

const BLOCK = 18
const HALF = 2

/** Sorts one group of rows. */
function sort(mixed: Uint8Array, rows: Uint8Array, together: number, part: number, flip: number): void {
  const rowBytes = mixed.length / together
  for (let block = 0; block < rowBytes / BLOCK; block++) {
    const halves = block * together * BLOCK
    for (let row = 0; row < together; row++) {
      const to = row * rowBytes + block * BLOCK
      for (let i = 0; i < HALF; i++) rows[to + i] = mixed[halves + HALF * row + i]!
      for (let i = 0; i < BLOCK - HALF; i++) {
        const turn = Math.floor(i / part) * together + row
        rows[to + HALF + i] = mixed[halves + HALF * together + turn * part + (i % part)]! ^ flip
      }
    }
  }
}
