/** Where a GGUF file has the rows of a checkpoint's tensor. Heads stay whole: their rows lie in chunks of `unit`, in both orders. */
export interface RowOrder {
  readonly unit: number
  /** Rows of a tensor are a multiple of this. */
  readonly multiple: number
  toFile(checkpointRow: number): number
  toCheckpoint(fileRow: number): number
}

/** reshape(heads, 2, d / 2).swapaxes(1, 2): rows that are rotated together lie side by side. */
export function pairedRows(headDim: number): RowOrder {
  const half = headDim / 2
  return {
    ...{ unit: headDim, multiple: headDim },
    toFile(row) {
      const inHead = row % headDim
      return row - inHead + (inHead < half ? 2 * inHead : 2 * (inHead - half) + 1)
    },
    toCheckpoint(row) {
      const inHead = row % headDim
      return row - inHead + (inHead % 2) * half + Math.floor(inHead / 2)
    },
  }
}

/** Rows of q, k and v head by head in a checkpoint, and one after another in the file. */
export function regroupedRows(heads: number, headDim: number): RowOrder {
  const moved = (row: number, outer: number, inner: number) => {
    const chunk = Math.floor(row / headDim)
    return ((chunk % inner) * outer + Math.floor(chunk / inner)) * headDim + (row % headDim)
  }
  return {
    ...{ unit: headDim, multiple: 3 * heads * headDim },
    toFile: (row) => moved(row, heads, 3),
    toCheckpoint: (row) => moved(row, 3, heads),
  }
}

/**
 * Rows [start, end) of what `read` has in another order: row i is its row `placeOf(i)`. Whole chunks are read, those that lie
 * together at once.
 */
export async function gatherRows(
  read: (start: number, end: number) => Promise<Uint8Array>,
  rowBytes: number,
  { start, end }: { start: number; end: number },
  unit: number,
  placeOf: (row: number) => number,
): Promise<Uint8Array<ArrayBuffer>> {
  const gathered = new Uint8Array((end - start) * rowBytes)
  const chunkOf = (chunk: number) => Math.floor(placeOf(chunk * unit) / unit)
  const last = Math.ceil(end / unit)
  for (let from = Math.floor(start / unit), to = from; from < last; from = to) {
    const place = chunkOf(from)
    do to++
    while (to < last && chunkOf(to) === place + to - from)
    const rows = await read(place * unit, (place + to - from) * unit)
    for (let row = Math.max(start, from * unit); row < Math.min(end, to * unit); row++) {
      const at = (placeOf(row) - place * unit) * rowBytes
      gathered.set(rows.subarray(at, at + rowBytes), (row - start) * rowBytes)
    }
  }
  return gathered
}
