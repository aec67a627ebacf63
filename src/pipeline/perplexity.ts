import { NumericalError } from '../errors'
import type { Gpu } from '../gpu/device'
import type { Tensor } from '../gpu/tensor'
import { NO_TARGET } from '../kernels/nll'
import type { Operand } from '../kernels/project'
import { LlamaModel } from '../models/model'
import type { BlockWeights, WeightSource } from '../models/weights'
import type { PerplexityReport, Progress } from '../records'
import { batchesOf, checkCancelled, type WindowBatch } from './batching'
import type { OpenedModel } from './opened'
import { evaluationWindows, parseProtocol } from './windows'

export interface PerplexityRequest {
  readonly text: { readonly name: string; readonly text: string }
  /** `windows:L` or `llama.cpp:L`. */
  readonly protocol: string
  /** Only windows inside the first so many tokens. */
  readonly maxTokens: number | null
  /** Hidden states held at once, 512 MiB unless given; longer texts pass the blocks in several rounds. */
  readonly roundBytes?: number
  /** Multiply codes as they are stored instead of dequantizing each block; the same sums in another order. */
  readonly stored?: boolean
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: Progress) => void
}

/**
 * exp of the mean negative log-likelihood of a text. Blocks are loaded one after another, all windows of a round pass
 * one before the next is loaded.
 */
export function perplexity(
  gpu: Gpu,
  model: OpenedModel,
  weights: WeightSource,
  request: PerplexityRequest,
): Promise<PerplexityReport> {
  return gpu.scope(() => evaluate(gpu, model, weights, request))
}

async function evaluate(
  gpu: Gpu,
  { spec, tokenizer }: OpenedModel,
  weights: WeightSource,
  request: PerplexityRequest,
): Promise<PerplexityReport> {
  const {
    text,
    protocol: protocolName,
    maxTokens,
    roundBytes = 512 * 2 ** 20,
    stored = false,
    signal,
    onProgress,
  } = request
  const started = performance.now()
  const protocol = parseProtocol(protocolName)
  onProgress?.({ type: 'phase', phase: 'tokenize', done: 0, total: 1, label: text.name })
  const windows = evaluationWindows(tokenizer, text.text, protocol, maxTokens)
  const batches = batchesOf(gpu.info, spec, windows)
  const model = await LlamaModel.load(gpu, spec, weights, { positions: protocol.length })
  const perRound = Math.max(1, Math.floor(roundBytes / (4 * spec.hidden * batches[0]!.ids.length)))
  const rounds = Math.ceil(batches.length / perRound)
  let sum = 0
  let tokens = 0
  try {
    for (let round = 0; round < rounds; round++) {
      const report = (done: number) =>
        onProgress?.({
          type: 'phase',
          phase: 'evaluate',
          done: round * (spec.layers + 1) + done,
          total: rounds * (spec.layers + 1),
          label: `${windows.count} windows of ${windows.length} tokens`,
        })
      for (const nll of await scoreRound(gpu, model, batches.slice(round * perRound, (round + 1) * perRound), {
        firstScored: protocol.firstScored,
        stored,
        signal,
        report,
      })) {
        for (let at = 0; at < nll.length; at++) {
          if (at % windows.length >= protocol.firstScored - 1 && at % windows.length < windows.length - 1) {
            sum += nll[at]!
            tokens++
          }
        }
      }
    }
  } finally {
    model.free()
  }
  const mean = sum / tokens
  if (!Number.isFinite(mean))
    throw new NumericalError(
      `perplexity: expected finite log-likelihoods, got ${mean} — the weights overflow float32 on this text`,
    )
  return {
    protocol: protocolName,
    text: text.name,
    perplexity: Math.exp(mean),
    nll: mean,
    tokens,
    windows: windows.count,
    seconds: (performance.now() - started) / 1000,
  }
}

/** −log p of the next token at every position of these batches; positions that do not count hold anything. */
async function scoreRound(
  gpu: Gpu,
  model: LlamaModel,
  batches: readonly WindowBatch[],
  options: { firstScored: number; stored: boolean; signal?: AbortSignal | undefined; report: (done: number) => void },
): Promise<Float32Array[]> {
  let hidden: Tensor[] = []
  const scores: Float32Array[] = []
  try {
    for (const batch of batches) {
      const rec = gpu.record()
      hidden.push(model.embed(rec, batch.ids))
      await gpu.submit(rec)
    }
    const visit = async (block: BlockWeights<Operand>, layer: number) => {
      options.report(layer)
      for (const [b, batch] of batches.entries()) {
        checkCancelled(options.signal)
        const rec = gpu.record()
        const next = model.block.run(rec, block, hidden[b]!, batch)
        await gpu.submit(rec)
        gpu.free(hidden[b])
        hidden[b] = next
      }
    }
    await (options.stored ? model.forEachStoredBlock(visit) : model.forEachBlock(visit))
    options.report(model.spec.layers)
    for (const [b, batch] of batches.entries()) {
      checkCancelled(options.signal)
      const rec = gpu.record()
      const nll = model.nll(rec, hidden[b]!, targetsOf(batch, options.firstScored))
      await gpu.submit(rec)
      scores.push(await gpu.readF32(nll))
      gpu.free(nll)
    }
    return scores
  } finally {
    gpu.free(...hidden)
    hidden = []
  }
}

/** Row t predicts token t+1 of its window, if that one is scored. */
export function targetsOf({ ids, length }: WindowBatch, firstScored: number): Uint32Array {
  return ids.map((_, at) => {
    const next = (at % length) + 1
    return next >= firstScored && next < length ? ids[at + 1]! : NO_TARGET
  })
}
