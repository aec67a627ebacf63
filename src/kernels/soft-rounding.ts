import countFlipsSource from '../../shaders/count_flips.wgsl?raw'
import forgetSource from '../../shaders/forget_factors.wgsl?raw'
import hardCodesSource from '../../shaders/hard_codes.wgsl?raw'
import adam from '../../shaders/lib/adam.wgsl?raw'
import countTogether from '../../shaders/lib/count.wgsl?raw'
import countAlone from '../../shaders/lib/count_alone.wgsl?raw'
import grid from '../../shaders/lib/grid.wgsl?raw'
import rounding from '../../shaders/lib/rounding.wgsl?raw'
import stepSource from '../../shaders/rounding_step.wgsl?raw'
import startSource from '../../shaders/soft_start.wgsl?raw'
import weightsSource from '../../shaders/soft_weights.wgsl?raw'
import { invariant } from '../errors'
import { type DeviceTraits, grid1d, type Kernel, wgsl } from '../gpu/kernel'
import type { AdamNumbers } from './adam'
import { HARD } from './harden'
import { bySharing, type Sharing } from './sharing'

export { HARD, recordHarden } from './harden'

/**
 * Learned rounding (TesseraQ, Li & Panda 2024) of weights [rows, columns] on given grids: a soft code lies between the
 * two levels around a weight, h(ν) = clamp(1.2·σ(ν) − 0.1, 0, 1) of the way up. Tensors:
 * - places: u32, see `placesOf`
 * - grid: f32 [rows, groups, 2], low and step: code q = 0 … 2^bits − 1 is at low + step·q. Steps of at most 16
 *   significant bits, as all stored ones, make step·q exact
 * - base: u32 [rows, ⌈columns/4⌉], the code below each weight, column c in byte c % 4 of word ⌊c/4⌋
 * - nu: f32 [rows, columns] ν, ±HARD where the code is decided
 * - moments: f32 [rows, columns, 2], Adam's two of ν
 * - factor: f32 [rows, groups, 4] v, Adam's two of it and its last dL/dv: all weights of the group are multiplied by 2·σ(v)
 */
export interface RoundingShape {
  readonly rows: number
  readonly columns: number
  readonly groups: number
}

/** Words of a packed row of base. */
export const baseWords = (columns: number): number => Math.ceil(columns / 4)

/**
 * What the kernels know of columns: [groups, 3] begin, count and bits of every group's run in [columns] members, which
 * are columns; then [columns] group of every column. `widths`: bits of every column; `groupOf`: its group, of which
 * every one has columns, all of one width.
 */
export function placesOf({
  widths,
  groupOf,
  groups,
}: {
  readonly widths: Uint8Array
  readonly groupOf: ArrayLike<number>
  readonly groups: number
}): Uint32Array<ArrayBuffer> {
  const columns = widths.length
  invariant(groupOf.length === columns, () => `groups of ${groupOf.length} columns for ${columns}`)
  const members = Array.from({ length: groups }, (): number[] => [])
  for (let column = 0; column < columns; column++) {
    const run = members[groupOf[column]!]
    invariant(run, () => `column ${column} in group ${groupOf[column]} of ${groups}`)
    run.push(column)
  }
  let begin = 0
  const runs = members.flatMap((run, group) => {
    const bits = widths[run[0] ?? -1]
    invariant(bits !== undefined && bits >= 1 && bits <= 8, () => `group ${group} with columns of ${bits} bits`)
    invariant(
      run.every((column) => widths[column] === bits),
      () => `group ${group} with columns of several widths`,
    )
    begin += run.length
    return [begin - run.length, run.length, bits]
  })
  return Uint32Array.from([...runs, ...members.flat(), ...Array.from(groupOf)])
}

const SIZE = 64

const shared = { params: { rows: 'u32', columns: 'u32', groups: 'u32' } } as const

/** A weight an invocation. */
const eachWeight = {
  ...shared,
  passes: (shape: RoundingShape, device: DeviceTraits) => [
    { groups: grid1d(shape.rows * shape.columns, SIZE, device), params: { ...shape } },
  ],
}

const source = (text: string) => wgsl([grid, rounding, text], { SIZE, HARD })

/** base and ν whose soft weights are w; see the shader. A weight: 4 bytes in, 5 out. */
export const softStart: Kernel<'w' | 'places' | 'grid' | 'base' | 'nu', RoundingShape> = {
  ...shared,
  label: 'soft start',
  wgsl: source(startSource),
  bindings: { w: 'read', places: 'read', grid: 'read', base: 'read_write', nu: 'read_write' },
  passes: (shape, device) => [
    { groups: grid1d(shape.rows * baseWords(shape.columns), SIZE, device), params: { ...shape } },
  ],
  cost: ({ rows, columns }) => ({ flops: 40 * rows * columns, bytes: 9 * rows * columns }),
}

