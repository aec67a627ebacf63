import { packBits } from '../../formats/bit-string'
import { decodeFloat16, encodeFloat16 } from '../../formats/floats'
import { encodeGaps } from '../../formats/gaps'
import type { SignLinear, SparseWeights } from '../../formats/quantized'
import { idPlanes, planeWords } from '../../formats/sign'
import type { Gpu } from '../../gpu/device'
import type { Tensor } from '../../gpu/tensor'
import { GROUP_SHIFT, sageCodes, take } from '../../kernels/sage'
import { packField, SIGN_FIELDS } from '../../kernels/sign-codes'
import type { Shape } from '../memory'
import type { Fit } from './fit'
import type { SageOptions } from './options'

/** Scales as they are stored: float16, and what these stand for. */
export interface StoredScales {
  readonly scales: Uint16Array<ArrayBuffer>
  readonly amplitudes: Uint16Array<ArrayBuffer>
  /** Null where c is 0. */
  readonly centers: Uint16Array<ArrayBuffer> | null
  /** c, µ₁ … µ_G */
  readonly levels: Float32Array<ArrayBuffer>
}

/** The largest float16: scales must stay finite. */
const MOST = 65504
const toHalf = (values: Float32Array) => encodeFloat16(values.map((value) => Math.min(MOST, Math.max(-MOST, value))))

/** Rounds the scales of a fit to float16, on the GPU too: codes are then chosen against what is stored. */
export async function storeScales(gpu: Gpu, fit: Fit): Promise<StoredScales> {
  const [levels, alphas] = await Promise.all([gpu.readF32(fit.levels), gpu.readF32(fit.alphas)])
  const [scales, halves] = [toHalf(alphas), toHalf(levels)]
  const rec = gpu.record()
  const rounded = decodeFloat16(halves)
  rec.write(fit.levels, rounded)
  rec.write(fit.alphas, decodeFloat16(scales))
  await gpu.submit(rec)
  const amplitudes = halves.slice(1)
  const centers = rounded[0] === 0 ? null : new Uint16Array(amplitudes.length).fill(halves[0]!)
  return { scales, amplitudes, centers, levels: rounded }
}

/** Codes u32 [rows, columns] of all weights under the stored scales; see shaders/lib/sage_rounded.wgsl. */
export async function nearestCodes(gpu: Gpu, fit: Fit, { salientBits }: SageOptions): Promise<Tensor> {
  const { w, stats, selection, levels, alphas, shape } = fit
  const codes = gpu.alloc([shape.rows, shape.columns], 'u32', 'codes')
  const rec = gpu.record()
  rec.run(
    sageCodes(fit.groups),
    { w, stats, selection, codes, levels, alphas },
    { ...shape, top: 2 ** salientBits - 1 },
  )
  await gpu.submit(rec)
  return codes
}

/** Planes on the GPU beside the codes: signs, ids, the mask of salient weights, and the columns' order. */
export const planeShapes = (rows: number, columns: number, groups: number): Shape[] => [
  ...Array.from({ length: 2 + idPlanes(groups) }, () => [rows, planeWords(columns)]),
  [columns],
]

/** Packs the codes and brings them to the host. Frees them. */
export async function collectSigns(
  gpu: Gpu,
  name: string,
  codes: Tensor,
  { scales, amplitudes, centers }: StoredScales,
  { salientBits }: SageOptions,
): Promise<SignLinear> {
  const [out = 0, columns = 0] = codes.shape
  const groups = amplitudes.length
  const fields: number[] = [SIGN_FIELDS.sign, SIGN_FIELDS.salient]
  for (let plane = 0; plane < idPlanes(groups); plane++) fields.push(GROUP_SHIFT + plane)
  const order = gpu.upload(Uint32Array.from({ length: columns }, (_, j) => j))
  const planes = fields.map(() => gpu.alloc([out, planeWords(columns)], 'u32', 'plane'))
  const rec = gpu.record()
  for (const [i, shift] of fields.entries())
    rec.run(packField, { codes, order, words: planes[i]! }, { rows: out, columns, count: columns, shift, bits: 1 })
  await gpu.submit(rec)
  const [signs, mask, ...ids] = await Promise.all(planes.map((plane) => gpu.readU32(plane)))
  gpu.free(order, ...planes)
  const positions = positionsOf(mask!, out, columns)
  const sparse = await collectSparse(gpu, codes, positions, salientBits, scales)
  gpu.free(codes)
  return {
    ...{ kind: 'sign', name, out, in: columns, groups, blockColumns: columns, perRow: false },
    ...{ signs: signs!, ids: groups > 1 ? joined(ids) : null, amplitudes, centers, sparse, columns: null },
  }
}

/** Where a plane holds 1, row · columns + column. */
function positionsOf(mask: Uint32Array, rows: number, columns: number): Uint32Array<ArrayBuffer> {
  const positions: number[] = []
  const words = planeWords(columns)
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < words; i++)
      for (let word = mask[row * words + i]!; word !== 0; word &= word - 1)
        positions.push(row * columns + 32 * i + 31 - Math.clz32(word & -word))
  return Uint32Array.from(positions)
}

async function collectSparse(
  gpu: Gpu,
  codes: Tensor,
  found: Uint32Array<ArrayBuffer>,
  bits: SageOptions['salientBits'],
  scales: Uint16Array<ArrayBuffer>,
): Promise<SparseWeights | null> {
  const count = found.length
  if (count === 0) return null
  const positions = gpu.upload(found)
  const taken = gpu.alloc([count], 'u32')
  const rec = gpu.record()
  rec.run(take, { elements: codes, positions, taken }, { count })
  await gpu.submit(rec)
  const salient = await gpu.readU32(taken)
  gpu.free(positions, taken)
  const own = salient.map((code) => code >>> SIGN_FIELDS.grid)
  return { ...encodeGaps(found), bits, codes: packBits(own, bits), scales, zeros: null }
}

function joined(planes: readonly Uint32Array[]): Uint32Array<ArrayBuffer> {
  const all = new Uint32Array(planes.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const plane of planes) {
    all.set(plane, at)
    at += plane.length
  }
  return all
}
