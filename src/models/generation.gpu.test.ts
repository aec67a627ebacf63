import { describe, expect, it } from 'vitest'
import { testGpu } from '../../test/device'
import { tinyConfig, tinyLlama } from '../../test/tiny-llama'
import { CancelledError, FormatError } from '../errors'
import { llamaReference } from '../reference/llama'
import { type GeneratedPiece, type GenerateOptions, generate } from './generation'
import { LlamaModel } from './model'
import { CheckpointWeights, freeBlock } from './weights'

const prompt = [3, 14, 15, 92]
const tokenizer = { decode: (ids: readonly number[]) => ids.map((id) => `<${id}>`).join('') }

/** Greedy continuation by the float64 model, the whole sequence anew for every token. */
function continuation(config: Record<string, unknown>, count: number): number[] {
  const { spec, weights } = tinyLlama(config)
  const ids = [...prompt]
  for (let i = 0; i < count; i++) {
    const last = llamaReference(spec, weights, ids).slice(-spec.vocab)
    ids.push(last.indexOf(Math.max(...last)))
  }
  return ids.slice(prompt.length)
}

async function run(
  config: Record<string, unknown>,
  options: GenerateOptions,
  onPiece = (_: GeneratedPiece) => {},
): Promise<GeneratedPiece[]> {
  const gpu = await testGpu()
  const before = gpu.pool.liveBytes
  const { spec, source } = tinyLlama(config)
  const model = await LlamaModel.load(gpu, spec, new CheckpointWeights(gpu, source), { positions: 16 })
  const blocks = await model.loadBlocks()
  const pieces: GeneratedPiece[] = []
  try {
    for await (const piece of generate(gpu, model, blocks, tokenizer, prompt, options)) {
      pieces.push(piece)
      onPiece(piece)
    }
    return pieces
  } finally {
    for (const block of blocks) freeBlock(gpu, block)
    model.free()
    expect(gpu.pool.liveBytes).toBe(before)
  }
}

const neverEnds = { ...tinyConfig, eos_token_id: null }

describe('generate', () => {
  it('gives the most likely tokens one by one with their text', async () => {
    const expected = continuation(neverEnds, 12)
    const pieces = await run(neverEnds, { maxNewTokens: 12 })
    expect(pieces).toEqual(expected.map((id) => ({ id, text: `<${id}>` })))
  })

  it('stops before an end token', async () => {
    const expected = continuation(neverEnds, 12)
    const end = expected[5]!
    const pieces = await run({ ...tinyConfig, eos_token_id: [end] }, { maxNewTokens: 12 })
    expect(pieces.map(({ id }) => id)).toEqual(expected.slice(0, expected.indexOf(end)))
  })

  it('stops at once when asked to, and frees its memory', async () => {
    const abort = new AbortController()
    let pieces = 0
    const stopped = run(neverEnds, { maxNewTokens: 12, signal: abort.signal }, () => {
      if (++pieces === 3) abort.abort()
    })
    await expect(stopped).rejects.toThrow(CancelledError)
    expect(pieces).toBe(3)
  })

  it('refuses more tokens than there are positions', async () => {
    const refused = run(neverEnds, { maxNewTokens: 13 })
    await expect(refused).rejects.toThrow(FormatError)
    await expect(refused).rejects.toThrow('expected a prompt of 1 to 3 tokens, got 4')
  })
})
