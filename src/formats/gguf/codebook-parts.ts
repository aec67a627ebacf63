import { BLOCK, blockLevels, type CodebookLayout, codebookLayouts } from './codebook-blocks'
import { codebookOf } from './codebooks'
import type { DecodeBlock } from './dequantize'
import { everyHalf } from './halves'
import { type GgmlTypeName, ggmlTypes } from './types'

const decoderOf = (layout: CodebookLayout): DecodeBlock => {
  const levels = new Float32Array(BLOCK)
  return (bytes, at, out, to) => {
    blockLevels(layout, codebookOf(layout.book), bytes, at, levels)
    const d = everyHalf()[layout.half(bytes, at)]!
    for (let sub = 0, i = 0; i < BLOCK; sub++) {
      const scale = d * layout.factor(bytes, at, sub)
      for (const end = i + layout.weights; i < end; i++) out[to + i] = scale * levels[i]!
    }
  }
}

export const codebookBlocks: Readonly<Partial<Record<GgmlTypeName, DecodeBlock>>> = Object.fromEntries(
  Object.entries(codebookLayouts).map(([name, layout]) => [name, decoderOf(layout)]),
)

/** What a block of a codebook type is made of: weight = scale · level, to the bit. */
export type CodebookPart = 'level' | 'entry' | 'sign' | 'shift' | 'scale' | 'super'

/** What the blocks of a type choose from and have; null for types without a codebook. */
export function codebookBlock(type: GgmlTypeName) {
  const layout = codebookLayouts[type]
  if (!layout) return null
  const { weights, signs } = layout
  const parts: CodebookPart[] = ['level', 'entry', signs ? 'sign' : 'shift', 'scale', 'super']
  const { width, entries } = codebookOf(layout.book)
  return { weights, parts, book: { weights: width, entries } }
}

/**
 * One part of whole blocks of a type that `codebookBlock` knows: numbers that each belong to `span` weights, in their order. Levels have
 * the signs and shifts in them, entries are indices, scales are what levels are multiplied by, a block's float16 in them.
 */
export function codebookPart(bytes: Uint8Array, type: GgmlTypeName, part: CodebookPart) {
  const layout = codebookLayouts[type]!
  const book = codebookOf(layout.book)
  const size = ggmlTypes[type].bytes
  const blocks = bytes.length / size
  const halves = everyHalf()
  const half = (at: number) => halves[layout.half(bytes, at)]!
  const each = (span: number, read: (at: number, index: number) => number) => {
    const values = new Float32Array(blocks * (BLOCK / span))
    for (let block = 0, to = 0; block < blocks; block++)
      for (let index = 0; index < BLOCK / span; index++) values[to++] = read(block * size, index)
    return { values, span }
  }
  switch (part) {
    case 'level': {
      const values = new Float32Array(blocks * BLOCK)
      for (let block = 0; block < blocks; block++)
        blockLevels(layout, book, bytes, block * size, values.subarray(block * BLOCK, (block + 1) * BLOCK))
      return { values, span: 1 }
    }
    case 'entry':
      return each(book.width, (at, index) => layout.entry(bytes, at, index))
    case 'sign':
      return each(1, (at, index) => ((layout.signs!(bytes, at, index >> 3) >> (index & 7)) & 1 ? -1 : 1))
    case 'shift': {
      const { weights, of } = layout.shift!
      return each(weights, (at, index) => of(bytes, at, (index * weights) / 8))
    }
    case 'scale':
      return each(layout.weights, (at, index) => half(at) * layout.factor(bytes, at, index))
    case 'super':
      return each(BLOCK, half)
  }
}
