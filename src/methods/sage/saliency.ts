import { idPlanes } from '../../formats/sign'
import { brent } from '../../linalg/brent'
import type { SageOptions } from './options'

/** (S9) Where the ratio of salient weights is looked for, how finely, and how often at most. */
export const RATIOS = { low: 0.002, high: 0.03 }
const TOLERANCE = 1e-3
const MOST_EVALUATIONS = 15

/** The bits that the paper counts: one a weight, and those of salient weights beyond it. */
export const publishedBits = (p: number, salientBits: number): number => 1 + p * (salientBits - 1)

/** p₀, at which groups are found: the ratio given, or that of the bits aimed at. */
export function firstRatio({ saliency, percent, target, salientBits }: SageOptions): number {
  if (saliency === 'given') return percent / 100
  return Math.min(RATIOS.high, Math.max(RATIOS.low, (target - 1) / (salientBits - 1)))
}

/** Bits a weight that a ratio of salient weights will take: signs, ids, salient codes and the gaps between them. */
export function storedBits(p: number, groups: number, salientBits: number): number {
  // a gap of a geometric distribution takes as many codes of g bits as it skips 2^g − 1 weights, and one more
  let gap = Number.POSITIVE_INFINITY
  for (let g = 1; g <= 16; g++) gap = Math.min(gap, g / (1 - (1 - p) ** (2 ** g - 1)))
  return 1 + idPlanes(groups) + (p > 0 ? p * (salientBits + gap) : 0)
}

/**
 * (S9) The ratio p of salient weights by Brent's method on J(p) + price. More salient weights always lower J itself, so
 * that without a price the search ends at its upper limit.
 */
export async function findRatio(
  errorAt: (p: number) => Promise<number>,
  groups: number,
  { price, rho, lambda, target, salientBits }: SageOptions,
): Promise<number> {
  const { low, high } = RATIOS
  const cost = (p: number): number => {
    if (price === 'target') return rho * (publishedBits(p, salientBits) - target) ** 2
    return price === 'bits' ? lambda * storedBits(p, groups, salientBits) : 0
  }
  const { x } = await brent(async (p) => (await errorAt(p)) + cost(p), low, high, {
    tolerance: TOLERANCE * (high - low),
    most: MOST_EVALUATIONS,
  })
  return x
}
