import alone from '../../shaders/lib/alone.wgsl?raw'
import reduce from '../../shaders/lib/reduce.wgsl?raw'
import together from '../../shaders/lib/together.wgsl?raw'

/**
 * How a kernel's invocations share items of work, rows for instance. Its source takes item `item_of(group, index)` from
 * part `lane = index % LANES` on in strides of LANES, and combines what the lanes found by `sum_over_lanes(lane, …)` or
 * `max_over_lanes(lane, …)`. SIZE invocations are a workgroup.
 */
export interface Sharing {
  readonly source: string
  readonly constants: { readonly LANES: number; readonly SIZE: number; readonly RADIX?: number }
  /** Items of a workgroup. */
  readonly items: number
  /** What the label of a kernel ends with. */
  readonly suffix: string
}

/** RADIX² lanes an item. */
const lanesOf = (radix: number): Sharing => ({
  source: `${reduce}\n${together}`,
  constants: { LANES: radix * radix, SIZE: radix * radix, RADIX: radix },
  items: 1,
  suffix: '',
})

const ALONE: Sharing = { source: alone, constants: { LANES: 1, SIZE: 8 }, items: 8, suffix: ' alone' }

/**
 * The kernel that suits a device: RADIX² invocations an item, on a software adapter one. Barriers cost that more than all
 * the rest: kernels of short rows are five to twenty times as fast without.
 */
export function bySharing<K>(make: (sharing: Sharing) => K, { radix = 8 } = {}): (software: boolean) => K {
  const kernels = { hardware: make(lanesOf(radix)), software: make(ALONE) }
  return (software) => (software ? kernels.software : kernels.hardware)
}
