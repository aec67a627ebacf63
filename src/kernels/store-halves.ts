import grid from '../../shaders/lib/grid.wgsl?raw'
import source from '../../shaders/store_halves.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'

const SIZE = 64

/** Words [word, word + words) of y are written. */
export interface StoreHalvesShape {
  readonly word: number
  readonly words: number
}

/**
 * y ← x [2 · words] as halves in pairs, x at the lower bits first. Values beyond ±65504 become that, and `beyond` [1] becomes 1.
 */
export const storeHalves: Kernel<'x' | 'y' | 'beyond', StoreHalvesShape> = {
  label: 'store halves',
  wgsl: wgsl([grid, source], { SIZE }),
  bindings: { x: 'read', y: 'read_write', beyond: 'read_write' },
  params: { word: 'u32', words: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.words, SIZE, device), params: { ...shape } }],
  cost: ({ words }) => ({ flops: 2 * words, bytes: 12 * words }),
}
