import type { SignLinear } from '../formats/quantized'
import {
  cellsARow,
  csrOf,
  idPlanes,
  levelTable,
  planeWords,
  type SparseRows,
  salientRanks,
  salientTable,
} from '../formats/sign'
import type { Gpu } from '../gpu/device'
import { type PackedSign, type SignPanel, type SparsePanel, signParams, signShift, signValues } from './sign-panel'

/** Copies a linear to the GPU at once (see `Gpu.upload`); `maxBytes` bounds one binding. */
export function uploadSign(gpu: Gpu, linear: SignLinear, maxBytes: number): PackedSign {
  const { name, out, in: columns, groups, blockColumns, perRow } = linear
  const apart = csrOf(linear)
  const step = panelRows(linear, maxBytes)
  const panels: SignPanel[] = []
  for (let start = 0; start < out; start += step)
    panels.push(uploadPanel(gpu, linear, apart, start, Math.min(out, start + step)))
  const ranks = linear.columns && Uint32Array.from(salientRanks(columns, linear.columns.mask), (rank) => rank + 1)
  return {
    ...{ kind: 'sign', name, out, in: columns, groups, blockColumns, perRow, panels },
    ranks: ranks && gpu.upload(ranks),
  }
}

/** Gives the memory of an uploaded linear back. */
export function freeSign(gpu: Gpu, { ranks, panels }: PackedSign): void {
  gpu.free(ranks ?? undefined)
  for (const { planes, levels, second, sparse, fields } of panels)
    gpu.free(planes, levels, fields, second ?? undefined, sparse?.starts, sparse?.columns, sparse?.values)
}

function uploadPanel(gpu: Gpu, linear: SignLinear, apart: SparseRows | null, start: number, end: number): SignPanel {
  const levels = levelTable(linear, start, end)
  const salient = salientTable(linear, start, end)
  const table = new Float32Array(levels.length + salient.length)
  table.set(levels)
  table.set(salient, levels.length)
  const second = linear.columns?.signs
  const secondWords = second ? second.length / linear.out : 0
  const panel = {
    ...{ start, rows: end - start, salientAt: levels.length },
    planes: gpu.upload(planesOf(linear, start, end)),
    levels: gpu.upload(table),
    second: second ? gpu.upload(second.slice(start * secondWords, end * secondWords)) : null,
    sparse: apart && uploadSparse(gpu, apart, start, end),
  }
  const values = signValues(linear, panel)
  const numbers = (Object.keys(signParams) as (keyof typeof signParams)[]).map((field) => values[field])
  return { ...panel, fields: gpu.upload(Uint32Array.of(...numbers, signShift(linear.in))) }
}

/** Rows [start, end) of the plane of signs and of every plane of ids. */
function planesOf({ out, in: columns, signs, ids, groups }: SignLinear, start: number, end: number) {
  const words = planeWords(columns)
  const size = (end - start) * words
  const planes = new Uint32Array((1 + idPlanes(groups)) * size)
  planes.set(signs.subarray(start * words, end * words))
  for (let plane = 0; plane < idPlanes(groups); plane++) {
    const first = (plane * out + start) * words
    planes.set(ids!.subarray(first, first + size), (plane + 1) * size)
  }
  return planes
}

function uploadSparse(gpu: Gpu, apart: SparseRows, start: number, end: number): SparsePanel | null {
  const [first, last] = [apart.starts[start]!, apart.starts[end]!]
  if (first === last) return null
  const at = apart.starts.subarray(start, end + 1).map((index) => index - first)
  return {
    ...{ at, starts: gpu.upload(at) },
    columns: gpu.upload(apart.columns.slice(first, last)),
    values: gpu.upload(apart.values.slice(first, last)),
  }
}

/** Rows a panel, so that every array of it fits a binding whatever is apart; the pool refuses where not even one does. */
function panelRows(linear: SignLinear, maxBytes: number): number {
  const { out, in: columns, groups, perRow, columns: salient, sparse } = linear
  const cells = cellsARow(linear)
  const table = (perRow ? cells * groups * 8 : 0) + (salient ? cells * 16 : 0)
  const shared = perRow ? 0 : cells * groups * 8
  const bytes = Math.max(4 * planeWords(columns) * (1 + idPlanes(groups)), table, sparse ? 4 * columns : 0)
  const rows = Math.min(Math.floor((maxBytes - shared) / bytes), 2 ** (32 - signShift(columns)))
  return Math.min(out, Math.max(1, rows))
}
