import type { Width } from '../../formats/quantized'
import { parseCandidates } from '../allocation/candidates'
import { plainColumns } from '../allocation/columns'
import { project } from '../allocation/project'
import { type Compensation, compensatedLoss } from './compensation'
import { adjacencyOf, propagate, scalars } from './graph'
import { exchangeMessages } from './messages'
import { AllocatorNetwork } from './network'
import type { MgptqOptions } from './options'
import type { Context, Layer, Scores } from './score'
import type { ColumnStatistics } from './statistics'
import { DEFAULTS, trainAllocator } from './train'
import { trainingWarnings } from './warnings'

/** Steps without a gain after which a layer is left: it begins near its optimum. */
const PATIENCE = 20
/** Beside the published settings: what begins near its optimum needs small steps and little noise. */
const GENTLE = { rate: 1 / 4, noise: 1 / 3 }
/** Parts of the network's correction that are tried. */
const PARTS = [1, 1 / 2, 1 / 4, 1 / 8]
/** Logits below the best by more than this differ no more. */
const DEEPEST = -8
/** log H_jj, log U_jj, log ‖w_j‖, energy absorbed, cost of a unit of it. */
export const LANES = 5

/**
 * Beyond the paper: the network learns on what is left *after* compensation, J of compensation.ts, with every output's
 * error weighed by what it costs the model. It starts from a good solution (choose the cheapest bits, send messages
 * along the factor, choose again) and only corrects it; a correction that does not lower J is dropped. Its features do
 * not depend on the layer's size, so one network serves all layers and keeps what it has learned.
 */
export class CompensatedTrainer {
  readonly #network: AllocatorNetwork

  constructor(
    private readonly context: Context,
    private readonly options: MgptqOptions,
  ) {
    const choices = parseCandidates(options.candidates).length
    const shape = { features: LANES + choices, hidden: DEFAULTS.hidden, choices, silent: true }
    this.#network = new AllocatorNetwork(context.gpu, shape, 1)
  }

  async score(layer: Layer): Promise<Scores> {
    const { gpu, report, checkCancelled } = this.context
    const { options } = this
    const { name, matrices, evidence, seed } = layer
    const { upper } = matrices
    const n = evidence.statistics.factor.length
    const { compensation, start, choose, widths } = await exchangeMessages(this.context, options, layer)
    const choices = widths.length
    const target = meanOf(start.choice, widths)

    const { base, scale, price } = asLogits(start.costs, choices, target, widths)
    const { v, lambda } = await compensation.messages(start.choice)
    const features = gpu.upload(featuresOf(base, choices, evidence.statistics, v, lambda), [n, LANES + choices])
    const graph =
      options.allocator === 'gcn' ? await adjacencyOf(gpu, options.adjacency, matrices, evidence.statistics) : null
    const propagated = graph ? await propagate(gpu, graph.adjacency, features) : features
    const [bits, baseTensor] = [gpu.upload(Float32Array.from(widths)), gpu.upload(base, [n, choices])]
    const norm = start.error > 0 ? start.error : 1
    // At the target the penalty must fall as fast as J does when bits are added, or the network would buy bits.
    const worth = (price * n) / norm
    const term = { widths: bits, alpha: options.alpha, target: target - worth / (2 * options.alpha), norm }
    const { steps, learningRate, noise } = options
    try {
      const trained = await trainAllocator(gpu, {
        objective: (tape, p, logits, temperature) => compensatedLoss(tape, p, logits, compensation, term, temperature),
        ...{ features: propagated, adjacency: graph?.adjacency ?? null, choices, target, seed, steps },
        ...{ rate: learningRate * GENTLE.rate, noise: noise * GENTLE.noise },
        ...{ base: baseTensor, network: this.#network, patience: PATIENCE, checkCancelled },
        project: choose,
        onSteps: (training) => report({ type: 'training', name, steps, training }),
      })
      const { signals, training } = trained
      // the network's correction alone, in the unit of costs, which all layers share
      const correction = trained.logits.map((logit, i) => logit - base[i]!)
      const part = await bestPart(compensation, choose, base, correction, start.error)
      const scores = start.costs.map((cost, i) => part * scale * correction[i]! - cost)
      const warnings = await trainingWarnings(gpu, signals, graph ? upper : null, evidence.statistics)
      return { scores, training, warnings }
    } finally {
      compensation.free()
      gpu.free(bits, baseTensor, features)
      if (graph) gpu.free(propagated)
      graph?.free()
    }
  }

  free(): void {
    this.#network.parameters.free()
  }
}

/** The part of a correction that lowers J most; 0 when none does. */
async function bestPart(
  compensation: Compensation,
  choose: (scores: Float32Array) => Uint8Array,
  base: Float32Array,
  correction: Float32Array,
  floor: number,
): Promise<number> {
  let best = { part: 0, error: floor }
  for (const part of PARTS) {
    const { error } = await compensation.messages(choose(base.map((logit, i) => logit + part * correction[i]!)))
    if (error < best.error) best = { part, error }
  }
  return best.part
}

/** −(cost + η·bits) against the best of each column, in units of what a column typically loses by its second choice. */
function asLogits(costs: Float32Array, choices: number, target: number, widths: readonly Width[]) {
  const n = costs.length / choices
  const { price } = project(
    costs.map((cost) => -cost),
    plainColumns(n, widths),
    target,
  )
  const base = costs.map((cost, i) => -cost - price * widths[i % choices]!)
  const gaps = new Float32Array(n)
  for (let j = 0; j < n; j++) {
    const row = base.subarray(j * choices, (j + 1) * choices)
    const most = Math.max(...row)
    row.forEach((value, k) => {
      row[k] = value - most
    })
    gaps[j] = -[...row].sort((a, b) => b - a)[Math.min(1, choices - 1)]!
  }
  const typical = gaps.sort()[n >> 1]!
  const scale = typical > 0 ? typical : 1
  return { base: base.map((value) => Math.max(DEEPEST, value / scale)), scale, price }
}

function featuresOf(
  base: Float32Array,
  choices: number,
  statistics: ColumnStatistics,
  v: Float32Array,
  lambda: Float32Array,
): Float32Array<ArrayBuffer> {
  const n = v.length
  const known = scalars(statistics)
  const width = LANES + choices
  const features = new Float32Array(n * width)
  for (let j = 0; j < n; j++) {
    const u = statistics.factor[j]!
    features.set(known.subarray(3 * j, 3 * j + 3), j * width)
    features[j * width + 3] = Math.log1p(Math.max(0, v[j]! / (statistics.squares[j]! || 1)))
    features[j * width + 4] = Math.log1p(Math.max(0, lambda[j]! * u * u))
    for (let k = 0; k < choices; k++) features[j * width + LANES + k] = base[j * choices + k]! / -DEEPEST
  }
  return features
}

const meanOf = (choice: Uint8Array, widths: readonly number[]): number =>
  choice.reduce((sum, k) => sum + widths[k]!, 0) / choice.length
