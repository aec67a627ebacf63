import { counted } from '../counted'
import { NumericalError } from '../errors'
import type { Gpu } from '../gpu/device'
import type { PerplexityReport, Scored } from '../measurement-records'
import { CausalModel } from '../models/causal-model'
import type { WeightSource } from '../models/weights'
import type { Progress } from '../records'
import { batchesOf, batchWindows } from './batching'
import { inSmallerBatches } from './less-memory'
import type { OpenedModel } from './opened'
import { lossByPosition } from './positions'
import { ROUND_BYTES, scoreBatches, scoredWindows, storesCodes } from './scoring'
import { mapInterval, mean, meanInterval, meansOfRuns } from './statistics'
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
  { text, protocol: name, maxTokens, onProgress, ...request }: PerplexityRequest,
): Promise<PerplexityReport> {
  const started = performance.now()
  const protocol = parseProtocol(name)
  onProgress?.({ type: 'phase', phase: 'tokenize', done: 0, total: 1, label: text.name })
  const windows = evaluationWindows(tokenizer, text.text, protocol, maxTokens)
  const label = `${counted(windows.count, 'window')} of ${counted(windows.length, 'token')}`
  const report = (done: number, total: number) => onProgress?.({ type: 'phase', phase: 'evaluate', done, total, label })
  const together = batchWindows(gpu.info, spec, protocol.length)
  const held = { tokenBytes: 4 * spec.hidden, roundBytes: request.roundBytes ?? ROUND_BYTES }
  const scores = await inSmallerBatches(gpu, { ...windows, ...held, together, onProgress }, async (roundBytes) => {
    const batches = batchesOf(gpu.info, spec, windows).map((batch) => scoredWindows(batch, protocol.firstScored))
    const model = await CausalModel.load(gpu, spec, weights, { positions: protocol.length })
    const found = await scoreBatches(gpu, model, batches, { ...request, roundBytes, report })
    model.free()
    return found
  })
  const losses = joined(scores.map(({ nll }) => nll))
  return {
    protocol: name,
    text: text.name,
    ...scored(losses, windows.count, protocol.firstScored),
    tokens: losses.length,
    windows: windows.count,
    stored: storesCodes(weights, request.stored),
    seconds: (performance.now() - started) / 1000,
  }
}

/**
 * What losses of tokens, window after window, amount to. NumericalError where one is not finite.
 *
 * @param firstScored position of the first in its window
 */
export function scored(losses: Float32Array, windows: number, firstScored: number): Scored {
  const nll = mean(losses)
  if (!Number.isFinite(nll))
    throw new NumericalError(
      `perplexity: expected finite log-likelihoods, got ${nll} — the weights overflow float32 on this text`,
    )
  return {
    ...{ perplexity: Math.exp(nll), nll },
    interval: mapInterval(meanInterval(meansOfRuns(losses, losses.length / windows)), Math.exp),
    positions: lossByPosition(losses, windows, firstScored),
  }
}

/** Values of batches, one after another. */
export function joined(parts: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
