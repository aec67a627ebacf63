import hardenSource from '../../shaders/harden.wgsl?raw'
import digitSource from '../../shaders/harden_digit.wgsl?raw'
import digitAloneSource from '../../shaders/harden_digit_alone.wgsl?raw'
import histogramSource from '../../shaders/harden_histogram.wgsl?raw'
import histogramAloneSource from '../../shaders/harden_histogram_alone.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import certainty from '../../shaders/lib/harden.wgsl?raw'
import { invariant } from '../errors'
import type { Gpu } from '../gpu/device'
import { grid1d, type Kernel, wgsl } from '../gpu/kernel'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'

/** |ν| of a rounding that is decided; the sign says which way. */
export const HARD = 1000

/** The digits of 11 bits that a float's 31 make, the highest first: 2048 bins fit a workgroup's memory. */
const DIGIT = 11
const SHIFTS = [22, 11, 0]
const SIZE = 256
/** Elements an invocation counts, so that adding up the workgroups' bins costs little beside. */
const ITEMS = 16

interface CountShape {
  readonly count: number
}

const histogramOf = (
  label: string,
  sources: readonly string[],
  items: number,
): Kernel<'nu' | 'selection', CountShape & { shift: number }> => ({
  label,
  wgsl: wgsl([certainty, ...sources], { DIGIT, SIZE, ITEMS: items }),
  bindings: { nu: 'read', selection: 'read_write' },
  params: { count: 'u32', shift: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.count, SIZE * items, device), params: { ...shape } }],
  cost: ({ count }) => ({ flops: 4 * count, bytes: 4 * count }),
})

const histograms = {
  hardware: histogramOf('harden histogram', [histogramSource], ITEMS),
  software: histogramOf('harden histogram alone', [grid, histogramAloneSource], 1),
}

/** Counts the elements of nu by one digit of their certainty; see the shaders. */
export const hardenHistogram = (software: boolean) => (software ? histograms.software : histograms.hardware)

const digitOf = (label: string, source: string): Kernel<'selection', null> => ({
  label,
  wgsl: wgsl([source], { DIGIT, SIZE }),
  bindings: { selection: 'read_write' },
  params: {},
  passes: () => [{ groups: [1] }],
  cost: () => ({ flops: 2 ** DIGIT, bytes: 12 * 2 ** DIGIT }),
})

const digits = {
  hardware: digitOf('harden digit', digitSource),
  software: digitOf('harden digit alone', digitAloneSource),
}

/** Finds the digit of the element whose rank is asked for. */
export const hardenDigit = (software: boolean) => (software ? digits.software : digits.hardware)

/** Makes ν hard where it is more certain than the selected. */
export const harden: Kernel<'nu' | 'selection', CountShape> = {
  label: 'harden',
  wgsl: wgsl([grid, certainty, hardenSource], { SIZE, HARD }),
  bindings: { nu: 'read_write', selection: 'read' },
  params: { count: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.count, SIZE, device), params: { ...shape } }],
  cost: ({ count }) => ({ flops: 2 * count, bytes: 8 * count }),
}

/**
 * Records that of the `count` elements of nu those become ±HARD by their sign whose |h(ν) − ½| is above the `soft`
 * quantile of all, the hard ones included: element ⌊soft·(count − 1)⌋ in order, exactly, as torch.quantile has it where
 * it need not interpolate. What ties with it stays soft; where h is 0 or 1 all tie. `soft` 0 hardens every element, ν = 0
 * down. Allocates a few kB and gives them back.
 */
export function recordHarden(gpu: Gpu, rec: Recorder, nu: Tensor, count: number, soft: number): void {
  const { software } = rec.traits
  invariant(soft >= 0 && soft <= 1, () => `a part of ${soft} stays soft`)
  const selection = gpu.alloc([2 + 2 ** DIGIT], 'u32', 'harden selection')
  const start = new Uint32Array(2 + 2 ** DIGIT) // key, rank, bins
  if (soft > 0) start[1] = Math.floor(soft * (count - 1))
  else start[0] = 0xffffffff
  rec.write(selection, start)
  for (const shift of soft > 0 ? SHIFTS : []) {
    rec.run(hardenHistogram(software), { nu, selection }, { count, shift })
    rec.run(hardenDigit(software), { selection }, null)
  }
  rec.run(harden, { nu, selection }, { count })
  gpu.free(selection)
}
