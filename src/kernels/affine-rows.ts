import rowsSource from '../../shaders/affine_rows.wgsl?raw'
import affineSource from '../../shaders/lib/affine.wgsl?raw'
import cellsSource from '../../shaders/lib/affine_cells.wgsl?raw'
import codesSource from '../../shaders/lib/codes.wgsl?raw'
import f16Source from '../../shaders/lib/f16.wgsl?raw'
import { CHUNK, type Grid } from '../formats/quantized'
import { grid1d, type Kernel, splitRows, wgsl } from '../gpu/kernel'
import { GRIDS } from './dequantize-affine'
import { bySharing } from './sharing'

/** Operations that a weight takes beside its products, for time budgets. */
const OPERATIONS = 3

/** What decides the source text: `scattered` where a chunk's columns may belong to several groups. */
export interface AffineVariant {
  readonly grid: Grid['type']
  readonly scattered: boolean
}

export interface AffineRowsShape {
  readonly tokens: number
  /** First token to take. */
  readonly token: number
  readonly chunks: number
  readonly rows: number
  readonly groups: number
  readonly yStride: number
  readonly yOffset: number
}

export type AffinePart = 'codes' | 'cells' | 'chunks' | 'owners'

/**
 * y [tokens, out] = x [tokens, slots] · Ŵᵀ of one panel, for up to `most` tokens, column after column: for software adapters,
 * where compiling what affine-vector.ts unrolls takes longer than it saves, and for chunks whose columns have several groups.
 */
export const affineRows = (most: number, { grid, scattered }: AffineVariant) =>
  bySharing<Kernel<'x' | AffinePart | 'y', AffineRowsShape>>(({ source, constants, items, suffix }) => ({
    label: `codes of any bits${scattered ? ' scattered' : ''}, ${grid} · ${most} tokens${suffix}`,
    wgsl: wgsl([f16Source, codesSource, source, rowsSource, affineSource, cellsSource], {
      ...{ ...constants, TOKENS: most, CHUNK, SCATTERED: scattered, GRID: GRIDS[grid] },
      ...{ SYMMETRIC: GRIDS.symmetric, ZERO: GRIDS.zero },
    }),
    bindings: { x: 'read', codes: 'read', cells: 'read', chunks: 'read', owners: 'read', y: 'read_write' },
    params: {
      ...({ chunks: 'u32', rows: 'u32', row: 'u32', groups: 'u32' } as const),
      ...({ yStride: 'u32', yOffset: 'u32', tokens: 'u32', token: 'u32' } as const),
    },
    passes: ({ rows: all, ...shape }, device) =>
      splitRows(all, items, shape.chunks * CHUNK * (OPERATIONS + 2 * most), device).map(({ row, rows: part }) => ({
        groups: grid1d(part, items, device),
        params: { ...shape, rows: row + part, row },
      })),
    cost: ({ chunks, rows: all }) => ({
      flops: all * chunks * CHUNK * (OPERATIONS + 2 * most),
      bytes: all * chunks * CHUNK + 4 * most * (all + chunks * CHUNK),
    }),
  }))
