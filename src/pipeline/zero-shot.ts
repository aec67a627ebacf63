import { counted } from '../counted'
import { FormatError, NumericalError } from '../errors'
import type { Gpu, GpuInfo } from '../gpu/device'
import type { ZeroShotReport } from '../measurement-records'
import { CausalModel } from '../models/causal-model'
import type { ModelSpec } from '../models/spec'
import type { WeightSource } from '../models/weights'
import type { Progress } from '../records'
import { batchWindows, checkCancelled } from './batching'
import { inSmallerBatches } from './less-memory'
import type { OpenedModel } from './opened'
import { type BatchScores, ROUND_BYTES, type ScoredBatch, scoreBatches, storesCodes } from './scoring'
import { type ContinuationScore, scoreTask } from './zero-shot-scores'
import type { ZeroShotTask } from './zero-shot-task'
import { encodePair, type ScoredTokens } from './zero-shot-tokens'

export interface ZeroShotRequest {
  readonly task: ZeroShotTask
  /** Hidden states held at once, 512 MiB unless given; longer tasks pass the blocks in several rounds. */
  readonly roundBytes?: number
  /** Multiply codes as they are stored instead of dequantizing each block; the same sums in another order. */
  readonly stored?: boolean
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: Progress) => void
}

/** Between two pauses in which whoever wants to stop is heard. */
const TOKENIZE_MS = 50

/** A task scored as lm-evaluation-harness does. Memory as for perplexity: one block, and the hidden states of a round. */
export function zeroShot(
  gpu: Gpu,
  model: OpenedModel,
  weights: WeightSource,
  request: ZeroShotRequest,
): Promise<ZeroShotReport> {
  return gpu.scope(() => evaluate(gpu, model, weights, request))
}

async function evaluate(
  gpu: Gpu,
  opened: OpenedModel,
  weights: WeightSource,
  { task, onProgress, ...request }: ZeroShotRequest,
): Promise<ZeroShotReport> {
  const started = performance.now()
  const { spec } = opened
  const sequences = await tokenize(opened, task, { onProgress, signal: request.signal })
  const length = sequences.reduce((most, { input }) => Math.max(most, input.length), 1)
  const label = `${task.name}: ${counted(task.items.length, 'item')}`
  const report = (done: number, total: number) => onProgress?.({ type: 'phase', phase: 'evaluate', done, total, label })
  const greedy = task.kind === 'lastWord'
  const held = { tokenBytes: 4 * spec.hidden, roundBytes: request.roundBytes ?? ROUND_BYTES }
  const usual = { count: sequences.length, length, together: batchWindows(gpu.info, spec, length) }
  const { batches, places, batchScores } = await inSmallerBatches(
    gpu,
    { ...usual, ...held, onProgress },
    async (roundBytes) => {
      const all = batched(gpu.info, spec, sequences)
      const model = await CausalModel.load(gpu, spec, weights, { positions: length })
      const batchScores = await scoreBatches(gpu, model, all.batches, { ...request, roundBytes, greedy, report })
      model.free()
      return { ...all, batchScores }
    },
  )
  const flat: ContinuationScore[] = new Array(sequences.length)
  batches.forEach((batch, b) => {
    let row = 0
    for (const at of places[b]!) {
      flat[at] = sumOf(batch, batchScores[b]!, row, sequences[at]!.targets.length)
      row += sequences[at]!.targets.length
    }
  })
  const strange = flat.findIndex(({ logLikelihood }) => !Number.isFinite(logLikelihood))
  if (strange >= 0)
    throw new NumericalError(
      `${task.name}: expected finite log-likelihoods, got ${flat[strange]!.logLikelihood} — the weights overflow float32 on this task`,
    )
  let next = 0
  const scores = task.items.map(({ pairs }) => flat.slice(next, (next += pairs.length)))
  return {
    ...scoreTask(task, scores),
    stored: storesCodes(weights, request.stored),
    seconds: (performance.now() - started) / 1000,
  }
}

/** Far beyond every published task; they are all in memory at once. */
const MOST_TOKENS = 2 ** 26

/** The pairs of all items, one after another. */
async function tokenize(
  { tokenizer, spec }: OpenedModel,
  { name, items }: ZeroShotTask,
  { onProgress, signal }: Pick<ZeroShotRequest, 'onProgress' | 'signal'>,
): Promise<ScoredTokens[]> {
  const sequences: ScoredTokens[] = []
  let last = Number.NEGATIVE_INFINITY
  let tokens = 0
  for (const [done, { pairs, line }] of items.entries()) {
    if (performance.now() - last > TOKENIZE_MS) {
      onProgress?.({ type: 'phase', phase: 'tokenize', done, total: items.length, label: name })
      await new Promise((resume) => setTimeout(resume))
      checkCancelled(signal)
      last = performance.now()
    }
    for (const pair of pairs) {
      const sequence = encodePair(tokenizer, spec, pair, `${name}, line ${line}`)
      sequences.push(sequence)
      tokens += sequence.input.length
    }
    if (tokens > MOST_TOKENS)
      throw new FormatError(
        `${name}, line ${line}: expected at most ${MOST_TOKENS} tokens in all items, got more — take the first items only`,
      )
  }
  return sequences
}

/**
 * Sequences of like length together, the longest first, shorter ones filled up behind their end, where nothing looks at.
 * `places` says which sequences a batch holds, in the order of its rows.
 */
function batched(gpu: GpuInfo, spec: ModelSpec, sequences: readonly ScoredTokens[]) {
  const order = [...sequences.keys()].sort((a, b) => sequences[b]!.input.length - sequences[a]!.input.length)
  const batches: ScoredBatch[] = []
  const places: number[][] = []
  for (let first = 0; first < order.length; ) {
    const { length } = sequences[order[first]!]!.input
    const members = order.slice(first, first + batchWindows(gpu, spec, length))
    const ids = new Uint32Array(members.length * length)
    const rows: number[] = []
    members.forEach((at, window) => {
      const { input, targets } = sequences[at]!
      ids.set(input, window * length)
      for (let i = 0; i < targets.length; i++) rows.push(window * length + input.length - targets.length + i)
    })
    const targets = members.flatMap((at) => sequences[at]!.targets)
    batches.push({
      windows: members.length,
      length,
      ids,
      rows: Uint32Array.from(rows),
      targets: Uint32Array.from(targets),
    })
    places.push(members)
    first += members.length
  }
  return { batches, places }
}

/** `count` tokens of a batch from `row` on. */
function sumOf({ targets }: ScoredBatch, { nll, best }: BatchScores, row: number, count: number): ContinuationScore {
  let logLikelihood = 0
  let greedy = best !== null
  for (let at = row; at < row + count; at++) {
    logLikelihood -= nll[at]!
    greedy &&= best![at] === targets[at]
  }
  return { logLikelihood, greedy }
}
