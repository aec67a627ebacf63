import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { ggufFile, text, u16 } from '../../test/gguf'
import { packQ8 } from '../../test/gguf-blocks'
import { ggufOf } from '../../test/gguf-model'
import { hub, reason, root, store, TOKEN } from '../../test/hub-repo'
import { sha256 } from '../../test/hub-server'
import { CancelledError } from '../errors'
import { folderSources } from '../formats/node-files'
import { openModel } from '../formats/open'
import { assumedGpu } from '../gpu/device'
import type { HubAccess } from './hub-api'
import { HubDesk } from './hub-desk'

const NANO = resolve(import.meta.dirname, '../../public/models/wren-nano')
const files = Object.fromEntries(
  readdirSync(NANO).map((name) => [name, new Uint8Array(readFileSync(join(NANO, name)))]),
)
const packed = Uint8Array.from({ length: 1000 }, (_, i) => i & 255)

let desk: HubDesk
const access = (token: string | null = null): HubAccess => ({ token, standIn: hub.url })
beforeEach(() => {
  hub.repos.set('org/name', { files })
  desk = new HubDesk({
    store: { ...store, blob: async (folder, name) => new Blob([readFileSync(join(root, folder, name))]) },
    gpu: () => assumedGpu,
    result: async () => [{ name: 'wren.safetensors', size: 1000, chunks: pieces() }],
  })
})

async function* pieces() {
  yield packed.subarray(0, 400)
  yield packed.subarray(400)
}

it('tells what a model is and takes before any weights are fetched', async () => {
  const { choices, files: listed } = await desk.look('org/name', access())
  expect(choices).toMatchObject([{ id: '', problem: null, preview: { architecture: 'LlamaForCausalLM' } }])
  expect(choices[0]!.preview!.forecast!.peak).toBeGreaterThan(1e6)
  expect(listed.map(({ path }) => path)).toContain('README.md')
  expect(hub.seen.filter(({ at }) => at === 'cdn').map(({ range }) => range)).toEqual(['bytes=0-65535'])
})

it('says of a model that Bitloom cannot open why, and offers it all the same', async () => {
  const config = { ...JSON.parse(new TextDecoder().decode(files['config.json'])), hidden_act: 'relu' }
  hub.repos.set('org/name', { files: { ...files, 'config.json': new TextEncoder().encode(JSON.stringify(config)) } })
  const { choices } = await desk.look('org/name', access())
  expect(choices).toMatchObject([{ preview: null, problem: expect.stringMatching(/hidden_act/) }])
})

it('fetches one file by the path that was offered', async () => {
  hub.repos.set('org/name', { files: { ...files, 'other/wren.safetensors': packed } })
  const address = 'https://huggingface.co/org/name/blob/main/other/wren.safetensors'
  const [choice] = (await desk.look(address, access())).choices
  const folder = await desk.fetch({ address: 'org/name', choice: choice!.id }, access(), () => {})
  expect((await desk.files(folder)).map(({ name }) => name)).toContain('wren.safetensors')
  expect(sha256(readFileSync(join(root, folder, 'wren.safetensors')))).toBe(sha256(packed))
  const { models, bytes } = await desk.cached()
  expect(models).toMatchObject([{ choice: 'other/wren.safetensors', complete: true }])
  expect(bytes).toBeGreaterThan(1000)
  await desk.clear(null)
  expect(await desk.cached()).toEqual({ models: [], bytes: 0 })
})

it('stops a download, and an upload or a text only when it is meant', async () => {
  hub.faults.set('org/name/model.safetensors', { slow: 100 })
  const work = desk.fetch({ address: 'org/name', choice: '' }, access(), ({ file, done }) => {
    if (file !== 'model.safetensors' || done === 0) return
    void desk.stop('push')
    void desk.stop('text')
    setTimeout(() => desk.stop('fetch'), 50)
  })
  expect(await reason(work)).toBeInstanceOf(CancelledError)
  expect((await desk.cached()).models).toMatchObject([{ complete: false }])
})

it('uploads a result and keeps no copy', async () => {
  const wish = { what: 'packed', repo: 'me/wren', isPrivate: true } as const
  expect(await desk.push(wish, access(hub.writeToken), () => {})).toBe(`${hub.url}/me/wren`)
  expect(sha256(hub.repos.get('me/wren')!.files['wren.safetensors']!)).toBe(sha256(packed))
  await expect(desk.push(wish, access(TOKEN), () => {})).rejects.toThrow(/make a token that may write/)
  expect(await store.folders()).toEqual([])
})

