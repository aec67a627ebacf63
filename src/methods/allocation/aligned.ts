import { invariant } from '../../errors'
import { CHUNK } from '../../formats/quantized'
import { allCandidates, type Columns, meanBits, totalWeight } from './columns'
import type { Part } from './parts'
import { type Allocation, project } from './project'

/** Columns that a budget may leave unused, in mean bits, before whole chunks are broken up. */
const LEFT = 0.0025

/**
 * `project` in whole chunks: as many columns of each width as fill the packed format's chunks of 32, since a segment is
 * stored in whole chunks and a layer of few columns would otherwise pay for much padding. In each part columns are
 * ranked by what the widest candidate gains over the narrowest, and 32 neighbours get one width. Where chunks are too
 * coarse for the target (a single layer of few columns), columns of one width at a time make up for it, unless chunks
 * must stay `whole`: where stored bytes count, a column more costs those of a chunk.
 *
 * @param scores [n, K], the columns of all parts one after another
 */
export function projectAligned(
  scores: Float32Array,
  columns: Columns,
  parts: readonly Part[],
  target: number,
  whole = false,
): Allocation {
  const { candidates } = columns
  const width = candidates.length
  const chunks = parts.flatMap((part, p) => ranked(scores, width, parts, p).map((members) => ({ part, members })))
  const summed = new Float64Array(chunks.length * width)
  chunks.forEach(({ members }, c) => {
    for (const i of members) for (let k = 0; k < width; k++) summed[c * width + k]! += scores[i * width + k]!
  })
  const allocation = project(
    summed,
    {
      candidates,
      weights: Float64Array.from(chunks, ({ part, members }) => part.weight * members.length),
      allowed: Uint8Array.from(chunks, ({ part }) => part.allowed),
    },
    target,
  )
  const choice = new Uint8Array(columns.weights.length)
  chunks.forEach(({ members }, c) => {
    for (const i of members) choice[i] = allocation.choice[c]!
  })
  let mean = allocation.mean
  while (!whole && target - mean > LEFT && widen(scores, columns, choice, (target - mean) * totalWeight(columns)))
    mean = meanBits(choice, columns)
  // per bit on a column of mean weight, as `project` has it
  return { choice, mean, price: (allocation.price * chunks.length) / choice.length }
}

/** The columns of part p in chunks of 32, the most deserving first. */
function ranked(scores: Float32Array, width: number, parts: readonly Part[], p: number): Uint32Array[] {
  const first = parts.slice(0, p).reduce((sum, part) => sum + part.columns, 0)
  const gain = (i: number) => scores[i * width + width - 1]! - scores[i * width]!
  const order = Uint32Array.from({ length: parts[p]!.columns }, (_, i) => first + i)
  order.sort((a, b) => gain(b) - gain(a) || a - b)
  return Array.from({ length: Math.ceil(order.length / CHUNK) }, (_, c) => order.slice(c * CHUNK, (c + 1) * CHUNK))
}

/** Takes as many columns of one weight and width to the next as `room` allows, those that gain most; false when none fits. */
function widen(scores: Float32Array, columns: Columns, choice: Uint8Array, room: number): boolean {
  const { candidates, weights, allowed } = columns
  const kinds = new Map<string, { readonly next: number; readonly size: number; readonly members: number[] }>()
  choice.forEach((k, i) => {
    const mask = allowed ? allowed[i]! : allCandidates(candidates)
    const next = candidates.findIndex((_, other) => other > k && (mask & (1 << other)) !== 0)
    if (next < 0) return
    const size = weights[i]! * (candidates[next]! - candidates[k]!)
    if (size > room * (1 + 1e-9)) return
    const kind = `${size} ${k}`
    const known = kinds.get(kind) ?? { next, size, members: [] }
    known.members.push(i)
    kinds.set(kind, known)
  })
  let best: { readonly gain: number; readonly next: number; readonly members: number[] } | undefined
  for (const { next, size, members } of kinds.values()) {
    const gainOf = (i: number) => scores[i * candidates.length + next]! - scores[i * candidates.length + choice[i]!]!
    const taken = members
      .sort((a, b) => gainOf(b) - gainOf(a) || a - b)
      .slice(0, Math.floor((room * (1 + 1e-9)) / size))
    const gain = taken.reduce((sum, i) => sum + gainOf(i), 0)
    if (!best || gain > best.gain) best = { gain, next, members: taken }
  }
  if (!best) return false
  invariant(best.members.length > 0, 'a step that fits takes a column')
  for (const i of best.members) choice[i] = best.next
  return true
}
