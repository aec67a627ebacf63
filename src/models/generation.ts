import { CancelledError, FormatError } from '../errors'
import type { Gpu } from '../gpu/device'
import type { Tensor } from '../gpu/tensor'
import { argmax } from '../kernels/argmax'
import type { Operand } from '../kernels/project'
import { KvCache } from './kv-cache'
import type { LlamaModel } from './model'
import { TextStream } from './text-stream'
import type { Tokenizer } from './tokenizer'
import type { BlockWeights } from './weights'

export interface GenerateOptions {
  readonly maxNewTokens: number
  readonly signal?: AbortSignal | undefined
}

/** A new token and the text that became certain with it; the last piece may carry text only. */
export interface GeneratedPiece {
  readonly id: number | null
  readonly text: string
}

/**
 * Continues `prompt` greedily, all blocks resident, until an end token or `maxNewTokens`. The end token itself is not
 * given out. CancelledError when the signal aborts; FormatError when the prompt is empty or too long for the model.
 */
export async function* generate(
  gpu: Gpu,
  model: LlamaModel,
  blocks: readonly BlockWeights<Operand>[],
  tokenizer: Pick<Tokenizer, 'decode'>,
  prompt: readonly number[],
  { maxNewTokens, signal }: GenerateOptions,
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
  try {
    let input = Uint32Array.from(prompt)
    let start = 0
    for (let made = 0; made < maxNewTokens; made++) {
      if (signal?.aborted) throw new CancelledError('generate: stopped')
      const id = await nextToken(gpu, model, blocks, input, cache, start)
      if (spec.eos.includes(id)) break
      yield { id, text: text.push(id) }
      start += input.length
      input = Uint32Array.of(id)
    }
    const tail = text.end()
    if (tail) yield { id: null, text: tail }
  } finally {
    cache.free()
  }
}

/** The most likely token after `input`, whose first token stands at position `start`. */
async function nextToken(
  gpu: Gpu,
  model: LlamaModel,
  blocks: readonly BlockWeights<Operand>[],
  input: Uint32Array,
  cache: KvCache,
  start: number,
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
  const best = gpu.alloc([1], 'u32', 'next token')
  rec.run(argmax, { x: logits, y: best }, { rows: 1, columns: model.spec.vocab })
  gpu.free(x, logits)
  try {
    await gpu.submit(rec)
    const [id = 0] = await gpu.readU32(best)
    return id
  } finally {
    gpu.free(best)
  }
}
