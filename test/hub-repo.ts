import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { diskStore } from '../cli/disk-store'
import { readAddress } from '../src/hub/address'
import { type FetchProgress, fetchModel } from '../src/hub/cache'
import { choicesOf } from '../src/hub/choice'
import { HubClient, type HubOptions } from '../src/hub/client'
import { endpointAt } from '../src/hub/endpoint'
import { listRepo } from '../src/hub/listing'
import type { FileStore } from '../src/storage/store'
import { sha256, startHub, type TestHub } from './hub-server'

export const bytes = (length: number, seed = 1) =>
  Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 7) * seed) & 255)
export const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
export const TOKEN = 'hf_secret_token'

export const weights = bytes(300_000)
export const plain = () => ({
  'config.json': text({ model_type: 'llama' }),
  'tokenizer.json': text({ version: '1.0' }),
  'model.safetensors': weights,
  'pytorch_model.bin': bytes(100),
  'README.md': text('read me'),
})

/** A server with `org/name` on it and an empty store, anew for every test of the file that imports this. */
export let hub: TestHub
export let root: string
export let store: FileStore
beforeAll(async () => {
  hub = await startHub()
})
afterAll(() => hub.close())
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bitloom-hub-'))
  store = diskStore(root)
  hub.repos.clear()
  hub.faults.clear()
  hub.seen.length = 0
  hub.repos.set('org/name', { files: plain() })
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

const client = (options: HubOptions = {}) => new HubClient({ endpoint: endpointAt(hub.url), retries: [], ...options })

export async function look(address: string, options: HubOptions = {}) {
  const connection = client(options)
  const { file, ...rest } = readAddress(address, hub.url)
  const listing = await listRepo(connection, { ...rest, file })
  return { connection, listing, choices: await choicesOf(connection, listing, file) }
}

export async function fetchAll(
  address: string,
  options: HubOptions = {},
  onProgress = (_: FetchProgress) => {},
  into = store,
) {
  const { connection, listing, choices } = await look(address, options)
  return fetchModel(connection, into, listing, choices[0]!, onProgress)
}

/** Compared by hash: element by element takes seconds. */
export const stored = (folder: string, name: string) => sha256(readFileSync(join(root, folder, name)))
export const reason = async (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => expect.fail('it went through'),
    (e) => e,
  )
