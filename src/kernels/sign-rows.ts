import levelsSource from '../../shaders/lib/sign_levels.wgsl?raw'
import signsSource from '../../shaders/lib/signs.wgsl?raw'
import rowsSource from '../../shaders/sign_rows.wgsl?raw'
import { grid1d, type Kernel, splitRows, wgsl } from '../gpu/kernel'
import { bySharing } from './sharing'
import { LEVEL_OPERATIONS, type Plane, type SignRowsShape, signParams } from './sign-panel'

/**
 * y [tokens, out] = x [tokens, in] · Ŵᵀ of one panel, column after column: for software adapters, where compiling what
 * sign-vector.ts unrolls takes longer than it saves, and for cells that end within a word.
 */
export const signRows = (tokens: number, salient: boolean) =>
  bySharing<Kernel<'x' | Plane | 'y', SignRowsShape>>(({ source, constants, items, suffix }) => ({
    label: `sign rows ${tokens}${salient ? ' salient' : ''}${suffix}`,
    wgsl: wgsl([signsSource, levelsSource, source, rowsSource], { ...constants, TOKENS: tokens, SALIENT: salient }),
    bindings: { x: 'read', planes: 'read', levels: 'read', ranks: 'read', second: 'read', y: 'read_write' },
    params: {
      ...({ columns: 'u32', rows: 'u32', row: 'u32', yStride: 'u32', yOffset: 'u32' } as const),
      ...({ spare0: 'u32', spare1: 'u32', spare2: 'u32', ...signParams } as const),
    },
    passes: ({ columns, rows, yStride, yOffset, signs }, device) =>
      splitRows(rows, items, columns * (LEVEL_OPERATIONS + 2 * tokens), device).map(({ row, rows: part }) => ({
        groups: grid1d(part, items, device),
        params: { columns, rows: row + part, row, yStride, yOffset, spare0: 0, spare1: 0, spare2: 0, ...signs },
      })),
    cost: ({ columns, rows, signs }) => ({
      flops: rows * columns * (LEVEL_OPERATIONS + 2 * tokens),
      bytes: (rows * columns * (1 + signs.idPlanes)) / 8 + 4 * tokens * (rows + columns),
    }),
  }))
