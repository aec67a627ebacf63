import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AffineSample, anyAffine } from '../../test/affine'
import { testGpu } from '../../test/device'
import { packInto, unpackInto } from './pack'

/** Packs in two panels of rows and unpacks again. */
async function roundTrip({ linear, codes }: AffineSample) {
  const gpu = await testGpu()
  const { out, in: columns, segments } = linear
  const perm = gpu.upload(linear.perm ?? Uint32Array.from({ length: columns }, (_, i) => i))
  const words = gpu.upload(new Uint32Array(linear.codes.length).fill(0xdeadbeef))
  const middle = out >> 1
  const rec = gpu.record()
  const panels = [0, middle].map((row, i) => {
    const end = i === 0 ? middle : out
    const plain = gpu.upload(Uint32Array.from(codes.subarray(row * columns, end * columns)), [end - row, columns])
    if (end > row) packInto(rec, plain, perm, words, { segments, out, row })
    return plain
  })
  const unpacked = gpu.alloc([out, columns], 'u32')
  unpackInto(rec, words, perm, unpacked, { segments, out })
  await gpu.submit(rec)
  const result = { words: await gpu.readU32(words), codes: Uint8Array.from(await gpu.readU32(unpacked)) }
  gpu.free(perm, words, unpacked, ...panels)
  return result
}

describe('pack', () => {
  it('makes the words that the host makes, and unpacks them again', async () => {
    const holds = async (sample: AffineSample) => {
      expect(await roundTrip(sample)).toEqual({ words: sample.linear.codes, codes: sample.codes })
    }
    await fc.assert(fc.asyncProperty(anyAffine, holds), { numRuns: 60 })
  })
})
