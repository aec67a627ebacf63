import { describe, expect, it } from 'vitest'
import { testGpu } from '../../test/device'
import { letterTokenizer, openedTiny, tinyConfig } from '../../test/tiny-checkpoint'
import { FormatError } from '../errors'
import { type ContinueRequest, continueText } from './continue'
import { type OpenedModel, weightsOf } from './opened'

async function continued(request: ContinueRequest, changes: Partial<OpenedModel> = {}) {
  const gpu = await testGpu()
  const { model: opened } = openedTiny({ ...tinyConfig, eos_token_id: null })
  const model = { ...opened, ...changes }
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
    const { compileMs, timeToFirstTokenMs, tokensPerSecond, seconds } = told
    expect(compileMs).toBeGreaterThan(0)
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

  it('may be one of nothing, from the start token on, and none at all', async () => {
    expect(await continued({ prompt: '', maxNewTokens: 2 })).toMatchObject({ newTokens: 2 })
    expect(await continued({ prompt: 'the sea', maxNewTokens: 0 })).toMatchObject({
      ...{ newTokens: 0, text: '', timeToFirstTokenMs: null, tokensPerSecond: null },
    })
  })

  it('needs some text where the tokenizer has no start token', async () => {
    const tokenizer = { ...letterTokenizer(101), addsBos: false }
    const nothing = continued({ prompt: '', maxNewTokens: 2 }, { tokenizer })
    await expect(nothing).rejects.toThrow(FormatError)
    await expect(nothing).rejects.toThrow(/prompt: expected some text, got none/)
  })

  it('takes less memory with its cache in halves', async () => {
    const [f32, f16] = [
      await continued({ prompt: 'the sea', maxNewTokens: 120, kv: 'f32' }),
      await continued({ prompt: 'the sea', maxNewTokens: 120, kv: 'f16' }),
    ]
    // three blocks of keys and values, 128 tokens, two heads of 14; buffers come in steps of an eighth
    const saved = 3 * 2 * 128 * 2 * 14 * 2
    expect(Math.abs((f32.memoryBytes - f16.memoryBytes) / saved - 1)).toBeLessThan(0.125)
    // the prompt is attended to before it is rounded
    expect(f16.ids.slice(0, 9)).toEqual(f32.ids.slice(0, 9))
  })
})

describe('an answer', () => {
  const chatTemplate = {
    source: '{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content }}{% endfor %}[model]',
    tokens: { bos_token: '\u0000' },
  }

  it('continues what the chat template makes of the message', async () => {
    const told = await continued({ prompt: 'hi', maxNewTokens: 2, chat: { system: 'be brief' } }, { chatTemplate })
    expect(told.prompt).toBe('\u0000[system] be brief[user] hi[model]')
    expect(told.ids.slice(0, -2)).toEqual(letterTokenizer(101).encode(told.prompt))
  })

  it('needs a template', async () => {
    const refused = continued({ prompt: 'hi', maxNewTokens: 2, chat: {} })
    await expect(refused).rejects.toThrow(/expected a model with a chat template, got one without/)
  })

  it('must fit into the context, the template with it', async () => {
    const long = { ...chatTemplate, source: chatTemplate.source + 'x'.repeat(100) }
    const refused = continued({ prompt: 'hello there', maxNewTokens: 20, chat: {} }, { chatTemplate: long })
    await expect(refused).rejects.toThrow(/at most 128 tokens .* got 126 and 20/)
  })
})