/** weights = (low + step·clamp(base + h(ν), 0, top))·2σ(v). A weight: 5 bytes in, 4 out. */
export const softWeights: Kernel<'base' | 'nu' | 'factor' | 'places' | 'grid' | 'weights', RoundingShape> = {
  ...eachWeight,
  label: 'soft weights',
  wgsl: source(weightsSource),
  bindings: { base: 'read', nu: 'read', factor: 'read', places: 'read', grid: 'read', weights: 'read_write' },
  cost: ({ rows, columns }) => ({ flops: 30 * rows * columns, bytes: 9 * rows * columns }),
}

export interface RoundingStepShape extends RoundingShape, AdamNumbers {
  /** Whether ν is learned. */
  readonly roundings: boolean
  /** Whether v is, decay·v added to its gradient. */
  readonly scales: boolean
  readonly decay: number
}

type StepBindings = 'gradient' | 'base' | 'nu' | 'moments' | 'factor' | 'places' | 'grid' | 'weights'

const roundingStepOf = (sharing: Sharing): Kernel<StepBindings, RoundingStepShape> => ({
  label: `rounding step${sharing.suffix}`,
  wgsl: wgsl([sharing.source, adam, rounding, stepSource], { ...sharing.constants, HARD }),
  bindings: {
    gradient: 'read',
    base: 'read',
    nu: 'read_write',
    moments: 'read_write',
    factor: 'read_write',
    places: 'read',
    grid: 'read',
    weights: 'read_write',
  },
  params: {
    rows: 'u32', columns: 'u32', groups: 'u32', roundings: 'u32', scales: 'u32',
    rate: 'f32', beta1: 'f32', beta2: 'f32', eps: 'f32', unbias1: 'f32', unbias2: 'f32', decay: 'f32',
  }, // biome-ignore format: one struct, one glance
  passes: (shape, device) => [
    {
      groups: grid1d(shape.rows * shape.groups, sharing.items, device),
      params: { ...shape, roundings: Number(shape.roundings), scales: Number(shape.scales) },
    },
  ],
  cost: ({ rows, columns }) => ({ flops: 90 * rows * columns, bytes: 34 * rows * columns }),
})

/**
 * A step of Adam on ν and v against gradient = dL/dweights [rows, columns]; leaves weights as `softWeights` does. A weight:
 * 18 bytes in, 16 out; where its code is decided 10 in, 4 out.
 */
export const roundingStep = bySharing(roundingStepOf)

/** codes u32 [rows, columns] = min(base + [ν > 0], top). A weight: 5 bytes in, 4 out. */
export const hardCodes: Kernel<'base' | 'nu' | 'places' | 'codes', RoundingShape> = {
  ...eachWeight,
  label: 'hard codes',
  wgsl: source(hardCodesSource),
  bindings: { base: 'read', nu: 'read', places: 'read', codes: 'read_write' },
  cost: ({ rows, columns }) => ({ flops: 2 * rows * columns, bytes: 9 * rows * columns }),
}

const countFlipsOf = (
  label: string,
  count: string,
): Kernel<'w' | 'places' | 'grid' | 'base' | 'nu' | 'count', RoundingShape> => ({
  ...eachWeight,
  label,
  wgsl: source(`${count}\n${countFlipsSource}`),
  bindings: { w: 'read', places: 'read', grid: 'read', base: 'read', nu: 'read', count: 'read_write' },
  cost: ({ rows, columns }) => ({ flops: 6 * rows * columns, bytes: 9 * rows * columns }),
})

const flipCounts = {
  hardware: countFlipsOf('count flips', countTogether),
  software: countFlipsOf('count flips alone', countAlone),
}

/** Adds to count u32 [1] the codes that are not those of the levels nearest to w. A weight: 9 bytes in. */
export const countFlips = (software: boolean) => (software ? flipCounts.software : flipCounts.hardware)

/** Moments of v, and the gradient to it, back to 0; `count` of rows and groups. */
export const forgetFactors: Kernel<'factor', { readonly count: number }> = {
  label: 'forget factors',
  wgsl: wgsl([grid, forgetSource], { SIZE }),
  bindings: { factor: 'read_write' },
  params: { count: 'u32' },
  passes: (shape, device) => [{ groups: grid1d(shape.count, SIZE, device), params: { ...shape } }],
  cost: ({ count }) => ({ flops: 0, bytes: 32 * count }),
}
