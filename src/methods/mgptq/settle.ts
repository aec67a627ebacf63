import type { LinearSpec } from '../../models/spec'
import { projectAligned } from '../allocation/aligned'
import { parseCandidates } from '../allocation/candidates'
import { type Columns, reachable } from '../allocation/columns'
import { randomLike } from '../allocation/controls'
import { codeTarget } from '../allocation/effective'
import { parseLimits } from '../allocation/limits'
import { choiceByName, columnsOf, joinParts, type Part, partOf, sumOverMembers, tieGroups } from '../allocation/parts'

import { layoutBits, mixedLayout } from '../mixed-layout'
import type { MgptqOptions } from './options'

/** What an allocator has to say of a linear's columns. */
export interface Scored {
  readonly name: string
  readonly layer: number
  readonly stage: LinearSpec['stage']
  readonly out: number
  readonly in: number
  /** [in, candidates], higher is better; all linears under one budget score in the same unit. */
  readonly scores: Float32Array
}

/** Widths of every column, by the linear's name. */
export type Widths = ReadonlyMap<string, Uint8Array>

type SettleOptions = Pick<
  MgptqOptions,
  'bits' | 'bounds' | 'allocator' | 'candidates' | 'limits' | 'tie' | 'groupSize' | 'ranges' | 'levels'
>

/**
 * The exact budget (methods §1.3): widths of the highest total score whose mean meets the target within 0.005 bits, as
 * far as whole columns permit, or, where stored bytes count, whole chunks and groups. All given linears share the one
 * budget.
 */
export const settle = (linears: readonly Scored[], options: SettleOptions, seed: number): Widths =>
  settleAt(linears, options, seed, (target) => target)

/**
 * The same of one linear on its way to a budget that it may share: where its own limits or overhead keep it from the
 * target, the closest that it can reach.
 */
export const settleAlone = (linear: Scored, options: SettleOptions, seed: number): Uint8Array =>
  settleAt([linear], options, seed, (target, [min, max]) => Math.min(max, Math.max(min, target))).get(linear.name)!

type Interval = readonly [min: number, max: number]

function settleAt(
  linears: readonly Scored[],
  options: SettleOptions,
  seed: number,
  aim: (target: number, reachable: Interval) => number,
): Widths {
  const { bits, bounds, allocator } = options
  const candidates = parseCandidates(options.candidates)
  const rules = parseLimits(options.limits)
  const members = options.tie ? tied(linears) : linears.map((linear) => [linear])
  const parts = members.map((group) => partOf(group, candidates, rules))
  const columns = columnsOf(parts, candidates)

  const whole = bounds === 'effective' || options.levels === 'whole'
  const allocate = (target: number): Uint8Array => {
    if (allocator === 'uniform')
      return projectAligned(evenScores(columns, target), columns, parts, target, whole).choice
    const scores = joinParts(members.map((group) => sumOverMembers(group.map((linear) => linear.scores))))
    const { choice } = projectAligned(scores, columns, parts, target, whole)
    return allocator === 'random' ? shuffled(choice, parts, seed) : choice
  }
  const widthsAt = (target: number): Map<string, Uint8Array> => {
    const byName = choiceByName(allocate(target), parts)
    return new Map([...byName].map(([name, choice]) => [name, choice.map((k) => candidates[k]!)]))
  }
  const range = reachable(columns)
  if (bounds === 'code') return widthsAt(aim(bits, range))
  const overheadOf = (target: number) => overhead(linears, widthsAt(target), options)
  const stored: Interval = [range[0] + overheadOf(range[0]), range[1] + overheadOf(range[1])]
  return widthsAt(codeTarget(aim(bits, stored), overheadOf, range))
}

/** What these widths take a weight beyond their mean when stored: scales, indices, and the padding of chunks. */
function overhead(linears: readonly Scored[], widths: Widths, options: SettleOptions): number {
  let [bits, weights] = [0, 0]
  for (const { name, out, in: columns } of linears) {
    const chosen = widths.get(name)!
    const { total } = layoutBits(mixedLayout(chosen, options), out, options.levels === 'whole')
    bits += out * (total * columns - chosen.reduce((sum, width) => sum + width, 0))
    weights += out * columns
  }
  return bits / weights
}

/** Scores that favour the widths next to the target, the same for every column. */
function evenScores({ candidates, weights }: Columns, target: number): Float32Array {
  const scores = new Float32Array(weights.length * candidates.length)
  for (let i = 0; i < scores.length; i++) {
    const column = Math.floor(i / candidates.length)
    scores[i] = -weights[column]! * (candidates[i % candidates.length]! - target) ** 2
  }
  return scores
}

/** The same histogram in every part, on other columns. */
function shuffled(choice: Uint8Array, parts: readonly Part[], seed: number): Uint8Array {
  const result = choice.slice()
  let at = 0
  parts.forEach(({ columns }, i) => {
    result.set(randomLike(choice.subarray(at, at + columns), seed + i), at)
    at += columns
  })
  return result
}

/** Linears of a layer that read the same input, together. */
function tied(linears: readonly Scored[]): Scored[][] {
  const byLayer = new Map<number, Scored[]>()
  for (const linear of linears) byLayer.set(linear.layer, [...(byLayer.get(linear.layer) ?? []), linear])
  return [...byLayer.values()].flatMap((group) => tieGroups(group))
}
