import { listFiles } from '@huggingface/hub'
import { describe, expect, it } from 'vitest'
import { bytes, hub, look, plain, reason, TOKEN, text, weights } from '../../test/hub-repo'
import { FormatError } from '../errors'
import { whyNot } from './choice'
import { remoteSource } from './remote'

describe('a listing', () => {
  it('is what the Hub’s own library reads from this server', async () => {
    const theirs = []
    for await (const { path, size, lfs } of listFiles({ repo: 'org/name', hubUrl: hub.url, recursive: true }))
      theirs.push({ path, size, sha256: lfs?.oid ?? null })
    const { listing } = await look('org/name')
    expect(listing.files.map(({ path, size, sha256 }) => ({ path, size, sha256 }))).toEqual(theirs)
    expect(theirs).toHaveLength(5)
  })

  it('is read over all its pages', async () => {
    const many = Object.fromEntries(Array.from({ length: 2345 }, (_, i) => [`notes/${i}.txt`, bytes(3)]))
    hub.repos.set('org/name', { files: { ...plain(), ...many } })
    expect((await look('org/name')).listing.files).toHaveLength(2350)
  })

  it('of very many files is refused before it is read to its end', async () => {
    const nothing = new Uint8Array()
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`${i}.txt`, nothing]))
    hub.repos.set('org/name', { files: many })
    await expect(look('org/name')).rejects.toThrow(/expected the files of a model, got more than 10000/)
    expect(hub.seen.length).toBeLessThan(14)
  })

  it.each(['../x.safetensors', 'a\u0007.safetensors', 'a/../../b.gguf', 'x\\y.gguf'])(
    'with the name %j is refused',
    async (name) => {
      hub.repos.set('org/name', { files: { ...plain(), [name]: bytes(9) } })
      const error = await reason(look('org/name'))
      expect(error).toBeInstanceOf(FormatError)
      expect(error.message).toContain(JSON.stringify(name))
    },
  )

  it.each([
    ['no JSON', '<html>'],
    ['another shape', '{"files":[]}'],
    ['one name twice', '[{"type":"file","path":"a","size":1,"oid":""},{"type":"file","path":"a","size":2,"oid":""}]'],
    ['a negative size', '[{"type":"file","path":"a","size":-1,"oid":""}]'],
    ['a hash that is none', '[{"type":"file","path":"a","size":1,"oid":"","lfs":{"oid":"x","size":1}}]'],
  ])('that is %s is refused', async (_, body) => {
    hub.faults.set(`/api/models/org/name/tree/${'a'.repeat(40)}`, { body })
    await expect(look('org/name')).rejects.toThrow(/expected an answer as the Hub gives it, got/)
  })

  it('never follows the rest of a list to another host', async () => {
    const api = `/api/models/org/name/tree/${'a'.repeat(40)}`
    hub.faults.set(api, { status: 200, headers: { Link: `<${hub.cdn}/steal>; rel="next"` }, body: '[]' })
    await expect(look('org/name', { token: TOKEN })).rejects.toThrow(/expected the rest of the list at/)
    expect(hub.seen.filter(({ at }) => at === 'cdn')).toEqual([])
  })
})

describe('the choice', () => {
  it('is the checkpoint without pickles and readmes', async () => {
    const { choices, listing } = await look('org/name')
    expect(choices.map(({ id, kind }) => ({ id, kind }))).toEqual([{ id: '', kind: 'checkpoint' }])
    expect(choices[0]!.files.map(({ path }) => path)).toEqual(['config.json', 'tokenizer.json', 'model.safetensors'])
    expect(whyNot(listing.files.find(({ path }) => path.endsWith('.bin'))!)).toMatch(/pickle may run code/)
  })

  it('takes the shards that the index names', async () => {
    const index = { weight_map: { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' } }
    const shards = Object.fromEntries(Object.values(index.weight_map).map((name) => [name, bytes(10)]))
    const files = { ...shards, 'model.safetensors.index.json': text(index), 'consolidated.safetensors': bytes(20) }
    hub.repos.set('org/name', { files: { 'config.json': text({}), ...files } })
    const [choice] = (await look('org/name')).choices
    expect(choice!.files.map(({ path }) => path).sort()).toEqual([
      ...['config.json', ...Object.keys(shards), 'model.safetensors.index.json'],
    ])
    delete hub.repos.get('org/name')!.files['model-00002-of-00002.safetensors']
    await expect(look('org/name')).rejects.toThrow(/expected model-00002-of-00002.safetensors, which the index names/)
  })

  it('is one GGUF with all its parts, the smallest first', async () => {
    const files = {
      'm-Q8_0.gguf': bytes(90),
      'q4/m-00002-of-00002.gguf': bytes(20),
      'q4/m-00001-of-00002.gguf': bytes(30),
    }
    hub.repos.set('org/name', { files })
    const { choices } = await look('org/name')
    expect(choices.map(({ id, bytes: size }) => [id, size])).toEqual([
      ['q4/m-00001-of-00002.gguf', 50],
      ['m-Q8_0.gguf', 90],
    ])
    const named = await look('https://huggingface.co/org/name/blob/main/m-Q8_0.gguf')
    expect(named.choices.map(({ id }) => id)).toEqual(['m-Q8_0.gguf'])
  })

  it('says why there is none', async () => {
    hub.repos.set('org/name', { files: { 'pytorch_model.bin': bytes(9) } })
    await expect(look('org/name')).rejects.toThrow(/got only pickles such as pytorch_model.bin, which may run code/)
    const file = 'https://huggingface.co/org/name/resolve/main/pytorch_model.bin'
    await expect(look(file)).rejects.toThrow(/a pickle may run code/)
    hub.repos.set('org/name', { files: {} })
    await expect(look('org/name')).rejects.toThrow(/expected safetensors or GGUF files, got neither/)
  })

  it('reads headers by range, and stops reading where ranges are not honoured', async () => {
    const { connection, listing } = await look('org/name')
    const file = listing.files.find(({ path }) => path === 'model.safetensors')!
    const source = remoteSource(connection, listing, file)
    hub.seen.length = 0
    expect(await source.read(0, 8)).toEqual(weights.slice(0, 8))
    expect(await source.read(8, 1000)).toEqual(weights.slice(8, 1008))
    expect(hub.seen.filter(({ at }) => at === 'cdn').map(({ range }) => range)).toEqual(['bytes=0-65535'])
    hub.faults.set('org/name/model.safetensors', { ignoresRange: true })
    expect(await source.read(100_000, 7)).toEqual(weights.slice(100_000, 100_007))
    await expect(source.read(299_999, 2)).rejects.toThrow(FormatError)
  })
})
