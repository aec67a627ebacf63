import { codeWords, rangeGrid, stepOf, zeroGrid } from '../formats/affine'
import type { AffineLinear, Grid, Width } from '../formats/quantized'
import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { mixedBlock } from '../kernels/mixed'
import { packInto } from '../kernels/pack'
import { GPTQ_BLOCK } from '../kernels/quantize'
import { recordColumns } from './columns'
import type { Factor } from './factor'
import { type MixedLayout, originalOrder } from './mixed-layout'
import { allocRanges, freeRanges, type RangeOptions, type RangeTensors, recordFindRange } from './mixed-ranges'

/** Tensors of a linear whose columns are quantized to several widths. */
export interface MixedTensors extends RangeTensors {
  /** u32 [in]: original column at each place of the quantization order. */
  readonly order: Tensor
  /** u32 [out, in], original column order. */
  readonly codes: Tensor
}

/** `order`: original column at each place of the quantization order, any permutation; the original order when missing. */
export function allocMixed(
  gpu: Gpu,
  rec: Recorder,
  out: number,
  layout: MixedLayout,
  order = originalOrder(layout.widths.length),
): MixedTensors {
  const tensor = gpu.alloc([order.length], 'u32', 'order')
  rec.write(tensor, order)
  return {
    ...allocRanges(gpu, rec, out, layout, order),
    order: tensor,
    codes: gpu.alloc([out, order.length], 'u32', 'codes'),
  }
}

export function freeMixed(gpu: Gpu, tensors: MixedTensors): void {
  freeRanges(gpu, tensors)
  gpu.free(tensors.order, tensors.codes)
}

/**
 * GPTQ's column loop over columns of several widths, in the order that `tensors` were made for. Blocks are of 128 columns,
 * or of a group when groups are smaller: before each, the groups that begin in it are ranged on the weights as they
 * are then, with all their columns. `weight` [out, in] is in original order.
 *
 * @param factor U [in, in] in quantization order; diag H [in] in original order, 0 where a column is dead
 */
export function recordMixed(
  gpu: Gpu,
  rec: Recorder,
  weight: Tensor,
  { upper, diagonal }: Pick<Factor, 'upper' | 'diagonal'>,
  tensors: MixedTensors,
  options: RangeOptions,
): void {
  const { layout, out: rows, order, columns: places, lows, ranges, codes } = tensors
  const columns = layout.widths.length
  const block = Math.min(layout.groupSize, GPTQ_BLOCK)
  recordColumns(gpu, rec, weight, { upper, order, diagonal }, block, ({ w, errors, first, count, u, uRow }) => {
    recordFindRange(rec, w, tensors, options, first, first + count)
    rec.run(
      mixedBlock(rec.traits.software),
      { w, u, columns: places, lows, ranges, codes, errors },
      { rows, columns, groups: layout.groups, first, count, uRow },
    )
  })
}

/** Packs finished codes and brings them to the host; `whole` as their ranges were found. */
export async function collectMixed(
  gpu: Gpu,
  name: string,
  tensors: MixedTensors,
  whole = false,
): Promise<AffineLinear> {
  const { layout, out, codes, lows, ranges } = tensors
  const { widths, segments, perm, storedGroupOf: groupOf, groupSize, groups, rule } = layout
  const words = gpu.alloc([codeWords(segments, out)], 'u32', 'packed codes')
  const stored = gpu.upload(perm ?? originalOrder(widths.length))
  const rec = gpu.record()
  packInto(rec, codes, stored, words, { segments, out })
  await gpu.submit(rec)
  const [packed, min, range] = await Promise.all([gpu.readU32(words), gpu.readF32(lows), gpu.readF32(ranges)])
  gpu.free(words, stored)
  return {
    ...{ kind: 'affine', name, out, in: widths.length, perm, segments, groupOf, groupSize, groups },
    ...(rule && { rule }),
    ...{ codes: packed, grid: whole ? wholeGrid(layout, min, range) : rangeGrid(min, range) },
  }
}

/** Steps and zeros of whole levels, which `wholeLevels` left in low = −zero·step and range = step·top. */
function wholeGrid({ widths, groupOf, groups }: MixedLayout, low: Float32Array, range: Float32Array): Grid {
  const bits = new Uint8Array(groups)
  widths.forEach((width, column) => {
    bits[groupOf[column]!] = width
  })
  const steps = range.map((value, cell) => stepOf(value, bits[cell % groups]!))
  const zeros = Array.from(low, (value, cell) => (steps[cell]! > 0 ? Math.round(-value / steps[cell]!) : 0))
  return zeroGrid(steps, zeros, Math.max(...bits) as Width)
}
