import { CancelledError, FormatError, NumericalError } from '../errors'
import type { Tensor } from '../gpu/tensor'
import { NO_COLUMN } from '../kernels/argmax'
import { randomFrom } from '../random'
import type { Decoder } from './decoder'
import { GREEDY, type Sampling, sampleToken } from './sampling'
import { StopText } from './stop-text'
import { TextStream } from './text-stream'
import type { Tokenizer } from './tokenizer'

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
 * Continues `prompt` by a decoder that has read nothing yet, until an end token, a stop text or `maxNewTokens`. Neither end
 * token nor stop text is given out. CancelledError when the signal aborts; FormatError when the prompt is empty or too long for
 * the model; NumericalError when what the model computes are no numbers.
 */
export async function* generate(
  decoder: Decoder,
  tokenizer: Pick<Tokenizer, 'decode'>,
  prompt: readonly number[],
  options: GenerateOptions,
): AsyncGenerator<GeneratedPiece> {
  const { model } = decoder
  const { maxNewTokens, sampling = GREEDY, stops = [] } = options
  if (prompt.length === 0 || prompt.length + maxNewTokens > model.positions)
    throw new FormatError(
      `generate: expected a prompt of 1 to ${model.positions - maxNewTokens} tokens, got ${prompt.length} — ` +
        'change the prompt or ask for fewer new tokens',
    )
  if (stops.includes('')) throw new FormatError('stop texts: expected some text each, got an empty one — leave it out')
  const text = new TextStream((ids) => tokenizer.decode(ids), prompt)
  const stop = new StopText(stops)
  for await (const id of sampling.temperature > 0 ? draw(decoder, prompt, options) : follow(decoder, prompt, options)) {
    if (model.spec.eos.includes(id)) break
    yield { id, text: stop.push(text.push(id)) }
    if (stop.stopped) return
  }
  const tail = stop.push(text.end()) + stop.end()
  if (tail) yield { id: null, text: tail }
}

/** Tokens drawn one by one: that needs all logits here. */
async function* draw(
  decoder: Decoder,
  prompt: readonly number[],
  { maxNewTokens, sampling = GREEDY, seed = 0, signal }: GenerateOptions,
): AsyncGenerator<number> {
  const random = randomFrom(seed)
  let input = Uint32Array.from(prompt)
  let start = 0
  for (let made = 0; made < maxNewTokens; made++) {
    checkSignal(signal)
    const logits = await decoder.logits(input, start)
    const [values] = await Promise.all([decoder.gpu.readF32(logits), decoder.check()])
    decoder.gpu.free(logits)
    start += input.length
    input = Uint32Array.of(sampleToken(values, sampling, random()))
    yield input[0]!
  }
}

/**
 * The likeliest tokens. Each is the input of the next step before it is known here, so that the GPU never waits for this side; a
 * step too many at the end is thrown away.
 */
async function* follow(
  decoder: Decoder,
  prompt: readonly number[],
  { maxNewTokens, signal }: GenerateOptions,
): AsyncGenerator<number> {
  const { gpu } = decoder
  let ahead: Promise<Tensor> | null = null
  try {
    for (let made = 0; made < maxNewTokens; made++) {
      checkSignal(signal)
      const found: Tensor = await (ahead ?? decoder.likeliest(Uint32Array.from(prompt), 0))
      const read = Promise.all([gpu.readU32(found), decoder.check()])
      ahead = made + 1 < maxNewTokens ? decoder.likeliest(found, prompt.length + made) : null
      ahead?.catch(() => {}) // told where it is awaited
      gpu.free(found)
      const [[id]] = await read
      if (id === NO_COLUMN)
        throw new NumericalError(
          'next token: expected finite logits, got others — check the model, and how it was quantized',
        )
      yield id!
    }
  } finally {
    // what it works with may be given back after this
    await ahead?.then(
      (tensor) => gpu.free(tensor),
      () => {},
    )
  }
}

function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new CancelledError('generate: stopped')
}
