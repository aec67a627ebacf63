import grid from '../../shaders/lib/grid.wgsl?raw'
import histogram from '../../shaders/lib/histogram.wgsl?raw'
import histogramAlone from '../../shaders/lib/histogram_alone.wgsl?raw'
import score from '../../shaders/lib/sage_score.wgsl?raw'
import digitsSource from '../../shaders/sage_digits.wgsl?raw'
import gatherSource from '../../shaders/sage_gather.wgsl?raw'
import momentsSource from '../../shaders/sage_moments.wgsl?raw'
import spreadSource from '../../shaders/sage_spread.wgsl?raw'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import { hardenDigit } from './harden'
import { bySharing, type Sharing } from './sharing'

/** Kernels of SAGE-PTQ's saliency: statistics of all weights, the threshold of a part of them, samples, spread. */

interface MatrixShape {
  readonly rows: number
  readonly columns: number
}

const momentsOf = (sharing: Sharing): Kernel<'w' | 'moments', MatrixShape> => ({
  label: `row moments${sharing.suffix}`,
  wgsl: wgsl([sharing.source, momentsSource], sharing.constants),
  bindings: { w: 'read', moments: 'read_write' },
  params: { rows: 'u32', columns: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.rows, sharing.items, device), params: { ...shape } }],
  cost: ({ rows, columns }) => ({ flops: 4 * rows * columns, bytes: 4 * rows * columns }),
})

/** Shift, sum and sum of squares of every row; see the shader. */
export const rowMoments = bySharing(momentsOf)

/** The digits of 11 bits that a score's 31 make, the highest first: 2048 bins fit a workgroup's memory. */
const DIGIT = 11
const SHIFTS = [22, 11, 0]
const SIZE = 256
/** Elements an invocation counts, so that adding up the workgroups' bins costs little beside. */
const ITEMS = 16

/** A histogram of both ways to count. */
function counting<B extends string, S extends { readonly count: number }>(
  label: string,
  sources: readonly string[],
  kernel: Pick<Kernel<B, S>, 'bindings' | 'params'>,
  constants: Readonly<Record<string, number>>,
): (software: boolean) => Kernel<B, S> {
  const make = (main: string, items: number): Kernel<B, S> => ({
    ...kernel,
    label: items === 1 ? `${label} alone` : label,
    wgsl: wgsl([...sources, main], { ...constants, SIZE, ITEMS: items }),
    passes: (shape, device) => [{ groups: grid1d(shape.count, SIZE * items, device), params: { ...shape } }],
    cost: ({ count }) => ({ flops: 4 * count, bytes: 4 * count }),
  })
  const kernels = { hardware: make(histogram, ITEMS), software: make(histogramAlone, 1) }
  return (software) => (software ? kernels.software : kernels.hardware)
}

interface DigitShape {
  readonly count: number
  readonly columns: number
  readonly shift: number
}

/** Counts scores by one digit; see the shader. */
export const scoreDigits = counting<'w' | 'stats' | 'bins', DigitShape>(
  'score digits',
  [score, digitsSource],
  {
    bindings: { w: 'read', stats: 'read', bins: 'read_write' },
    params: { count: 'u32', columns: 'u32', shift: 'u32' },
  },
  { DIGIT },
)

/** Words of a selection: the key, a rank, bins. */
export const SELECTION = 2 + 2 ** DIGIT

/**
 * Records that selection[0] becomes the bits of the score that `salient` of the weights w [rows, columns] lie above, or
 * fewer where others are equal to it: the exact order statistic, by three passes over the digits of all scores.
 *
 * @param stats [rows, 2]
 */
export function recordThreshold(
  rec: Recorder,
  { w, stats, selection }: Record<'w' | 'stats' | 'selection', Tensor>,
  { rows, columns }: MatrixShape,
  salient: number,
): void {
  const count = rows * columns
  const start = new Uint32Array(SELECTION)
  start[1] = count - 1 - salient
  rec.write(selection, start)
  for (const shift of SHIFTS) {
    rec.run(scoreDigits(rec.traits.software), { w, stats, bins: selection }, { count, columns, shift })
    rec.run(hardenDigit(rec.traits.software), { selection }, null)
  }
}

/** Weights at some positions, with their scores. */
export const gatherSamples: Kernel<'w' | 'stats' | 'positions' | 'samples', { count: number; columns: number }> = {
  label: 'gather samples',
  wgsl: wgsl([grid, score, gatherSource], { SIZE: 64 }),
  bindings: { w: 'read', stats: 'read', positions: 'read', samples: 'read_write' },
  params: { count: 'u32', columns: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.count, 64, device), params: { ...shape } }],
  cost: ({ count }) => ({ flops: 2 * count, bytes: 16 * count }),
}

/** Bins of a spread of magnitudes. */
export const SPREAD = 128

/** Counts |w − center| by SPREAD equal steps, `steps` a unit. */
export const spreadOf = counting<'w' | 'bins', { count: number; center: number; steps: number }>(
  'spread of magnitudes',
  [spreadSource],
  { bindings: { w: 'read', bins: 'read_write' }, params: { count: 'u32', center: 'f32', steps: 'f32' } },
  { BINS: SPREAD },
)
