import type { ModuleLike } from './modules'

/** 'experts.7.gate' is the part 'gate' of expert 7. */
const EXPERT = /^experts\.(\d+)\.(.+)$/

export interface ExpertPlace {
  readonly expert: number
  readonly part: string
}

/** Which part of which expert a role is; null for linears that every token passes. */
export function expertOf(role: string): ExpertPlace | null {
  const found = EXPERT.exec(role)
  return found && { expert: Number(found[1]), part: found[2]! }
}

/** The role without the number of its expert: what the same part of all experts goes by. */
export function kindOfRole(role: string): string {
  const place = expertOf(role)
  return place ? `experts ${place.part}` : role
}

export const hasExperts = (modules: readonly Pick<ModuleLike, 'role'>[]): boolean =>
  modules.some(({ role }) => role.startsWith('experts.'))
