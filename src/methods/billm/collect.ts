import { readBits } from '../../formats/bit-string'
import { encodeFloat16 } from '../../formats/floats'
import type { SalientColumns, SignLinear } from '../../formats/quantized'
import { planeWords } from '../../formats/sign'
import type { Gpu } from '../../gpu/device'
import type { Tensor } from '../../gpu/tensor'
import { BILLM_LEVELS } from '../../kernels/billm'
import { packField, SIGN_FIELDS } from '../../kernels/sign-codes'
import type { Shape } from '../memory'
import type { Binarized } from './search'

/** Planes of a linear, and the row that says which columns are salient. */
export const planeShapes = (out: number, columns: number): Shape[] => [
  [out, planeWords(columns)],
  [out, planeWords(columns)],
  [1, planeWords(columns)],
]

/** Packs finished codes and brings them to the host. `order`: all columns as they are. */
export async function collectBillm(
  gpu: Gpu,
  name: string,
  { codes, levels }: Binarized,
  order: Tensor,
  blockSize: number,
): Promise<SignLinear> {
  const [out = 0, columns = 0] = codes.shape
  const cells = levels.shape[1]!
  const [signs, ids, mask] = planeShapes(out, columns).map((shape) => gpu.alloc(shape, 'u32', 'planes'))
  const rec = gpu.record()
  const whole = { rows: out, columns, count: columns, bits: 1 }
  rec.run(packField, { codes, order, words: signs! }, { ...whole, shift: SIGN_FIELDS.sign })
  rec.run(packField, { codes, order, words: ids! }, { ...whole, shift: SIGN_FIELDS.group })
  // a column is salient in all rows or in none
  rec.run(packField, { codes, order, words: mask! }, { ...whole, rows: 1, shift: SIGN_FIELDS.salient })
  await gpu.submit(rec)
  const [signWords, idWords, salient, found] = await Promise.all([
    gpu.readU32(signs!),
    gpu.readU32(ids!),
    gpu.readU32(mask!),
    gpu.readF32(levels),
  ])
  gpu.free(signs, ids, mask)

  const pick = (...places: number[]) =>
    encodeFloat16(
      Float32Array.from(
        { length: out * cells * places.length },
        (_, i) => found[Math.floor(i / places.length) * BILLM_LEVELS + places[i % places.length]!]!,
      ),
    )
  return {
    ...{ kind: 'sign', name, out, in: columns, groups: 2, blockColumns: Math.min(blockSize, columns), perRow: true },
    ...{ signs: signWords, ids: idWords, centers: pick(0, 2), amplitudes: pick(1, 3), sparse: null },
    columns: await collectColumns(gpu, codes, salient, () => pick(4, 5, 6)),
  }
}

/** The second signs of the columns in the mask; null where there are none. */
async function collectColumns(
  gpu: Gpu,
  codes: Tensor,
  mask: Uint32Array<ArrayBuffer>,
  levels: () => Uint16Array<ArrayBuffer>,
): Promise<SalientColumns | null> {
  const [rows = 0, columns = 0] = codes.shape
  const list = Uint32Array.from({ length: columns }, (_, j) => j).filter((j) => readBits(mask, j, 1) === 1)
  if (list.length === 0) return null
  const order = gpu.upload(list)
  const words = gpu.alloc([rows, planeWords(list.length)], 'u32', 'second signs')
  const rec = gpu.record()
  rec.run(packField, { codes, order, words }, { rows, columns, count: list.length, bits: 1, shift: SIGN_FIELDS.second })
  await gpu.submit(rec)
  const signs = await gpu.readU32(words)
  gpu.free(order, words)
  return { mask, signs, levels: levels() }
}
