import { describe, expect, it } from 'vitest'
import { collect, tinyCheckpoint, tinyReport } from '../../test/tiny-model'
import { BitloomError, FormatError } from '../errors'
import { readBitloom } from '../formats/bitloom/read'
import { writeBitloom } from '../formats/bitloom/write'
import { memorySource } from '../formats/bytes'
import { openModel } from '../formats/open'
import { heldLinears } from '../formats/packed-model'
import { openFiles } from './opened'
import { recipeFromJson } from './recipe'

const bytes = (text: string) => new TextEncoder().encode(text)
const deep = '['.repeat(100_000) + ']'.repeat(100_000)
const keys = `{${Array.from({ length: 1e6 }, (_, i) => `"k${i}":0`).join(',')}}`
const long = JSON.stringify('x'.repeat(1e6))

const config = {
  ...{ architectures: ['LlamaForCausalLM'], vocab_size: 16, hidden_size: 8, intermediate_size: 16 },
  ...{ num_hidden_layers: 1, num_attention_heads: 2 },
}
const tokenizer = {
  ...{ added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null },
  model: { type: 'BPE', vocab: { a: 0 }, merges: [] },
}
/** A member replaced by raw JSON. */
const having = (object: object, key: string, json: string) => {
  const rest = Object.entries(object).filter(([name]) => name !== key)
  return `{${[...rest.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`), `"${key}":${json}`].join(',')}}`
}
function weights(json: string): Uint8Array {
  const header = bytes(json)
  const file = new Uint8Array(8 + header.length)
  new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true)
  file.set(header, 8)
  return file
}

/** Refused by an error of ours, short and soon. */
async function refuses(work: () => unknown): Promise<string> {
  const begun = performance.now()
  const error = await (async () => work())().then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(BitloomError)
  expect((error as Error).message.length).toBeLessThan(2100)
  expect((error as Error).message).toMatch(/ — \w/)
  expect(performance.now() - begun).toBeLessThan(10_000)
  return (error as Error).message
}

const files = (changes: Record<string, string | Uint8Array>) =>
  Object.entries({
    'config.json': JSON.stringify(config),
    'tokenizer.json': JSON.stringify(tokenizer),
    'model.safetensors': weights('{}'),
    ...changes,
  }).map(([name, content]) => memorySource(typeof content === 'string' ? bytes(content) : content, name))

describe('a model of hostile JSON is refused', () => {
  const tensor = (field: string, json: string) =>
    weights(`{"a":${having({ dtype: 'F32', shape: [1e15], data_offsets: [0, 4e15] }, field, json)}}`)
  it.each<[string, Record<string, string | Uint8Array>]>([
    ['a config 100,000 levels deep', { 'config.json': having(config, 'hidden_size', deep) }],
    ['an architecture 100,000 levels deep', { 'config.json': having(config, 'architectures', `[${deep}]`) }],
    ['a config of a million keys', { 'config.json': keys }],
    ['an architecture of a million characters', { 'config.json': having(config, 'architectures', `[${long}]`) }],
    ['10^15 layers', { 'config.json': having(config, 'num_hidden_layers', '1000000000000000') }],
    ['10^9 words', { 'config.json': having(config, 'vocab_size', '1e9') }],
    ['a tokenizer 100,000 levels deep', { 'tokenizer.json': having(tokenizer, 'model', deep) }],
    [
      'a token of number 10^15',
      { 'tokenizer.json': having(tokenizer, 'model', '{"type":"BPE","vocab":{"a":1e15},"merges":[]}') },
    ],
    ['a tensor of 10^15 elements', { 'model.safetensors': tensor('dtype', '"F32"') }],
    ['a tensor whose dtype is 100,000 levels deep', { 'model.safetensors': tensor('dtype', deep) }],
    ['a tensor whose dtype has a million characters', { 'model.safetensors': tensor('dtype', long) }],
    ['a tensor of a million dimensions', { 'model.safetensors': tensor('shape', `[${'9,'.repeat(1e6)}9]`) }],
    ['a name of a million characters', { 'model.safetensors': weights(`{${long}:{}}`) }],
  ])('%s', async (_, changes) => {
    await refuses(() => openFiles(files(changes), 'hostile'))
  })
})

describe('a packed file of hostile metadata is refused', () => {
  it('names and sentences of any length', async () => {
    const report = tinyReport([])
    for (const changed of [
      { ...report, model: { ...report.model, name: 'x'.repeat(1e6) } },
      { ...report, warnings: ['x'.repeat(1e6)] },
      { ...report, recipe: { ...report.recipe, calibration: { ...report.recipe.calibration, text: 'x'.repeat(1e6) } } },
    ]) {
      const file = await collect(writeBitloom(await tinyCheckpoint(), heldLinears([]), changed).chunks)
      const source = await openModel([memorySource(file, 'a.safetensors')])
      await expect(readBitloom(source)).rejects.toThrow(FormatError)
    }
  })
})

describe('a hostile recipe is refused', () => {
  const recipe = {
    ...{ version: 1, method: 'rtn', options: {}, seed: 0 },
    calibration: { text: 'a', samples: 1, length: 2, pick: 'first' },
  }
  it.each([
    ['100,000 levels deep', having(recipe, 'options', deep)],
    ['of a million keys', having(recipe, 'options', keys)],
    ['of a method of a million characters', having(recipe, 'method', long)],
    ['of a key of a million characters', having(recipe, 'x'.repeat(1e6), '0')],
    ['of an option of a million characters', having(recipe, 'options', `{${long}:0}`)],
    ['of controls', having(recipe, 'method', '"\\u001b[2J"')],
  ])('%s', async (_, text) => {
    const message = await refuses(() => recipeFromJson({ name: 'recipe.json', text }))
    expect(message).not.toContain('\x1b')
  })

  it('has no prototype of its own', () => {
    const text = having(recipe, 'options', '{"__proto__":{"bits":2}}')
    expect(recipeFromJson({ name: 'recipe.json', text }).options).toMatchObject({ bits: 4 })
    expect(({} as { bits?: number }).bits).toBeUndefined()
  })
})
