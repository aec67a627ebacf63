import { describe, expect, it } from 'vitest'
import { ggufFile } from '../../../test/gguf'
import { noiseBlocks } from '../../../test/gguf-blocks'
import { FormatError } from '../../errors'
import { memorySource } from '../bytes'
import { openViewed } from '../viewed'
import { dequantizeBlocks } from './dequantize'
import { readGguf } from './header'
import { entryOf } from './tensors'
import { type GgmlTypeName, ggmlTypes } from './types'

/** As make_block_q4_0x4 and its kin put the blocks of rows together. */
function together(data: Uint8Array, rows: number, of: number, part: number, mask: number): Uint8Array {
  const perRow = data.length / rows / 18
  const out: number[] = []
  for (let group = 0; group < rows / of; group++)
    for (let block = 0; block < perRow; block++) {
      const blocks = Array.from({ length: of }, (_, row) => {
        const at = ((group * of + row) * perRow + block) * 18
        return data.subarray(at, at + 18)
      })
      for (const one of blocks) out.push(one[0]!, one[1]!)
      for (let i = 0; i < 16 * of; i++) {
        const source = Math.floor((i % (of * part)) / part)
        const offset = Math.floor(i / (of * part)) * part + (i % part)
        out.push(blocks[source]![2 + offset]! ^ mask)
      }
    }
  return Uint8Array.from(out)
}

describe.each<[GgmlTypeName, GgmlTypeName, of: number, part: number, mask: number]>([
  ['Q4_0_4_4', 'Q4_0', 4, 4, 0x88],
  ['Q4_0_4_8', 'Q4_0', 4, 8, 0x88],
  ['Q4_0_8_8', 'Q4_0', 8, 8, 0x88],
  ['IQ4_NL_4_4', 'IQ4_NL', 4, 4, 0],
])('%s', (type, as, of, part, mask) => {
  const plain = noiseBlocks('a', as, [16, 96], 1, 3)
  const weights = dequantizeBlocks(plain.data, ggmlTypes[as])
  const fileOf = (shape: readonly number[]) =>
    memorySource(
      ggufFile({ metadata: [], tensors: [{ ...plain, type, shape, data: together(plain.data, 16, of, part, mask) }] }),
      'a.gguf',
    )

  it('is read in any rows as the type that it was made of', async () => {
    const file = fileOf([16, 96])
    const [tensor] = (await readGguf(file)).tensors
    const entry = entryOf(file, tensor!, 'a', { order: null, offset: 0, scale: 1 })
    expect(entry.stored).toEqual({ type, bytes: plain.data.length })
    for (const [start, end] of [
      [0, 16],
      [3, 5],
      [7, 8],
      [9, 9],
    ] as const)
      expect(new Float32Array((await entry.read({ start, end })).buffer)).toEqual(weights.slice(96 * start, 96 * end))
  })

  it('is drawn from any blocks', async () => {
    const { facts, tensors } = await openViewed([fileOf([16, 96])], 'a')
    expect(facts.tensors[0]).toMatchObject({ type, weights: 1536, bytes: 864 })
    const piece = await (await tensors.get('a')!.open())(32 * 8, 32 * 3)
    expect(piece.values).toEqual(weights.subarray(256, 352))
    expect(piece.part('scale').values).toHaveLength(3)
  })

  it('is refused where rows are no whole groups', async () => {
    const error = await readGguf(fileOf([16 * 96])).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(FormatError)
    expect(error.message).toMatch(`expected rows of "a" in groups of ${of} of ${type}, got 1`)
  })
})
