import { type BlockGrid, blockGrids, type GridName, gridFor } from '../formats/gguf/grids'
import { WIDTHS } from '../formats/quantized'
import type { Inspection, PlannedModule } from '../inspection-records'
import { layoutBits, mixedLayout } from '../methods/mixed-layout'
import type { ModuleRecord } from '../records'

export type { PlannedModule } from '../inspection-records'

/** Roles in the order data flows through a block, then any others, those of experts, by first appearance. */
const ROLES = ['q', 'k', 'v', 'qkv', 'o', 'gate', 'up', 'gate_up', 'down']
const roleRank = (role: string): number => {
  const rank = ROLES.indexOf(role)
  return rank < 0 ? ROLES.length : rank
}

export type ModuleLike = Pick<ModuleRecord, 'name' | 'layer' | 'role'>

/** Rows and columns of the layer × module grid. */
export function gridAxes(modules: readonly ModuleLike[]): { roles: string[]; layers: number[] } {
  const roles = [...new Set(modules.map((module) => module.role))].sort((a, b) => roleRank(a) - roleRank(b))
  const layers = [...new Set(modules.map((module) => module.layer))].sort((a, b) => a - b)
  return { roles, layers }
}

/**
 * Bits a weight that a recipe will store, from the shapes alone; null when the method has no fixed width or the target
 * cannot be met. A target over columns of several widths stands with the scales of a likely allocation.
 */
export function nominalBits(plan: readonly PlannedModule[], options: Readonly<Record<string, unknown>>): number | null {
  const { bits, bounds, candidates, grid } = options
  if (typeof bits !== 'number' || plan.length === 0) return null
  if (bounds === 'effective') return bits
  if (grid === 'auto') return null
  const widths = typeof candidates === 'string' ? nextTo(bits, candidates) : null
  if (typeof candidates === 'string' && !widths) return null
  return weighted(plan, (module) =>
    widths ? mixedBits(module, bits, widths, options) : gridBits(module, bits, options),
  )
}

/** Codes in whole chunks of 32 columns, a 16-bit scale a row and group, a zero of code width where the grid is asymmetric. */
function gridBits(module: PlannedModule, bits: number, options: Readonly<Record<string, unknown>>): number {
  const { groupSize, symmetric, actOrder, grid } = options
  const type = grid === undefined || grid === 'free' ? null : gridFor(grid as GridName, module.in)
  if (type) return blockBits(blockGrids[type])
  const size = typeof groupSize === 'number' && groupSize > 0 ? Math.min(groupSize, module.in) : module.in
  const scales = Math.ceil(module.in / size) * (16 + (symmetric === false ? bits : 0))
  const order = actOrder === true ? (module.in * 32) / module.out : 0
  return (Math.ceil(module.in / CHUNK) * CHUNK * bits + scales + order) / module.in
}

/** Codes and the float16 of every sub-block: its scale, or its low and its range. */
const blockBits = ({ bits, size, symmetric }: BlockGrid): number => bits + (symmetric ? 16 : 32) / size

const CHUNK = 32

type Neighbours = readonly [narrow: number, wide: number]

/** The target, and what ranges take where whole chunks of the columns have the two widths next to it. */
function mixedBits(
  { out, in: columns }: PlannedModule,
  target: number,
  [narrow, wide]: Neighbours,
  { groupSize, ranges, levels }: Readonly<Record<string, unknown>>,
): number {
  const share = wide === narrow ? 1 : (target - narrow) / (wide - narrow)
  const most = Math.round((share * columns) / CHUNK) * CHUNK
  const layout = mixedLayout(
    Uint8Array.from({ length: columns }, (_, column) => (column < most ? wide : narrow)),
    { groupSize: typeof groupSize === 'number' ? groupSize : -1, ranges: ranges === 'shared' ? 'shared' : 'width' },
  )
  const { scale, index } = layoutBits(layout, out, levels === 'whole')
  return target + scale + index
}

/** The candidates next to a target; null when it lies outside of them, or they are none. */
function nextTo(target: number, candidates: string): Neighbours | null {
  const widths = candidates
    .split(',')
    .map(Number)
    .filter((width) => WIDTHS.some((known) => known === width))
  const narrow = widths.findLast((width) => width <= target)
  const wide = widths.find((width) => width >= target)
  return narrow && wide ? [narrow, wide] : null
}

/** Mean over all weights of what holds for a module. */
export function weighted<M extends Pick<ModuleRecord, 'out' | 'in'>>(
  modules: readonly M[],
  value: (module: M) => number,
): number {
  const weights = modules.reduce((sum, module) => sum + module.out * module.in, 0)
  return modules.reduce((sum, module) => sum + module.out * module.in * value(module), 0) / weights
}

type Files = Pick<Inspection, 'bytes' | 'tensors'>

/** Bytes of the packed file made of these: quantized layers at their stored bits, everything else as it was. */
export function packedBytes(modules: readonly ModuleRecord[], { bytes, tensors }: Files): number {
  const sizes = new Map(tensors.map((tensor) => [tensor.name, tensor.bytes]))
  return modules.reduce((sum, module) => {
    const packed = (module.out * module.in * module.bits.total) / 8
    return sum + packed - (sizes.get(`${module.name}.weight`) ?? 0)
  }, bytes)
}

/** Bytes of the fp16 folder: two a parameter, and the files beside the weights. */
export const fp16Bytes = (parameters: number, { bytes, tensors }: Files): number =>
  2 * parameters + tensors.reduce((rest, tensor) => rest - tensor.bytes, bytes)

/** Tells opened models apart, even of one name. */
export const modelKey = (model: { readonly inspection: Pick<Inspection, 'name'>; readonly serial: number }): string =>
  `${model.inspection.name}#${model.serial}`
