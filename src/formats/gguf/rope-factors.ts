/** Tensors of GGUF that are a rule in a config.json: what the angles of the rotary embedding are divided by. */
export const ropeTensors = {
  all: 'rope_freqs.weight',
  short: 'rope_factors_short.weight',
  long: 'rope_factors_long.weight',
} as const

/** Their values, [turned / 2] each, of those that a file has. */
export type RopeFactors = Readonly<Partial<Record<keyof typeof ropeTensors, readonly number[]>>>

/** Options of config.json's rope_scaling of type llama3. */
interface Llama3 {
  readonly rope_type: 'llama3'
  readonly factor: number
  readonly low_freq_factor: number
  readonly high_freq_factor: number
  readonly original_max_position_embeddings: number
}

/**
 * GGUF keeps Llama 3's scaling of the rotary embedding as what every angle is divided by, config.json as the rule that made
 * these: angles of few turns within the original context are divided by `factor`, those of many are kept, and between
 * the kept part of an angle is a line over its turns. Returns the rule that gives `factors` again; null where none does.
 */
export function llama3Rule(factors: readonly number[], theta: number): Llama3 | null {
  const frequency = (i: number) => theta ** (-i / factors.length) / (2 * Math.PI)
  const factor = Math.fround(Math.max(...factors))
  if (!(factor > 1) || !factors.every((value) => value >= 1)) return null
  const keptPart = (value: number) => (1 / value - 1 / factor) / (1 - 1 / factor)
  const between = factors
    .map((value, i) => ({ x: frequency(i), kept: keptPart(value) }))
    .filter(({ kept }) => kept > 1e-4 && kept < 1 - 1e-4)

  // kept = (original·x − low) / (high − low) holds for any common multiple of the three: low is 1 in every published model
  const [first, last] = [between[0], between.at(-1)]
  const slope = first && last && first !== last ? (first.kept - last.kept) / (first.x - last.x) : null
  const spread = slope === null ? 3 : 1 / (slope * first!.x - first!.kept)
  const slowed = factors.findIndex((value) => keptPart(value) <= 1e-4)
  const original = first ? (first.kept * spread + 1) / first.x : 1 / frequency(slowed)
  const rule: Llama3 = {
    rope_type: 'llama3',
    factor,
    low_freq_factor: 1,
    high_freq_factor: Math.round(1000 * (1 + spread)) / 1000,
    original_max_position_embeddings: Math.round(original),
  }
  const fits = factors.every((value, i) => Math.abs(factorBy(rule, frequency(i)) / value - 1) < 1e-3)
  return fits ? rule : null
}

function factorBy(rule: Llama3, frequency: number): number {
  const turns = rule.original_max_position_embeddings * frequency
  const kept = Math.min(1, Math.max(0, (turns - 1) / (rule.high_freq_factor - 1)))
  return 1 / (kept + (1 - kept) / rule.factor)
}
