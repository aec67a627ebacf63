import { packBits, readBits } from '../../formats/bit-string'
import { encodeFloat16 } from '../../formats/floats'
import { encodeGaps } from '../../formats/gaps'
import type { SignLinear, SparseWeights, Width } from '../../formats/quantized'
import { planeWords } from '../../formats/sign'
import { countBits } from '../../formats/sign-check'
import type { Gpu } from '../../gpu/device'
import type { Tensor } from '../../gpu/tensor'
import { fieldWords, packField, SIGN_FIELDS } from '../../kernels/sign-codes'
import type { Shape } from '../memory'
import type { PartlyBinarized } from './rounding'

/** Planes of signs and of salient weights, and codes of the latter, a byte a weight. */
export const planeShapes = (out: number, columns: number): Shape[] => [
  [out, planeWords(columns)],
  [out, planeWords(columns)],
  [out, fieldWords(columns, 8)],
]

/** Packs finished codes and brings them to the host. `order`: all columns as they are. */
export async function collectPbllm(
  gpu: Gpu,
  name: string,
  { codes, levels, steps, zeros }: PartlyBinarized,
  order: Tensor,
  { blockColumns, bits }: { blockColumns: number; bits: Width },
): Promise<SignLinear> {
  const [out = 0, columns = 0] = codes.shape
  const [signs, salient, bytes] = planeShapes(out, columns).map((shape) => gpu.alloc(shape, 'u32', 'planes'))
  const rec = gpu.record()
  const whole = { rows: out, columns, count: columns }
  rec.run(packField, { codes, order, words: signs! }, { ...whole, bits: 1, shift: SIGN_FIELDS.sign })
  rec.run(packField, { codes, order, words: salient! }, { ...whole, bits: 1, shift: SIGN_FIELDS.salient })
  rec.run(packField, { codes, order, words: bytes! }, { ...whole, bits: 8, shift: SIGN_FIELDS.grid })
  await gpu.submit(rec)
  const [signWords, salientWords, byteWords, found, scales, offsets] = await Promise.all([
    gpu.readU32(signs!),
    gpu.readU32(salient!),
    gpu.readU32(bytes!),
    gpu.readF32(levels),
    gpu.readF32(steps),
    gpu.readF32(zeros),
  ])
  gpu.free(signs, salient, bytes)
  return {
    ...{ kind: 'sign', name, out, in: columns, groups: 1, blockColumns, perRow: true, ids: null, columns: null },
    signs: signWords,
    centers: encodeFloat16(found.filter((_, i) => i % 2 === 0)),
    amplitudes: encodeFloat16(found.filter((_, i) => i % 2 === 1)),
    sparse: packSparse(salientWords, byteWords, { columns, bits, scales, offsets }),
  }
}

interface Grids {
  readonly columns: number
  readonly bits: Width
  readonly scales: Float32Array
  readonly offsets: Float32Array
}

/** Weights apart from the plane that says which they are; null where there are none. */
function packSparse(
  plane: Uint32Array<ArrayBuffer>,
  bytes: Uint32Array<ArrayBuffer>,
  { columns, bits, scales, offsets }: Grids,
): SparseWeights | null {
  const count = countBits(plane)
  if (count === 0) return null
  const positions = new Uint32Array(count)
  const codes = new Uint8Array(count)
  const [rowWords, rowBytes] = [planeWords(columns), fieldWords(columns, 8)]
  let next = 0
  plane.forEach((word, at) => {
    const row = Math.floor(at / rowWords)
    // bit after bit, the lowest first
    for (let left = word; left !== 0; left &= left - 1) {
      const column = (at - row * rowWords) * 32 + 31 - Math.clz32(left & -left)
      positions[next] = row * columns + column
      codes[next++] = readBits(bytes, (row * rowBytes * 4 + column) * 8, 8)
    }
  })
  return {
    ...encodeGaps(positions),
    ...{ bits, codes: packBits(codes, bits), scales: encodeFloat16(scales), zeros: packBits(offsets, bits) },
  }
}
