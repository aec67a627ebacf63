import { CancelledError, FormatError } from '../errors'
import type { Gpu } from '../gpu/device'
import type { Tensor } from '../gpu/tensor'
import { argmax } from '../kernels/argmax'
import type { Operand } from '../kernels/project'
import { randomFrom } from '../random'
import { KvCache } from './kv-cache'
import type { LlamaModel } from './model'
import { GREEDY, type Sampling, sampleToken } from './sampling'
import { StopText } from './stop-text'
import { TextStream } from './text-stream'
import type { Tokenizer } from './tokenizer'
import type { BlockWeights } from './weights'

export interface GenerateOptions {
  readonly maxNewTokens: number
  /** Greedy unless given. */
  readonly sampling?: Sampling | undefined
  /** Decides what is drawn. */
  readonly seed?: number | undefined
  /** Texts before the first of which the continuation ends. */
  readonly stops?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
}

/** A new token and the text that became certain with it; the last piece may carry text only. */
export interface GeneratedPiece {
  readonly id: number | null
  readonly text: string
}

/**
 * Continues `prompt`, all blocks resident, until an end token, a stop text or `maxNewTokens`. Neither end token nor stop text
 * is given out. CancelledError when the signal aborts; FormatError when the prompt is empty or too long for the model.
 */
export async function* generate(
  gpu: Gpu,
  model: LlamaModel,
  blocks: readonly BlockWeights<Operand>[],
  tokenizer: Pick<Tokenizer, 'decode'>,
  prompt: readonly number[],
  { maxNewTokens, sampling = GREEDY, seed = 0, stops = [], signal }: GenerateOptions,
): AsyncGenerator<GeneratedPiece> {
  const { spec } = model
  const capacity = prompt.length + maxNewTokens
  if (prompt.length === 0 || capacity > model.positions)
    throw new FormatError(
      `generate: expected a prompt of 1 to ${model.positions - maxNewTokens} tokens, got ${prompt.length} — ` +
        'change the prompt or ask for fewer new tokens',
    )
  const cache = new KvCache(gpu, spec, capacity)
  const text = new TextStream((ids) => tokenizer.decode(ids), prompt)
  const stop = new StopText(stops)
  const random = randomFrom(seed)
  try {
    let input = Uint32Array.from(prompt)
    let start = 0
    for (let made = 0; made < maxNewTokens; made++) {
      if (signal?.aborted) throw new CancelledError('generate: stopped')
      const id = await nextToken(gpu, model, blocks, { input, cache, start, sampling, random })
      if (spec.eos.includes(id)) break
      yield { id, text: stop.push(text.push(id)) }
      if (stop.stopped) return
      start += input.length
      input = Uint32Array.of(id)
    }
    const tail = stop.push(text.end()) + stop.end()
    if (tail) yield { id: null, text: tail }
  } finally {
    cache.free()
  }
}

interface Step {
  readonly input: Uint32Array
  readonly cache: KvCache
  /** Position of the first token of `input`. */
  readonly start: number
  readonly sampling: Sampling
  readonly random: () => number
}

/** The token after `input`: the likeliest is found on the GPU, one to be drawn needs all logits here. */
async function nextToken(
  gpu: Gpu,
  model: LlamaModel,
  blocks: readonly BlockWeights<Operand>[],
  { input, cache, start, sampling, random }: Step,
): Promise<number> {
  const rec = gpu.record()
  const batch = { windows: 1, length: input.length }
  let x: Tensor = model.embed(rec, input)
  blocks.forEach((block, layer) => {
    const y = model.block.run(rec, block, x, batch, { cache: cache.layers[layer]!, start })
    gpu.free(x)
    x = y
  })
  const logits = model.logits(rec, x, { first: input.length - 1, count: 1 })
  gpu.free(x)
  if (sampling.temperature > 0) {
    try {
      await gpu.submit(rec)
      return sampleToken(await gpu.readF32(logits), sampling, random())
    } finally {
      gpu.free(logits)
    }
  }
  const best = gpu.alloc([1], 'u32', 'next token')
  rec.run(argmax, { x: logits, y: best }, { rows: 1, columns: model.spec.vocab })
  gpu.free(logits)
  try {
    await gpu.submit(rec)
    const [id = 0] = await gpu.readU32(best)
    return id
  } finally {
    gpu.free(best)
  }
}
