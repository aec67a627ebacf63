import grid from '../../shaders/lib/grid.wgsl?raw'
import digitSource from '../../shaders/select_digit.wgsl?raw'
import histogramSource from '../../shaders/select_histogram.wgsl?raw'
import { invariant } from '../errors'
import type { Gpu } from '../gpu/device'
import { grid1d, type Kernel, splitRows, wgsl } from '../gpu/kernel'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'

/** The digits of 11 bits that a float's 31 make, the highest first. */
const DIGIT = 11
const SHIFTS = [22, 11, 0]
const SIZE = 256
/** Steps of the search among prefixes, and the rest. */
const OPERATIONS = 40

/** Counts values by one digit; see the shader. */
export const selectHistogram: Kernel<
  'values' | 'zeros' | 'prefixes' | 'counts',
  { readonly count: number; readonly ranks: number; readonly shift: number }
> = {
  label: 'select histogram',
  wgsl: wgsl([grid, histogramSource], { DIGIT, SIZE }),
  bindings: { values: 'read', zeros: 'read', prefixes: 'read', counts: 'read_write' },
  params: { first: 'u32', count: 'u32', ranks: 'u32', shift: 'u32' },
  passes: ({ count, ranks, shift }, device) =>
    splitRows(count, SIZE, OPERATIONS, device).map(({ row, rows }) => ({
      groups: grid1d(rows, SIZE, device),
      params: { first: row, count: row + rows, ranks, shift },
    })),
  cost: ({ count }) => ({ flops: OPERATIONS * count, bytes: 4 * count }),
}

/** Finds one more digit of every wanted value; see the shader. */
export const selectDigit: Kernel<'counts' | 'ranks' | 'prefixes', { readonly count: number }> = {
  label: 'select digit',
  wgsl: wgsl([digitSource], { DIGIT, SIZE }),
  bindings: { counts: 'read', ranks: 'read_write', prefixes: 'read_write' },
  params: { count: 'u32' },
  passes: ({ count }) => [{ groups: [1], params: { count } }],
  cost: ({ count }) => ({ flops: count * 2 ** DIGIT, bytes: 4 * count * 2 ** DIGIT }),
}

/** What `recordSelect` works with; `selected` holds the bits of the values found. */
export interface Selection {
  /** u32 [n]: ascending, from 0; used up by a selection. */
  readonly ranks: Tensor
  readonly selected: Tensor
  readonly counts: Tensor
}

export const selectionShapes = (ranks: number): number[][] => [[ranks], [ranks], [ranks, 2 ** DIGIT]]

export function allocSelection(gpu: Gpu, ranks: number): Selection {
  invariant(ranks <= SIZE, () => `${ranks} ranks, at most ${SIZE} can be selected at once`)
  const [own, selected, counts] = selectionShapes(ranks).map((shape) => gpu.alloc(shape, 'u32', 'selection'))
  return { ranks: own!, selected: selected!, counts: counts! }
}

export const freeSelection = (gpu: Gpu, { ranks, selected, counts }: Selection): void =>
  gpu.free(ranks, selected, counts)

/**
 * Records finding the magnitudes at some ranks among those of the first `count` values, exactly: three passes over the
 * values whatever the number of ranks.
 *
 * @param zeros u32 [1]: how many leading values count as 0
 */
export function recordSelect(rec: Recorder, values: Tensor, zeros: Tensor, count: number, selection: Selection): void {
  const { ranks, selected: prefixes, counts } = selection
  const wanted = ranks.shape[0]!
  rec.clear(prefixes)
  for (const shift of SHIFTS) {
    rec.clear(counts)
    rec.run(selectHistogram, { values, zeros, prefixes, counts }, { count, ranks: wanted, shift })
    rec.run(selectDigit, { counts, ranks, prefixes }, { count: wanted })
  }
}
