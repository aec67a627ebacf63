import f16 from '../../shaders/lib/f16.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import signCodes from '../../shaders/lib/sign_codes.wgsl?raw'
import packFieldSource from '../../shaders/pack_field.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'

/** Sources of kernels that make or read codes near one bit. */
export const signCodeSources = [f16, signCodes] as const

/** Where the parts of such a code lie; see lib/sign_codes.wgsl. */
export const SIGN_FIELDS = { sign: 0, group: 1, second: 2, salient: 3, grid: 8 } as const

export interface FieldShape {
  readonly rows: number
  readonly columns: number
  /** Columns that `order` names. */
  readonly count: number
  readonly shift: number
  /** 1, 2, 4, 8, 16 or 32. */
  readonly bits: number
}

/** Words that a row of packed fields takes. */
export const fieldWords = (count: number, bits: number): number => Math.ceil((count * bits) / 32)

/** Packs one part of codes u32 [rows, columns]; with one bit it is a plane of a `SignLinear`. */
export const packField: Kernel<'codes' | 'order' | 'words', FieldShape> = {
  label: 'pack field',
  wgsl: wgsl([grid, packFieldSource], { SIZE: 64 }),
  bindings: { codes: 'read', order: 'read', words: 'read_write' },
  params: { rows: 'u32', columns: 'u32', count: 'u32', shift: 'u32', bits: 'u32' },
  passes: (shape, device) => [
    { groups: grid1d(shape.rows * fieldWords(shape.count, shape.bits), 64, device), params: { ...shape } },
  ],
  cost: ({ rows, count, bits }) => ({ flops: 6 * rows * count, bytes: rows * count * (4 + bits / 8) }),
}
