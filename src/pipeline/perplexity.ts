import { NumericalError } from '../errors'
import type { Gpu } from '../gpu/device'
import { LlamaModel } from '../models/model'
import type { WeightSource } from '../models/weights'
import type { PerplexityReport, Progress } from '../records'
import { batchesOf } from './batching'
import type { OpenedModel } from './opened'
import { scoreBatches, scoredWindows, storesCodes } from './scoring'
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
  const batches = batchesOf(gpu.info, spec, windows).map((batch) => scoredWindows(batch, protocol.firstScored))
  const model = await LlamaModel.load(gpu, spec, weights, { positions: protocol.length })
  const label = `${windows.count} windows of ${windows.length} tokens`
  const report = (done: number, total: number) => onProgress?.({ type: 'phase', phase: 'evaluate', done, total, label })
  const scores = await scoreBatches(gpu, model, batches, { ...request, report })
  model.free()
  let sum = 0
  let tokens = 0
  for (const { nll } of scores) {
    for (const value of nll) sum += value
    tokens += nll.length
  }
  const mean = sum / tokens
  if (!Number.isFinite(mean))
    throw new NumericalError(
      `perplexity: expected finite log-likelihoods, got ${mean} — the weights overflow float32 on this text`,
    )
  return {
    protocol: name,
    text: text.name,
    perplexity: Math.exp(mean),
    nll: mean,
    tokens,
    windows: windows.count,
    stored: storesCodes(weights, request.stored),
    seconds: (performance.now() - started) / 1000,
  }
}
