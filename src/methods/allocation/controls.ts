import type { Width } from '../../formats/quantized'
import { randomFrom } from '../../random'
import { checkTarget, plainColumns } from './columns'

/**
 * Control: no information at all. Columns of equal weight take the two candidates next to the target, interleaved as
 * evenly as whole columns permit (Bresenham): 2.5 of 1…4 is 2, 3, 2, 3, …. The mean is never above the target.
 * Returns [n] indices into the candidates; FormatError when the target lies outside them.
 */
export function uniform(count: number, candidates: readonly Width[], target: number): Uint8Array {
  checkTarget(plainColumns(count, candidates), target)
  const above = candidates.findIndex((width) => width >= target)
  const upper = above < 0 ? candidates.length - 1 : above
  const lower = Math.max(0, upper - 1)
  const gap = candidates[upper]! - candidates[lower]!
  // 1e-9: a share that is whole but for rounding is whole
  const raised = gap === 0 ? count : Math.floor((count * (target - candidates[lower]!)) / gap + 1e-9)
  return Uint8Array.from({ length: count }, (_, i) =>
    Math.floor(((i + 1) * raised) / count) > Math.floor((i * raised) / count) ? upper : lower,
  )
}

/** Control: the same histogram on other columns. A shuffle, so the mean stays only where all columns weigh the same. */
export function randomLike(choice: Uint8Array, seed: number): Uint8Array {
  const random = randomFrom(seed)
  const shuffled = choice.slice()
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!]
  }
  return shuffled
}
