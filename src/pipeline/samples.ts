import type { Gpu } from '../gpu/device'
import type { Samples } from '../methods/method'
import { rowsOf, type States } from './states'

/** What a method sees of two streams: states before a block, and behind the original one. `batches` are counts of windows. */
export function samplesBetween(
  gpu: Gpu,
  batches: readonly number[],
  { length, hidden }: { readonly length: number; readonly hidden: number },
  states: Readonly<Record<'input' | 'target', States>>,
): Samples {
  return {
    ...{ length, batches, count: batches.reduce((sum, windows) => sum + windows, 0) },
    async windows(rec, places, what) {
      const all = gpu.alloc([places.length * length, hidden], 'f32', what)
      for (const [i, { batch, row }] of places.entries())
        await states[what].copyRows(rec, batch, row, rowsOf(all, i * length, length))
      return all
    },
  }
}
