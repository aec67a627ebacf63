import type { Inspection, ModuleRecord } from '../records'

/** A linear layer that a run will quantize, known before the run from the model's tensors. */
export interface PlannedModule {
  readonly name: string
  readonly layer: number
  readonly role: string
  readonly out: number
  readonly in: number
}

const LINEAR = /^(?<name>.*\blayers\.(?<layer>\d+)\.(?:.*\.)?(?<role>[^.]+?)(?:_proj)?)\.weight$/

/** The two-dimensional weights inside decoder blocks, in the file's reading order by layer. */
export function planModules(tensors: Inspection['tensors']): PlannedModule[] {
  return tensors
    .flatMap(({ name, shape }) => {
      const groups = LINEAR.exec(name)?.groups
      const [out, columns] = shape
      if (!groups || shape.length !== 2 || !out || !columns) return []
      return [{ name: groups.name!, layer: Number(groups.layer), role: groups.role!, out, in: columns }]
    })
    .sort((a, b) => a.layer - b.layer || roleRank(a.role) - roleRank(b.role))
}

/** Roles in the order data flows through a block, then any others by first appearance. */
const ROLES = ['q', 'k', 'v', 'o', 'gate', 'up', 'down']
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
 * Bits a weight that a recipe will store, from the shapes alone: codes in whole chunks of 32 columns, a 16-bit scale a
 * row and group, a zero of code width where the grid is asymmetric. Null when the method has no fixed width.
 */
export function nominalBits(plan: readonly PlannedModule[], options: Readonly<Record<string, unknown>>): number | null {
  const { bits, groupSize, symmetric, actOrder } = options
  if (typeof bits !== 'number' || plan.length === 0) return null
  const asked = typeof groupSize === 'number' ? groupSize : -1
  let stored = 0
  let weights = 0
  for (const module of plan) {
    const size = asked > 0 ? Math.min(asked, module.in) : module.in
    const groups = Math.ceil(module.in / size)
    const zero = symmetric === false ? bits : 0
    stored += module.out * (Math.ceil(module.in / 32) * 32 * bits + groups * (16 + zero))
    if (actOrder === true) stored += module.in * 32
    weights += module.out * module.in
  }
  return stored / weights
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
