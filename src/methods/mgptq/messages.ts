import type { Width } from '../../formats/quantized'
import { parseCandidates } from '../allocation/candidates'
import { Compensation, recordEnergy } from './compensation'
import type { MgptqOptions } from './options'
import type { Context, Layer, Scores } from './score'
import { settleAlone } from './settle'

/** Rounds of choosing and linearising; the choice hardly moves after the third. */
const ROUNDS = 4
/** Rounds of messages: what is left is below a hundredth of J and hardly changes who deserves bits. */
const MESSAGES = 4

/** A linear after its columns have told each other what their errors cost; free `compensation`. */
export interface Exchange {
  readonly compensation: Compensation
  readonly start: Start
  readonly widths: readonly Width[]
  /** Index of a width for each column, within the layer's budget, from scores [n, K]. */
  readonly choose: (scores: Float32Array) => Uint8Array
}

interface Start {
  readonly choice: Uint8Array
  /** J of the choice. */
  readonly error: number
  /** [n, K] The costs that lead to the choice. */
  readonly costs: Float32Array
}

/** Allocation without learning: the costs of bits after messages along the factor. */
export async function scoreByMessages(context: Context, options: MgptqOptions, layer: Layer): Promise<Scores> {
  const { compensation, start } = await exchangeMessages(context, options, layer)
  compensation.free()
  return { scores: start.costs.map((cost) => -cost), training: null, warnings: [] }
}

/** Chooses the cheapest bits, lets the columns exchange messages along the factor, chooses again. */
export async function exchangeMessages(
  { gpu }: Context,
  options: MgptqOptions,
  { name, matrices, evidence, inputs, emphasis, seed }: Layer,
): Promise<Exchange> {
  const { weights, upper } = matrices
  const [out = 0, n = 0] = weights.shape
  const widths = parseCandidates(options.candidates)
  const indexOf = new Map(widths.map((width, k) => [width as number, k]))
  const choose = (scores: Float32Array) =>
    settleAlone({ name, layer: 0, stage: 0, out, in: n, scores }, options, seed).map((width) => indexOf.get(width)!)
  const rec = gpu.record()
  const energy = recordEnergy(gpu, rec, weights, inputs, emphasis)
  const linear = { table: evidence.table, energy }
  const compensation = new Compensation(gpu, rec, upper, [linear], { iterations: MESSAGES })
  await gpu.submit(rec)
  gpu.free(energy)
  return { compensation, start: await bestOfRounds(compensation, evidence.costs, choose), widths, choose }
}

/** The cheapest bits first, then again with what each choice makes bits cost elsewhere; the best of all rounds. */
async function bestOfRounds(
  compensation: Compensation,
  plain: Float32Array,
  choose: (scores: Float32Array) => Uint8Array,
): Promise<Start> {
  let best: Start | undefined
  let costs = plain
  for (let round = 0; round < ROUNDS; round++) {
    const choice = choose(costs.map((cost) => -cost))
    const next = await compensation.linearised(choice)
    if (!best || next.error < best.error) best = { choice, error: next.error, costs }
    costs = next.costs
  }
  return best!
}
