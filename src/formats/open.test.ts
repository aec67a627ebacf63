import { describe, expect, it } from 'vitest'
import { sharedPath, sharedTest } from '../../test/shared'
import { FormatError } from '../errors'
import { checkTensors } from '../models/required-tensors'
import { specFromConfig } from '../models/spec'
import { type ByteSource, memorySource } from './bytes'
import type { Dtype } from './dtypes'
import { folderSources } from './node-files'
import { assess, openModel } from './open'
import { safetensorsChunks } from './safetensors-writer'

const file = (name: string, content: string | Uint8Array) =>
  memorySource(typeof content === 'string' ? new TextEncoder().encode(content) : content, name)

async function weights(name: string, tensors: Record<string, number[]>, metadata = {}): Promise<ByteSource> {
  const entries = Object.entries(tensors).map(([tensor, content]) => ({
    name: tensor,
    dtype: 'U8' as Dtype,
    shape: [content.length],
    data: async () => Uint8Array.from(content),
  }))
  const chunks: Uint8Array<ArrayBuffer>[] = []
  for await (const chunk of safetensorsChunks(entries, metadata)) chunks.push(new Uint8Array(chunk))
  return file(name, new Uint8Array(await new Blob(chunks).arrayBuffer()))
}

const config = file('config.json', '{"model_type":"llama"}')
const tokenizer = file('tokenizer.json', '{}')
const png = file('cover.png', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10))
const shard = (i: number, of: number) => `model-0000${i}-of-0000${of}.safetensors`
const index = (map: unknown) => file('model.safetensors.index.json', JSON.stringify({ metadata: {}, weight_map: map }))

const message = async (files: ByteSource[]) => {
  const error = await openModel(files).catch((thrown) => thrown)
  expect(error).toBeInstanceOf(FormatError)
  return (error as Error).message
}

describe('a checkpoint', () => {
  it('opens from one weight file, whatever else lies beside it', async () => {
    const licence = file('LICENSE', 'do as you like')
    const pile = [png, config, tokenizer, licence, await weights('model.safetensors', { a: [1, 2] }, { format: 'pt' })]
    expect(await assess(pile)).toEqual({ state: 'ready', kind: 'hf-checkpoint' })
    const model = await openModel(pile)
    expect(model.config).toEqual({ model_type: 'llama' })
    expect(model.metadata).toEqual({ format: 'pt' })
    expect([...model.files.keys()]).toEqual(['config.json', 'tokenizer.json', 'LICENSE'])
    expect(new TextDecoder().decode(model.files.get('LICENSE'))).toBe('do as you like')
    expect([...(await model.tensors.get('a')!.read())]).toEqual([1, 2])
    expect(model.provenance.kind).toBe('hf-checkpoint')
    expect(model.provenance.files.map(({ name }) => name)).toEqual([
      'model.safetensors',
      'config.json',
      'tokenizer.json',
      'LICENSE',
    ])
  })

  it('opens from one weight file of another name', async () => {
    const model = await openModel([config, tokenizer, await weights('llama.safetensors', { a: [1] })])
    expect(model.tensors.size).toBe(1)
  })

  it('opens from shards, with an index or without', async () => {
    const shards = [await weights(shard(1, 2), { a: [1] }), await weights(shard(2, 2), { b: [2, 3] })]
    const map = index({ a: shard(1, 2), b: shard(2, 2) })
    for (const pile of [
      [config, tokenizer, ...shards],
      [config, tokenizer, ...shards, map],
    ]) {
      const model = await openModel(pile)
      expect([...model.tensors.keys()]).toEqual(['a', 'b'])
      expect([...(await model.tensors.get('b')!.read())]).toEqual([2, 3])
    }
  })

  it('takes the later of two files of one name', async () => {
    const pile = [config, tokenizer, file('model.safetensors', ''), await weights('model.safetensors', { a: [1] })]
    expect(await assess(pile)).toMatchObject({ state: 'ready' })
  })

  sharedTest('fits its config', ['models/wren-nano', 'models/stories260K'], async () => {
    for (const name of ['wren-nano', 'stories260K']) {
      const model = await openModel(await folderSources(sharedPath(`models/${name}`)))
      const spec = specFromConfig(model.config)
      checkTensors(spec, model)
      const embedding = model.tensors.get('model.embed_tokens.weight')!
      const rows = await embedding.read({ start: 3, end: 5 })
      expect(rows).toEqual(
        (await embedding.read()).slice((3 * embedding.bytes) / spec.vocab, (5 * embedding.bytes) / spec.vocab),
      )
    }
  })
})

describe('what is missing', () => {
  it('is named, and enough once it comes', async () => {
    const lone = await weights('model.safetensors', { a: [1] })
    expect(await assess([lone])).toEqual({
      state: 'incomplete',
      missing: ['config.json', 'tokenizer.json'],
      have: ['model.safetensors'],
    })
    expect(await assess([lone, tokenizer])).toMatchObject({ missing: ['config.json'] })
    expect(await assess([config, tokenizer])).toMatchObject({ missing: ['model.safetensors'] })
    expect(await assess([lone, tokenizer, config])).toEqual({ state: 'ready', kind: 'hf-checkpoint' })
    expect(await message([lone])).toBe(
      'model: expected config.json, tokenizer.json beside model.safetensors, got none — add what is missing',
    )
  })

  it('may be shards, by their number or by the index', async () => {
    const second = await weights(shard(2, 3), { b: [1] })
    expect(await assess([config, tokenizer, second])).toMatchObject({ missing: [shard(1, 3), shard(3, 3)] })
    const map = index({ a: 'first.safetensors', b: shard(2, 3) })
    expect(await assess([config, tokenizer, second, map])).toMatchObject({ missing: ['first.safetensors'] })
    expect(await assess([map])).toMatchObject({ state: 'incomplete', have: ['model.safetensors.index.json'] })
  })

  it('may be very much', async () => {
    const first = await weights('model-00001-of-90000.safetensors', { a: [1] })
    expect(await message([first])).toMatch(/model-00006-of-90000.safetensors and 89996 more beside/)
  })
})