it('believes a stand-in on this machine only', async () => {
  const elsewhere = { token: TOKEN, standIn: 'https://hub.example.com' }
  const error = await reason(desk.look('https://hub.example.com/org/name', elsewhere))
  expect(error.message).toMatch(/got the host hub.example.com/)
})

/** GGUF files of one model as a repository has them: whole, in parts, of a kind that cannot be opened, and damaged. */
async function ggufRepo() {
  const model = await openModel(await folderSources(NANO))
  const plain = await ggufOf(model)
  const coded = { ...plain, tensors: plain.tensors.map(packQ8) }
  const strange = plain.metadata.map(
    ([key, entry]) => [key, key === 'general.architecture' ? text('mamba') : entry] as const,
  )
  const whole = ggufFile(plain)
  const half = Math.ceil(plain.tensors.length / 2)
  const split = [plain.tensors.slice(0, half), plain.tensors.slice(half)].map((tensors, no) =>
    ggufFile({
      metadata: [...(no === 0 ? plain.metadata : []), ['split.count', u16(2)], ['split.no', u16(no)]],
      tensors,
    }),
  )
  const absurd = whole.slice()
  new DataView(absurd.buffer).setBigUint64(8, 2n ** 40n, true)
  hub.repos.set('org/name', {
    files: {
      'wren-Q8_0.gguf': ggufFile(coded),
      'wren-F16.gguf': whole,
      'split/wren-BF16-00001-of-00002.gguf': split[0]!,
      'split/wren-BF16-00002-of-00002.gguf': split[1]!,
      'wren-IQ1_S.gguf': ggufFile({ ...plain, metadata: strange }),
      'cut.gguf': whole.slice(0, 100_000),
      'absurd.gguf': absurd,
    },
  })
  return plain
}

it('tells what a GGUF file is before it is here, from its header', async () => {
  const { tensors } = await ggufRepo()
  const offer = await desk.look('org/name', access())
  const named = (id: string) => offer.choices.find((choice) => choice.id === id)!
  expect(offer.choices.map(({ id, type }) => [id, type])).toEqual([
    ['cut.gguf', null],
    ['wren-Q8_0.gguf', 'Q8_0'],
    ['wren-F16.gguf', 'F16'],
    ['absurd.gguf', null],
    ['split/wren-BF16-00001-of-00002.gguf', 'BF16'],
    ['wren-IQ1_S.gguf', 'IQ1_S'],
  ])
  expect(named('split/wren-BF16-00001-of-00002.gguf').paths).toHaveLength(2)
  // of the first choice only
  expect(offer.choices.slice(1).every(({ preview, problem }) => preview === null && problem === null)).toBe(true)

  hub.seen.length = 0
  const describe = (choice: string) => desk.describe({ address: 'org/name', choice }, access())
  const { preview } = await describe('wren-Q8_0.gguf')
  const weights = tensors.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
  expect(preview).toMatchObject({ architecture: 'LlamaForCausalLM', parameters: weights })
  expect(preview!.types[0]).toEqual({ type: 'Q8_0', share: expect.closeTo(1, 2) })
  expect(preview!.bits).toBeCloseTo(8.5, 1)
  expect(preview!.forecast!.peak).toBeGreaterThan(1e6)
  const [first, ...rest] = hub.seen.filter(({ at }) => at === 'cdn').map(({ range }) => range)
  // each byte once
  expect([first, ...rest]).toEqual(['bytes=0-65535', expect.stringMatching(/^bytes=65536-/)])

  const parts = await describe('split/wren-BF16-00001-of-00002.gguf')
  expect(parts.preview).toMatchObject({ parameters: weights, context: preview!.context })
})

it.each([
  ['wren-IQ1_S.gguf', /general\.architecture: expected llama, .*got "mamba"/],
  ['cut.gguf', /cut\.gguf: expected at most \d+ bytes of .*the file is damaged; fetch it again/],
  ['absurd.gguf', /absurd\.gguf: expected at most \d+ tensors in the rest of the file, got 1099511627776/],
])('says early why %s cannot be opened', async (choice, expected) => {
  await ggufRepo()
  const { preview, problem } = await desk.describe({ address: 'org/name', choice }, access())
  expect(preview).toBeNull()
  expect(problem).toMatch(expected)
})

it('reads the header where a server sends files only whole', async () => {
  await ggufRepo()
  hub.faults.set('org/name/wren-F16.gguf', { ignoresRange: true, times: 9 })
  const { preview } = await desk.describe({ address: 'org/name', choice: 'wren-F16.gguf' }, access())
  expect(preview).toMatchObject({ architecture: 'LlamaForCausalLM' })
})
