import { FormatError } from '../errors'
import type { Gpu } from '../gpu/device'
import { CausalModel } from '../models/causal-model'
import { renderChat } from '../models/chat-template'
import { Decoder } from '../models/decoder'
import { type GenerateOptions, generate } from '../models/generation'
import type { KvType } from '../models/kv-cache'
import type { ModelSpec } from '../models/spec'
import { freeBlock, type WeightSource } from '../models/weights'
import type { OpenedModel } from './opened'

export interface ContinueRequest extends GenerateOptions {
  readonly prompt: string
  /** The prompt is a person's message, which the model's chat template puts into words for it. */
  readonly chat?: { readonly system?: string | undefined } | undefined
  /** How keys and values are kept; f32 unless given. */
  readonly kv?: KvType | undefined
  /** Called with each piece of text as it becomes certain. */
  readonly onText?: (text: string) => void
}

export interface Continuation {
  /** What the model was given: the prompt, or what the chat template made of it. */
  readonly prompt: string
  readonly text: string
  /** Token ids of prompt and continuation, the start token included where the tokenizer adds one. */
  readonly ids: readonly number[]
  readonly newTokens: number
  /** Until the kernels were compiled, before the clock of all the others started. */
  readonly compileMs: number
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
 * model's context, the prompt has no tokens, or the chat template cannot be rendered.
 */
export function continueText(
  gpu: Gpu,
  opened: OpenedModel,
  weights: WeightSource,
  { chat, kv, onText, ...request }: ContinueRequest,
): Promise<Continuation> {
  return gpu.scope(async () => {
    const { spec, tokenizer } = opened
    const { maxNewTokens, sampling } = request
    const { prompt, ids } = readPrompt(opened, request.prompt, chat)
    const promptTokens = ids.length
    checkLength(spec, promptTokens, maxNewTokens)
    gpu.pool.resetPeak()
    const capacity = promptTokens + maxNewTokens
    const model = await CausalModel.load(gpu, spec, weights, { positions: capacity })
    const blocks = await model.loadBlocks()
    const decoder = new Decoder(gpu, model, blocks, { capacity, kv })
    await gpu.settle()
    const opening = performance.now()
    await decoder.compile(promptTokens, capacity - 1, !sampling?.temperature)
    const started = performance.now()
    let text = ''
    let first: number | null = null
    let last = started
    for await (const piece of generate(decoder, tokenizer, [...ids], request)) {
      if (piece.id !== null) {
        ids.push(piece.id)
        last = performance.now()
        first ??= last
      }
      text += piece.text
      onText?.(piece.text)
    }
    const seconds = (performance.now() - started) / 1000
    decoder.free()
    for (const block of blocks) freeBlock(gpu, block)
    model.free()
    const newTokens = ids.length - promptTokens
    return {
      ...{ prompt, text, ids, newTokens, compileMs: started - opening, seconds, memoryBytes: gpu.pool.peakBytes },
      timeToFirstTokenMs: first === null ? null : first - started,
      tokensPerSecond: first === null || newTokens < 2 ? null : (1000 * (newTokens - 1)) / (last - first),
    }
  })
}

/** The text that the model is given, and its tokens. A chat template writes the start token itself where it wants one. */
function readPrompt({ tokenizer, chatTemplate }: OpenedModel, prompt: string, chat: ContinueRequest['chat']) {
  if (!chat) return { prompt, ids: tokenizer.encode(prompt, { bos: tokenizer.addsBos }) }
  if (!chatTemplate)
    throw new FormatError('chat: expected a model with a chat template, got one without — continue the text as it is')
  const rendered = renderChat(chatTemplate, prompt, chat.system)
  return { prompt: rendered, ids: tokenizer.encode(rendered) }
}

function checkLength({ context }: ModelSpec, prompt: number, fresh: number): void {
  if (prompt === 0) throw new FormatError('prompt: expected some text, got none — type how the text begins')
  if (prompt + fresh > context)
    throw new FormatError(
      `prompt: expected at most ${context} tokens with those to come, the model's context, got ${prompt} and ${fresh} — shorten it or ask for fewer new tokens`,
    )
}
