import { counted } from '../counted'
import { type Joint, jointsOf } from './fused'
import type { UniformLayout } from './uniform'

/** What a configuration has to say of a linear: linears of one scheme are described together. */
export interface Scheme {
  readonly bits: number
  /** Columns a group; −1 for one group a row. */
  readonly groupSize: number
  readonly symmetric: boolean
  /** Columns of a group do not lie together. */
  readonly ordered: boolean
}

/** Group sizes that kernels of other software are made for. */
export const USUAL_GROUPS: readonly number[] = [-1, 32, 64, 128]

/** A whole row is called −1 unless its length is a usual size, so that it can agree with longer rows. */
function schemeOf({ bits, groupSize, groups, symmetric, groupOf }: UniformLayout): Scheme {
  const whole = groups === 1 && !USUAL_GROUPS.includes(groupSize)
  return { bits, groupSize: whole ? -1 : groupSize, symmetric, ordered: groupOf !== null }
}

/** Names of linears by their schemes, the scheme of most linears first. */
export function schemesOf(layouts: ReadonlyMap<string, UniformLayout>): { scheme: Scheme; names: string[] }[] {
  const found = new Map<string, { scheme: Scheme; names: string[] }>()
  for (const [name, layout] of layouts) {
    const scheme = schemeOf(layout)
    const key = JSON.stringify(scheme)
    const same = found.get(key)
    if (same) same.names.push(name)
    else found.set(key, { scheme, names: [name] })
  }
  return [...found.values()].sort((a, b) => b.names.length - a.names.length)
}

export const describe = ({ bits, groupSize, symmetric }: Scheme): string =>
  `${counted(bits, 'bit')}${symmetric ? '' : ' asymmetric'}, ${groupSize === -1 ? 'one group a row' : `groups of ${groupSize}`}`

/** Says which joints have parts of different schemes; empty where none has. */
export function jointWarnings(layouts: ReadonlyMap<string, UniformLayout>): string[] {
  const schemesIn = ({ parts }: Joint) => new Set(parts.map((part) => describe(schemeOf(layouts.get(part)!))))
  const uneven = jointsOf(layouts.keys()).filter((joint) => schemesIn(joint).size > 1)
  const [first] = uneven
  if (!first) return []
  const more = uneven.length > 1 ? ` and ${uneven.length - 1} more` : ''
  return [
    `${first.name}${more}: vLLM and SGLang join these linears and expect equal bits and groups in their parts, got ${[...schemesIn(first)].join('; ')} — transformers loads them as they are; for vLLM quantize q, k and v alike, and gate and up`,
  ]
}
