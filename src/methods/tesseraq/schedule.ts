/**
 * Parts of the roundings that stay soft in each round (methods §3.2, "soft fraction"): in every round first all others
 * are hardened, then steps are taken.
 */
const SCHEDULES = {
  20: [
    ...[0.8, 0.65, 0.5, 0.43, 0.38, 0.34, 0.3, 0.27, 0.24, 0.21],
    ...[0.18, 0.15, 0.12, 0.1, 0.08, 0.06, 0.04, 0.02, 0.01, 0.005],
  ],
  10: [0.75, 0.5, 0.375, 0.25, 0.125, 0.09, 0.06, 0.04, 0.02, 0.005],
} as const

export const ROUNDS = [20, 10] as const
export type Rounds = (typeof ROUNDS)[number]

export const softParts = (rounds: Rounds): readonly number[] => SCHEDULES[rounds]

/**
 * Adam moves a rounding by at most about its rate a step, so that fewer steps need a larger one: with too small a rate no
 * weight reaches the other side and what is left is rounding to nearest (methods §3.5). 10⁻³ at 250 steps a round.
 */
export const learningRate = (iterations: number): number => (1e-3 * 250) / iterations
