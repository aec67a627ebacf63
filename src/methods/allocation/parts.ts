import { FormatError, invariant } from '../../errors'
import type { Width } from '../../formats/quantized'
import type { LinearSpec } from '../../models/spec'
import { allCandidates, type Columns } from './columns'
import { type LimitRule, limitsFor } from './limits'

/** Linears that get the same width column by column; a single one where nothing is tied. */
export interface Part {
  readonly names: readonly string[]
  readonly columns: number
  /** Weight of each column: Σ out over the linears, the code bits that one more bit costs. */
  readonly weight: number
  /** The candidates that the limits of all its linears leave, a mask as in `Columns.allowed`. */
  readonly allowed: number
}

/** The linears of a block that can be tied, in order: those that read the same input, so q with k and v, gate with up. */
export function tieGroups<T extends Pick<LinearSpec, 'stage'>>(linears: readonly T[]): T[][] {
  const byStage = new Map<number, T[]>()
  for (const linear of linears) byStage.set(linear.stage, [...(byStage.get(linear.stage) ?? []), linear])
  return [...byStage.values()]
}

/** A part of these linears. FormatError when their limits leave no candidate that all of them may have. */
export function partOf(
  members: readonly { readonly name: string; readonly out: number; readonly in: number }[],
  candidates: readonly Width[],
  rules: readonly LimitRule[] = [],
): Part {
  const columns = members[0]?.in ?? 0
  const names = members.map(({ name }) => name)
  invariant(
    members.every((member) => member.in === columns),
    () => `${names.join(', ')} are tied but read different inputs`,
  )
  const allowed = names.reduce((mask, name) => mask & limitsFor(name, rules, candidates), allCandidates(candidates))
  if (allowed === 0)
    throw new FormatError(
      `limits of ${names.join(', ')}: expected a candidate that all of them may have, since their widths are tied, ` +
        'got none — give them overlapping limits, or do not tie them',
    )
  return { names, columns, weight: members.reduce((sum, { out }) => sum + out, 0), allowed }
}

/** The columns of all parts under one budget, part after part. */
export function columnsOf(parts: readonly Part[], candidates: readonly Width[]): Columns {
  const count = parts.reduce((sum, part) => sum + part.columns, 0)
  const weights = new Float64Array(count)
  const allowed = new Uint8Array(count)
  let at = 0
  for (const part of parts) {
    weights.fill(part.weight, at, at + part.columns)
    allowed.fill(part.allowed, at, at + part.columns)
    at += part.columns
  }
  return { candidates, weights, allowed }
}

/** Σ over tied linears of their costs or scores, each [columns, K]. */
export function sumOverMembers(members: readonly Float32Array[]): Float32Array {
  const [first] = members
  invariant(
    first && members.every(({ length }) => length === first.length),
    'tied linears have costs of the same shape',
  )
  return first.map((_, at) => members.reduce((sum, costs) => sum + costs[at]!, 0))
}

/** Costs or scores of parts, each [columns, K], as those of their common columns. */
export function joinParts(parts: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/** The choice of every linear, by name, out of one for the common columns; tied linears share theirs. */
export function choiceByName(choice: Uint8Array, parts: readonly Part[]): Map<string, Uint8Array> {
  const byName = new Map<string, Uint8Array>()
  let at = 0
  for (const { names, columns } of parts) {
    const own = choice.slice(at, at + columns)
    for (const name of names) byName.set(name, own)
    at += columns
  }
  invariant(at === choice.length, () => `a choice of ${choice.length} columns for ${at}`)
  return byName
}
