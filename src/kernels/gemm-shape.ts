import { type Cost, type DeviceTraits, type Pass, splitRows } from '../gpu/kernel'

/** C [m,n] = alpha · op(A) [m,k] · op(B) [k,n] + beta · C, `batch` times with strides; all counts in elements. */
export interface GemmShape {
  readonly m: number
  readonly n: number
  readonly k: number
  readonly lda: number
  readonly ldb: number
  readonly ldc: number
  readonly aOffset: number
  readonly bOffset: number
  readonly cOffset: number
  readonly batch: number
  readonly aBatch: number
  readonly bBatch: number
  readonly cBatch: number
  readonly alpha: number
  readonly beta: number
  /** Splits k: C takes the products of each `partK` of it, cBatch apart, those of one batch after the other. */
  readonly partK?: number | undefined
}

/** Which part of C is wanted: all, or whole tiles touching one triangle of a symmetric or triangular result. */
export type Region = 'full' | 'lower' | 'upper'

/** Which half of a square op(A) holds something; see `MatmulOptions.triangle`. */
export type Triangle = 'upper' | 'lower'

export interface Tile {
  readonly name: string
  readonly source: string
  /** How a tile in workgroup memory loads a B that lies in memory as it is; empty where each weight is read where it is used. */
  readonly loads: string
  readonly rows: number
  readonly columns: number
  /** Of workgroup memory. */
  readonly bytes: number
  /** Rows that what is loaded of B is multiplied with before it is loaded again. */
  readonly sharing: number
  readonly constants: Readonly<Record<string, number>>
}

/** `struct Params` of shaders/lib/gemm.wgsl. */
export const gemmParams = {
  m: 'u32', n: 'u32', k: 'u32', row: 'u32', column: 'u32', parts: 'u32', partK: 'u32', lda: 'u32', ldb: 'u32', ldc: 'u32',
  aOffset: 'u32', bOffset: 'u32', cOffset: 'u32', aBatch: 'u32', bBatch: 'u32', cBatch: 'u32', alpha: 'f32', beta: 'f32',
} as const // biome-ignore format: one struct, one glance

/** Values of those parameters for a part of C from an element on; written out, since a spread of so many takes longer than all the rest. */
export function gemmValues(shape: GemmShape, row = 0, column = 0): Record<keyof typeof gemmParams, number> {
  const { m, n, k, lda, ldb, ldc, aOffset, bOffset, cOffset, aBatch, bBatch, cBatch, alpha, beta } = shape
  const [parts, partK] = [partsOf(k, shape.partK), shape.partK ?? k]
  return {
    m,
    n,
    k,
    row,
    column,
    parts,
    partK,
    lda,
    ldb,
    ldc,
    aOffset,
    bOffset,
    cOffset,
    aBatch,
    bBatch,
    cBatch,
    alpha,
    beta,
  }
}

/**
 * The dispatches of a product, whole tiles of C each: rows of tiles, and parts of one where that is more than a dispatch should do.
 * However C is cut, every element is summed in the same order.
 */
export function gemmPasses(
  shape: GemmShape,
  { rows: height, columns: width }: Pick<Tile, 'rows' | 'columns'>,
  flopsPerElement: number,
  device: DeviceTraits,
): Pass[] {
  const { m, n, k, batch, partK } = shape
  const deep = batch * partsOf(k, partK)
  const ofRow = Math.min(height, m) * flopsPerElement
  const across = n * ofRow > device.flopsPerDispatch ? splitRows(n, width, ofRow, device) : [{ row: 0, rows: n }]
  return splitRows(m, height, n * flopsPerElement, device).flatMap(({ row, rows }) =>
    across.map(({ row: column, rows: columns }) => ({
      groups: [Math.ceil(columns / width), Math.ceil(rows / height), deep] as const,
      params: gemmValues(shape, row, column),
    })),
  )
}

export const partsOf = (k: number, partK = k): number => Math.ceil(k / partK)

/** Numbers of regions, and of the halves that a triangular operand fills. */
export const HALVES = { full: 0, lower: 1, upper: 2 } as const

/** Compile-time constants of shaders/lib/gemm.wgsl. */
export function gemmConstants(
  region: Region,
  triangle: Triangle | undefined,
  { rows, columns }: Pick<Tile, 'rows' | 'columns'>,
) {
  return {
    ...{ LOWER: HALVES.lower, UPPER: HALVES.upper, REGION: HALVES[region], TRIANGLE: HALVES[triangle ?? 'full'] },
    ...{ C_ROWS: rows, C_COLUMNS: columns },
  }
}

/** What a matmul kernel binds, and how it reads it, when C and an operand may be one buffer. */
export function operands(aInC: boolean, bInC: boolean): { names: string[]; source: string } {
  const names = [...(aInC ? [] : ['a']), ...(bInC ? [] : ['b']), 'c']
  const declarations = names.map(
    (name, i) =>
      `@group(0) @binding(${i + 1}) var<storage, ${name === 'c' ? 'read_write' : 'read'}> ${name}: array<f32>;`,
  )
  const readers = [
    `fn read_a(at: u32) -> f32 { return ${aInC ? 'c' : 'a'}[at]; }`,
    `fn read_b(at: u32) -> f32 { return ${bInC ? 'c' : 'b'}[at]; }`,
  ]
  return { names, source: [...declarations, ...readers].join('\n') }
}

/**
 * Parameters, passes and cost of a matmul kernel whose B is made where a tile loads it, from `bits` a weight by `operations`
 * (floating-point ones, for time budgets).
 */
export const madeWhereLoaded = (tile: Tile, { operations, bits }: { operations: number; bits: number }) => {
  const flopsPerWeight = 2 + operations / tile.sharing
  return {
    params: gemmParams,
    passes: (shape: GemmShape, device: DeviceTraits): Pass[] =>
      gemmPasses(shape, tile, shape.k * flopsPerWeight, device),
    cost: ({ m, n, k }: GemmShape): Cost => ({
      flops: m * n * k * flopsPerWeight,
      bytes: 4 * m * (n + k) + (n * k * bits) / 8,
    }),
  }
}
