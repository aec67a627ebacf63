import vector from '../../shaders/gemv.wgsl?raw'
import shared from '../../shaders/lib/gemm.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'
import { type GemmShape, gemmConstants, gemmParams, gemmValues, operands } from './gemm-shape'
import { remembered } from './remembered'

/** The most rows that are multiplied as vectors. */
export const FEW_ROWS = 4
const LANES = 32
const SIZE = 128

/** C [rows, n] = alpha · A · Bᵀ + beta · C for up to FEW_ROWS rows, B read along its rows. */
export const gemv = remembered(
  (rows: 1 | typeof FEW_ROWS): Kernel<'a' | 'b' | 'c', GemmShape> => ({
    label: `gemv a·bᵀ ${rows}`,
    wgsl: wgsl([shared, operands(false, false).source, vector], {
      ...{ SIZE, LANES, ROWS: rows, ...gemmConstants('full', undefined, { rows, columns: SIZE / LANES }) },
    }),
    bindings: { a: 'read', b: 'read', c: 'read_write' },
    params: gemmParams,
    passes: (shape, device) => [{ groups: grid1d(shape.n, SIZE / LANES, device), params: gemmValues(shape) }],
    cost: ({ m, n, k }) => ({ flops: 2 * m * n * k, bytes: 4 * (m * k + k * n + m * n) }),
  }),
  String,
)
