import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { hub, reason, root, store, TOKEN } from '../../test/hub-repo'
import { sha256 } from '../../test/hub-server'
import { CancelledError } from '../errors'
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
