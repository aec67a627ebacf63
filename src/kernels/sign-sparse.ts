import apartSource from '../../shaders/lib/sign_apart.wgsl?raw'
import signsSource from '../../shaders/lib/signs.wgsl?raw'
import rowsSource from '../../shaders/sparse_rows.wgsl?raw'
import tokensSource from '../../shaders/sparse_tokens.wgsl?raw'
import { grid1d, type Kernel, splitRows, wgsl } from '../gpu/kernel'
import { bySharing } from './sharing'
import { LEVEL_OPERATIONS, type SignRowsShape, signParams } from './sign-panel'

/** Tokens and rows of an invocation, and columns of a stretch: all of the workgroup memory that WebGPU guarantees. */
const [TOKENS, ROWS, SIZE, TILE] = [4, 2, 256, 1024]

export type SparsePart = 'starts' | 'columns' | 'values' | 'levels' | 'ranks'

export interface SparseShape extends SignRowsShape {
  readonly tokens: number
  /** Weights apart. */
  readonly count: number
}

type SparseKernel = Kernel<'x' | SparsePart | 'y', SparseShape>

const bindings: SparseKernel['bindings'] = {
  ...{ x: 'read', starts: 'read', columns: 'read', values: 'read', levels: 'read', ranks: 'read', y: 'read_write' },
}

const cost = ({ tokens, count }: SparseShape) => ({ flops: tokens * count * LEVEL_OPERATIONS, bytes: count * 8 })

/** y [tokens, out] += x [tokens, in] · what the weights apart of a panel differ by from what the planes hold, by outputs. */
export const sparseRows = (salient: boolean) =>
  bySharing<SparseKernel>(({ source, constants, items, suffix }) => ({
    label: `sparse rows${salient ? ' salient' : ''}${suffix}`,
    wgsl: wgsl([signsSource, apartSource, source, rowsSource], { ...constants, SALIENT: salient }),
    bindings,
    params: {
      ...({ outputs: 'u32', columns: 'u32', rows: 'u32', output: 'u32', yStride: 'u32', yOffset: 'u32' } as const),
      ...({ spare0: 'u32', spare1: 'u32', ...signParams } as const),
    },
    passes: ({ tokens, columns, rows, yStride, yOffset, count, signs }, device) =>
      splitRows(tokens * rows, items, (count / rows) * LEVEL_OPERATIONS, device).map(({ row: output, rows: part }) => ({
        groups: grid1d(part, items, device),
        params: {
          ...{ outputs: output + part, columns, rows, output, yStride, yOffset, spare0: 0, spare1: 0, ...signs },
        },
      })),
    cost,
  }))

/** The same for many tokens, with x in workgroup memory. */
export const sparseTokens = (salient: boolean): SparseKernel => ({
  label: `sparse tokens${salient ? ' salient' : ''}`,
  wgsl: wgsl([signsSource, apartSource, tokensSource], { SIZE, ROWS, TILE, SALIENT: salient }),
  bindings,
  params: {
    ...({ tokens: 'u32', columns: 'u32', rows: 'u32', token: 'u32', yStride: 'u32', yOffset: 'u32' } as const),
    ...({ spare0: 'u32', spare1: 'u32', ...signParams } as const),
  },
  passes: ({ tokens, columns, rows, yStride, yOffset, count, signs }, device) =>
    splitRows(tokens, TOKENS, count * LEVEL_OPERATIONS, device).map(({ row: token, rows: part }) => ({
      groups: [Math.ceil(rows / (SIZE * ROWS)), Math.ceil(part / TOKENS)],
      params: { tokens: token + part, columns, rows, token, yStride, yOffset, spare0: 0, spare1: 0, ...signs },
    })),
  cost,
})