describe('what does not fit together', () => {
  it.each([
    ['an index without a map', () => [index(undefined)], /expected a weight_map/],
    ['an index that leaves the folder', () => [index({ a: '../secret.safetensors' })], /expected a weight_map/],
    ['an index of something else', () => [index({ a: 'config.json' })], /expected a weight_map/],
    ['an index that is no JSON', () => [file('model.safetensors.index.json', 'x')], /expected a JSON object/],
    [
      'a shard beyond the last',
      async () => [await weights(shard(4, 3), { a: [1] })],
      /expected a shard between 1 and 3, got 4/,
    ],
    [
      'shards of two models',
      async () => [await weights(shard(1, 2), { a: [1] }), await weights(shard(1, 3), { a: [1] })],
      /expected the files of one model/,
    ],
    [
      'two unnumbered files',
      async () => [await weights('a.safetensors', { a: [1] }), await weights('b.safetensors', { b: [1] })],
      /expected the files of one model, got a.safetensors, b.safetensors/,
    ],
    ['an empty weight file', () => [file('model.safetensors', '')], /model.safetensors: .* an empty file/],
    ['a page for weights', () => [file('model.safetensors', '<html>404 not found</html>')], /a web page/],
  ])('%s', async (_, make, expected) => {
    const files = [config, tokenizer, ...(await make())]
    expect(await assess(files)).toMatchObject({ state: 'unknown', reason: expect.stringMatching(expected) })
    expect(await message(files)).toMatch(expected)
  })

  it('a tensor that two shards hold', async () => {
    const shards = [await weights(shard(1, 2), { a: [1] }), await weights(shard(2, 2), { a: [2] })]
    expect(await message([config, tokenizer, ...shards])).toMatch(/00002.*got a which model-00001-of-00002.* holds too/)
  })

  it('an index that promises what the shards do not hold', async () => {
    const shards = [await weights(shard(1, 2), { a: [1] }), await weights(shard(2, 2), { b: [2] })]
    const swapped = index({ a: shard(2, 2), b: shard(1, 2) })
    expect(await message([config, tokenizer, ...shards, swapped])).toMatch(
      /expected tensor a as the index says, got it in/,
    )
    const more = index({ a: shard(1, 2), b: shard(2, 2), c: shard(2, 2) })
    expect(await message([config, tokenizer, ...shards, more])).toMatch(/expected tensor c as the index says, got none/)
  })

  it('a config that is no object', async () => {
    const model = await weights('model.safetensors', { a: [1] })
    expect(await message([file('config.json', '[]'), tokenizer, model])).toMatch(/config.json: expected a JSON object/)
  })

  it('a side file beyond all bounds', async () => {
    const huge = { ...tokenizer, size: 2 ** 40 }
    expect(await message([config, huge, await weights('model.safetensors', { a: [1] })])).toMatch(
      /tokenizer.json: expected at most/,
    )
  })
})

describe('what is no model at all', () => {
  it.each([
    ['nothing', [], /got no files — drop a model folder/],
    ['an image', [png], /cover.png: .*got a PNG image — drop the model files/],
    ['an empty file', [file('x.bin', '')], /got an empty file/],
    ['a GGUF file of no known name', [file('x', 'GGUF\u0003'), png], /got a GGUF file — name it .gguf/],
    ['a text', [file('notes.txt', 'hello')], /got something else — drop the files of a model/],
  ])('%s', async (_, files, expected) => {
    expect(await assess(files)).toMatchObject({ state: 'unknown', reason: expect.stringMatching(expected) })
    expect(await message(files)).toMatch(expected)
  })
})

describe('a packed file', () => {
  const utf8 = (text: string) => [...new TextEncoder().encode(text)]
  const inside = { 'bitloom.file/config.json': utf8('{"a":1}'), 'bitloom.file/tokenizer.json': utf8('{}'), codes: [7] }

  it('opens alone', async () => {
    const packed = await weights('wren-4bit.safetensors', inside, { format: 'bitloom', version: '1' })
    expect(await assess([packed, png])).toEqual({ state: 'ready', kind: 'bitloom' })
    const model = await openModel([packed])
    expect(model.config).toEqual({ a: 1 })
    expect([...model.files.keys()].sort()).toEqual(['config.json', 'tokenizer.json'])
    expect([...model.tensors.keys()]).toEqual(['codes'])
    expect(model.metadata.version).toBe('1')
    expect(model.provenance).toEqual({ kind: 'bitloom', files: [{ name: packed.name, bytes: packed.size }] })
  })

  it.each(['../evil.json', 'a/b', '.hidden', '', 'con\u0000fig', 'x'.repeat(200)])(
    'refuses to hold a file %j',
    async (name) => {
      const packed = await weights('p.safetensors', { ...inside, [`bitloom.file/${name}`]: [1] }, { format: 'bitloom' })
      expect(await message([packed])).toMatch(/p.safetensors: expected an enclosed file with a plain name/)
    },
  )

  it('must hold its config and tokenizer', async () => {
    const { 'bitloom.file/config.json': _, ...rest } = inside
    expect(await message([await weights('p.safetensors', rest, { format: 'bitloom' })])).toMatch(
      /expected config.json inside/,
    )
  })
})
