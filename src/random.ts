/** The one seeded generator: uniform numbers in [0, 1), the same on every machine (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** `count` different numbers below `below`, ascending. */
export function sampleBelow(below: number, count: number, random: () => number): number[] {
  // Floyd's algorithm: one draw a number, no list of all candidates.
  const chosen = new Set<number>()
  for (let top = below - count; top < below; top++) {
    const candidate = Math.floor(random() * (top + 1))
    chosen.add(chosen.has(candidate) ? top : candidate)
  }
  return [...chosen].sort((a, b) => a - b)
}
