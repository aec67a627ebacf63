import { cellsARow, idPlanes, planeWords } from '../formats/sign'
import type { Tensor } from '../gpu/tensor'

/** A linear of signs in GPU memory, in panels of rows that fit the device's bindings. */
export interface PackedSign {
  readonly kind: 'sign'
  readonly name: string
  readonly out: number
  readonly in: number
  readonly groups: number
  readonly blockColumns: number
  readonly perRow: boolean
  /** u32 [in]: place among salient columns from 1 on, 0 for the others; null where there are none. */
  readonly ranks: Tensor | null
  readonly panels: readonly SignPanel[]
}

export interface SignPanel {
  readonly start: number
  readonly rows: number
  /** The plane of signs and those of the group ids, [planes, rows, words of a row]. */
  readonly planes: Tensor
  /** f32: the levels of all cells, then from `salientAt` on those of salient columns. */
  readonly levels: Tensor
  readonly salientAt: number
  /** Second signs of salient columns, [rows, words of a row]. */
  readonly second: Tensor | null
  readonly sparse: SparsePanel | null
  /** The fields of the WGSL struct, and the shift of `signShift`: for kernels whose parameters have no room for them. */
  readonly fields: Tensor
}

/** The weights apart of a panel. */
export interface SparsePanel {
  /** First weight of every row, and the end: on the GPU, and here. */
  readonly starts: Tensor
  readonly at: Uint32Array
  readonly columns: Tensor
  readonly values: Tensor
}

/** What kernels that read levels bind of a panel. */
export type Plane = 'planes' | 'levels' | 'ranks' | 'second'

/** Operations that finding a level takes where nothing is kept of it, in floating-point ones, for time budgets. */
export const LEVEL_OPERATIONS = 24

/** The WGSL `struct Signs` of lib/signs.wgsl. */
export const signParams = {
  rowWords: 'u32',
  planeWords: 'u32',
  idPlanes: 'u32',
  groups: 'u32',
  blockColumns: 'u32',
  cells: 'u32',
  rowCells: 'u32',
  secondWords: 'u32',
  salientAt: 'u32',
} as const
export type SignValues = Readonly<Record<keyof typeof signParams, number>>

/** A panel whose rows are multiplied, and where they are among the outputs. */
export interface SignRowsShape {
  readonly columns: number
  readonly rows: number
  readonly yStride: number
  readonly yOffset: number
  readonly signs: SignValues
}

export function signValues(
  linear: Pick<PackedSign, 'in' | 'groups' | 'blockColumns' | 'perRow'>,
  { rows, second, salientAt }: Omit<SignPanel, 'fields'>,
): SignValues {
  const { in: columns, groups, blockColumns, perRow } = linear
  const [rowWords, cells] = [planeWords(columns), cellsARow(linear)]
  return {
    ...{ rowWords, planeWords: rows * rowWords, idPlanes: idPlanes(groups), groups, blockColumns, cells, salientAt },
    ...{ rowCells: perRow ? cells : 0, secondWords: second ? (second.shape[0] ?? 0) / rows : 0 },
  }
}

/** Matmul kernels read a panel as a matrix of rows of 2^shift weights, the least that holds one. */
export const signShift = (columns: number): number => Math.ceil(Math.log2(columns))

/** What a kernel that reads levels binds of a panel; where there are no salient columns, something that is not read. */
export const signTensors = ({ ranks }: PackedSign, { planes, levels, second }: SignPanel) => ({
  ...{ planes, levels, ranks: ranks ?? planes, second: second ?? planes },
})
