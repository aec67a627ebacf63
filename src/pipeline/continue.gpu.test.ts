import { describe, expect, it } from 'vitest'
import { testGpu } from '../../test/device'
import { openedTiny, tinyConfig } from '../../test/tiny-llama'
import { FormatError } from '../errors'
import { type ContinueRequest, continueText } from './continue'
import { weightsOf } from './opened'

async function continued(request: ContinueRequest) {
  const gpu = await testGpu()
  const { model } = openedTiny({ ...tinyConfig, eos_token_id: null })
  const before = gpu.pool.liveBytes
  try {
    return await continueText(gpu, model, weightsOf(gpu, model), request)
  } finally {
    expect(gpu.pool.liveBytes).toBe(before)
  }
}

describe('a continuation', () => {
  it('says how long it took and what it held', async () => {
    const pieces: string[] = []
    const told = await continued({ prompt: 'the sea', maxNewTokens: 5, onText: (text) => pieces.push(text) })
    expect(told.newTokens).toBe(5)
    expect(told.text).toBe(pieces.join(''))
    const { timeToFirstTokenMs, tokensPerSecond, seconds } = told
    expect(timeToFirstTokenMs).toBeGreaterThan(0)
    // the first token and four at that speed are all there was
    expect(timeToFirstTokenMs! + 4000 / tokensPerSecond!).toBeLessThanOrEqual(1000 * seconds)
    expect(told.memoryBytes).toBeGreaterThan(4 * tinyConfig.vocab_size * tinyConfig.hidden_size)
  })

  it('has no speed where there is a single token', async () => {
    expect((await continued({ prompt: 'the sea', maxNewTokens: 1 })).tokensPerSecond).toBeNull()
  })

  it('fills the context and no more', async () => {
    // a start token, and a token a letter
    const most = tinyConfig.max_position_embeddings - 8
    expect((await continued({ prompt: 'the sea', maxNewTokens: most })).newTokens).toBe(most)
    const longer = continued({ prompt: 'the sea', maxNewTokens: most + 1 })
    await expect(longer).rejects.toThrow(FormatError)
    await expect(longer).rejects.toThrow(/at most 128 tokens .* got 8 and 121/)
  })
})
