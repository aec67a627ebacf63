import { codeWords, symmetricGrid, zeroGrid } from '../formats/affine'
import type { AffineLinear, Segment, Width } from '../formats/quantized'
import type { Gpu } from '../gpu/device'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { packInto } from '../kernels/pack'
import { findGrid, type GridShape } from '../kernels/quantize'
import { type Later, later } from '../later'
import type { LinearSpec } from '../models/spec'
import type { Moment, Shape } from './memory'

/** A uniform grid: one width, regular groups. */
export interface GridOptions {
  readonly bits: Width
  /** Columns a group; −1 for one group a row. */
  readonly groupSize: number
}

/** The grid that RTN and GPTQ share: min-max ranges in the GPTQ dialect. */
export interface UniformGrid extends GridOptions {
  readonly symmetric: boolean
}

/** Tensors of a linear being quantized on a uniform grid. */
export interface GridTensors {
  readonly shape: GridShape
  /** f32 [out, groups]. */
  readonly steps: Tensor
  readonly zeros: Tensor
  /** u32 [out, in], original column order. */
  readonly codes: Tensor
}

export function gridShape(out: number, columns: number, { bits, groupSize }: GridOptions): GridShape {
  const size = groupSize === -1 ? columns : Math.min(groupSize, columns)
  return { rows: out, columns, groupSize: size, groups: Math.ceil(columns / size), bits }
}

export function allocGrid(gpu: Gpu, out: number, columns: number, grid: GridOptions): GridTensors {
  const shape = gridShape(out, columns, grid)
  return {
    shape,
    steps: gpu.alloc([out, shape.groups]),
    zeros: gpu.alloc([out, shape.groups]),
    codes: gpu.alloc([out, columns], 'u32', 'codes'),
  }
}

/** What a linear on this grid takes: with `working` tensors while its codes are found, and while they are packed. */
export function gridMoments(
  { out, in: columns }: LinearSpec,
  { bits, groupSize }: GridOptions,
  working: Shape[],
): Moment[] {
  const groups = groupSize === -1 ? 1 : Math.ceil(columns / groupSize)
  const grid = [
    [out, columns],
    [out, groups],
    [out, groups],
  ]
  return [{ weights: [...grid, ...working] }, { weights: [...grid, [codeWords([{ bits, columns }], out)], [columns]] }]
}

export const freeGrid = (gpu: Gpu, { steps, zeros, codes }: GridTensors): void => gpu.free(steps, zeros, codes)

/** Finds the ranges of `count` groups from `firstGroup` on; all of them when not given. */
export function recordFindGrid(
  rec: Recorder,
  { shape, steps, zeros }: GridTensors,
  w: Tensor,
  symmetric: boolean,
  firstGroup = 0,
  count = shape.groups,
): void {
  rec.run(findGrid, { w, steps, zeros }, { ...shape, symmetric, firstGroup, count })
}

/** Packs finished codes and brings them to the host. */
export const collectLinear = async (...args: Parameters<typeof submitLinear>): Promise<AffineLinear> =>
  (await submitLinear(...args)).value

/** The same, while the caller goes on; the tensors may be freed. */
export async function submitLinear(
  gpu: Gpu,
  name: string,
  tensors: GridTensors,
  grid: UniformGrid,
): Promise<Later<AffineLinear>> {
  const { shape } = tensors
  const { columns } = shape
  const segments: Segment[] = [{ bits: grid.bits, columns }]
  const perm = gpu.upload(Uint32Array.from({ length: columns }, (_, i) => i))
  const rec = gpu.record()
  const words = recordPack(gpu, rec, tensors, perm)
  await gpu.submit(rec)
  const reading = gpu.read(words, tensors.steps, tensors.zeros)
  gpu.free(words, perm)
  return later(
    reading.then(([codes, steps, zeros]) =>
      asLinear(
        name,
        { shape, segments, grid },
        { codes: new Uint32Array(codes!), steps: new Float32Array(steps!), zeros: new Float32Array(zeros!) },
      ),
    ),
  )
}

/** The packed codes; `perm` u32 [in] counts up. */
export function recordPack(gpu: Gpu, rec: Recorder, { shape, codes }: GridTensors, perm: Tensor): Tensor {
  const { rows: out, columns, bits } = shape
  const segments: Segment[] = [{ bits: bits as Width, columns }]
  const words = gpu.alloc([codeWords(segments, out)], 'u32', 'packed codes')
  packInto(rec, codes, perm, words, { segments, out })
  return words
}

function asLinear(
  name: string,
  { shape, segments, grid }: { shape: GridShape; segments: Segment[]; grid: UniformGrid },
  { codes, steps, zeros }: Pick<AffineLinear, 'codes'> & Record<'steps' | 'zeros', Float32Array<ArrayBuffer>>,
): AffineLinear {
  const { rows: out, columns, groupSize, groups } = shape
  // a one-bit symmetric step spans both levels, its stored scale is half of that
  const scale = grid.symmetric && grid.bits === 1 ? steps.map((step) => step / 2) : steps
  return {
    ...{
      kind: 'affine',
      name,
      out,
      in: columns,
      perm: null,
      segments,
      groupOf: null,
      groupSize,
      groups,
      codes,
    },
    grid: grid.symmetric ? symmetricGrid(scale) : zeroGrid(scale, zeros, grid.bits),
  }
}
