import dequantizeSource from '../../shaders/dequantize_sign.wgsl?raw'
import gridSource from '../../shaders/lib/grid.wgsl?raw'
import levelsSource from '../../shaders/lib/sign_levels.wgsl?raw'
import signsSource from '../../shaders/lib/signs.wgsl?raw'
import scatterSource from '../../shaders/scatter_sparse.wgsl?raw'
import { grid1d, type Kernel, splitRows, wgsl } from '../gpu/kernel'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { type PackedSign, type SignValues, type SparsePanel, signParams, signTensors, signValues } from './sign-panel'

interface RowsShape {
  readonly rows: number
  readonly columns: number
  readonly packedRow: number
  readonly plainRow: number
}

const SIZE = 64
/** Integer operations a weight, for time budgets. */
const OPERATIONS = 48

type Bindings = 'planes' | 'levels' | 'ranks' | 'second' | 'weights'

const dequantizeOf = (salient: boolean): Kernel<Bindings, RowsShape & { readonly signs: SignValues }> => ({
  label: `dequantize sign${salient ? ' salient' : ''}`,
  wgsl: wgsl([gridSource, signsSource, levelsSource, dequantizeSource], { SIZE, SALIENT: salient }),
  bindings: { planes: 'read', levels: 'read', ranks: 'read', second: 'read', weights: 'read_write' },
  params: { rows: 'u32', columns: 'u32', packedRow: 'u32', plainRow: 'u32', ...signParams },
  passes: ({ rows, columns, packedRow, plainRow, signs }, device) =>
    splitRows(rows, 1, columns * OPERATIONS, device).map(({ row, rows: part }) => ({
      groups: grid1d(part * columns, SIZE, device),
      params: { rows: part, columns, packedRow: packedRow + row, plainRow: plainRow + row, ...signs },
    })),
  cost: ({ rows, columns }) => ({ flops: rows * columns * OPERATIONS, bytes: rows * columns * 4 }),
})

const kernels = { plain: dequantizeOf(false), salient: dequantizeOf(true) }

const scatter: Kernel<'starts' | 'columns' | 'values' | 'weights', RowsShape & { first: number; count: number }> = {
  label: 'scatter weights apart',
  wgsl: wgsl([gridSource, scatterSource], { SIZE }),
  bindings: { starts: 'read', columns: 'read', values: 'read', weights: 'read_write' },
  params: { first: 'u32', count: 'u32', rows: 'u32', columns: 'u32', packedRow: 'u32', plainRow: 'u32' },
  passes: ({ first, count, rows, columns, packedRow, plainRow }, device) =>
    splitRows(count, SIZE, OPERATIONS, device).map(({ row, rows: part }) => ({
      groups: grid1d(part, SIZE, device),
      params: { first: first + row, count: part, rows, columns, packedRow, plainRow },
    })),
  cost: ({ count }) => ({ flops: count * OPERATIONS, bytes: count * 16 }),
}

/**
 * Writes rows [start, start + n) to `weights` (f32 [n, in]): levels by the planes, then the weights apart over them. Equal
 * to `dequantizeSign` of src/formats/sign.ts to the bit.
 */
export function dequantizeSignInto(rec: Recorder, packed: PackedSign, weights: Tensor, start: number): void {
  const [count = 0, columns = 0] = weights.shape
  const kernel = packed.ranks ? kernels.salient : kernels.plain
  for (const panel of packed.panels) {
    const from = Math.max(start, panel.start)
    const rows = Math.min(start + count, panel.start + panel.rows) - from
    if (rows <= 0) continue
    const place = { rows, columns, packedRow: from - panel.start, plainRow: from - start }
    rec.run(kernel, { ...signTensors(packed, panel), weights }, { ...place, signs: signValues(packed, panel) })
    if (panel.sparse) scatterInto(rec, panel.sparse, weights, place)
  }
}

function scatterInto(rec: Recorder, sparse: SparsePanel, weights: Tensor, place: RowsShape): void {
  const { starts, columns, values, at } = sparse
  const first = at[place.packedRow]!
  const count = at[place.packedRow + place.rows]! - first
  if (count > 0) rec.run(scatter, { starts, columns, values, weights }, { ...place, first, count })
}
