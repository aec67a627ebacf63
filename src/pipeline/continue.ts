import { FormatError } from '../errors'
import type { Gpu } from '../gpu/device'
import { type GenerateOptions, generate } from '../models/generation'
import { LlamaModel } from '../models/model'
import type { ModelSpec } from '../models/spec'
import { freeBlock, type WeightSource } from '../models/weights'
import type { OpenedModel } from './opened'

export interface ContinueRequest extends GenerateOptions {
  readonly prompt: string
  /** Called with each piece of text as it becomes certain. */
  readonly onText?: (text: string) => void
}

export interface Continuation {
  readonly text: string
  /** Token ids of prompt and continuation, the start token included where the tokenizer adds one. */
  readonly ids: readonly number[]
  readonly newTokens: number
  /** From the first forward pass on, without loading. */
  readonly seconds: number
  /** Until the prompt has been read and the first new token is known; null where there is none. */
  readonly timeToFirstTokenMs: number | null
  /** Of the tokens after the first; null where there are none. */
  readonly tokensPerSecond: number | null
  /** The most GPU memory held, weights and cache included. */
  readonly memoryBytes: number
}

/**
 * Continues a prompt; the whole model is on the GPU meanwhile. FormatError where prompt and new tokens are more than the
 * model's context, or the prompt is empty.
 */
export function continueText(
  gpu: Gpu,
  { spec, tokenizer }: OpenedModel,
  weights: WeightSource,
  { prompt, onText, ...options }: ContinueRequest,
): Promise<Continuation> {
  return gpu.scope(async () => {
    const ids = tokenizer.encode(prompt, { bos: tokenizer.addsBos })
    const promptTokens = ids.length
    checkLength(spec, promptTokens, options.maxNewTokens)
    gpu.pool.resetPeak()
    const model = await LlamaModel.load(gpu, spec, weights, { positions: promptTokens + options.maxNewTokens })
    const blocks = await model.loadBlocks()
    const started = performance.now()
    let text = ''
    let first: number | null = null
    let last = started
    const pieces = generate(gpu, model, blocks, tokenizer, [...ids], options)
    for await (const piece of pieces) {
      if (piece.id !== null) {
        ids.push(piece.id)
        last = performance.now()
        first ??= last
      }
      text += piece.text
      onText?.(piece.text)
    }
    const seconds = (performance.now() - started) / 1000
    for (const block of blocks) freeBlock(gpu, block)
    model.free()
    const newTokens = ids.length - promptTokens
    return {
      ...{ text, ids, newTokens, seconds, memoryBytes: gpu.pool.peakBytes },
      timeToFirstTokenMs: first === null ? null : first - started,
      tokensPerSecond: first === null || newTokens < 2 ? null : (1000 * (newTokens - 1)) / (last - first),
    }
  })
}

function checkLength({ context }: ModelSpec, prompt: number, fresh: number): void {
  if (prompt === 0) throw new FormatError('prompt: expected some text, got none — type how the text begins')
  if (prompt + fresh > context)
    throw new FormatError(
      `prompt: expected at most ${context} tokens with those to come, the model's context, got ${prompt} and ${fresh} — shorten it or ask for fewer new tokens`,
    )
}
