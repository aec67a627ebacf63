import type { TensorFacts } from '../file-records'

/** What tensors that have something in common take together. */
export interface TensorShare {
  readonly name: string
  readonly tensors: number
  readonly bytes: number
  readonly weights: number
}

/** The tensors by kind or by type, the largest share first. */
export function sharesBy(tensors: readonly TensorFacts[], by: 'kind' | 'type'): TensorShare[] {
  const shares = new Map<string, { name: string; tensors: number; bytes: number; weights: number }>()
  for (const tensor of tensors) {
    const name = tensor[by]
    const share = shares.get(name) ?? { name, tensors: 0, bytes: 0, weights: 0 }
    share.tensors++
    share.bytes += tensor.bytes
    share.weights += tensor.weights
    shares.set(name, share)
  }
  return [...shares.values()].sort((a, b) => b.bytes - a.bytes)
}

/** Bits that each weight takes; null where there is none. */
export const bitsOf = ({ bytes, weights }: { readonly bytes: number; readonly weights: number }): number | null =>
  weights > 0 ? (8 * bytes) / weights : null

/** A matrix of a block, its scales and the like counted with it; experts of a block are one. */
export interface TensorModule {
  /** The name of the tensor that most of its bytes are in. */
  readonly name: string
  readonly layer: number
  readonly role: string
  readonly bytes: number
  readonly weights: number
}

/** Block numbers and roles that a map has room for. */
const MOST_CELLS = 20_000

/** The matrices of all blocks; vectors, as of norms, are left out. */
export function tensorModules(tensors: readonly TensorFacts[]): TensorModule[] {
  const found = new Map<string, { largest: TensorFacts; isMatrix: boolean; bytes: number; weights: number }>()
  for (const tensor of tensors) {
    if (!tensor.place) continue
    const { stack, layer, role } = tensor.place
    const key = JSON.stringify([stack, layer, role])
    const isMatrix = tensor.weights > 0 && tensor.shape.filter((size) => size > 1).length > 1
    const before = found.get(key) ?? { largest: tensor, isMatrix: false, bytes: 0, weights: 0 }
    if (found.size >= MOST_CELLS && !found.has(key)) continue
    found.set(key, {
      largest: tensor.bytes > before.largest.bytes ? tensor : before.largest,
      isMatrix: before.isMatrix || isMatrix,
      bytes: before.bytes + tensor.bytes,
      weights: before.weights + tensor.weights,
    })
  }
  const modules = [...found.values()].filter(({ isMatrix }) => isMatrix)
  const roleOf = shortRoles(modules.map(({ largest }) => largest.place!))
  return modules.map(({ largest, bytes, weights }) => {
    const place = largest.place!
    return { name: largest.name, layer: place.layer, role: roleOf(place), bytes, weights }
  })
}

type Place = NonNullable<TensorFacts['place']>

/** The last word of a role where no other ends so, else all of it; with the blocks' own name where there are several kinds of blocks. */
function shortRoles(places: readonly Place[]): (place: Place) => string {
  const last = (role: string) => role.slice(role.lastIndexOf('.') + 1)
  const stacks = new Set(places.map(({ stack }) => stack))
  const roles = new Set(places.map(({ role }) => role))
  const alike = new Map<string, number>()
  for (const role of roles) alike.set(last(role), (alike.get(last(role)) ?? 0) + 1)
  return ({ stack, role }) => {
    const short = alike.get(last(role)) === 1 ? last(role) : role
    return stacks.size > 1 ? `${stack}.*.${short}` : short
  }
}
