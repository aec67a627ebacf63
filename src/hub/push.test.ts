import { commit } from '@huggingface/hub'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { sha256, startHub, type TestHub } from '../../test/hub-server'
import { FormatError, NetworkError } from '../errors'
import { HubClient } from './client'
import { endpointAt } from './endpoint'
import { type PushProgress, pushFiles } from './push'

const weights = Uint8Array.from({ length: 5_000 }, (_, i) => (i * 7) & 255)
const files = [
  { path: 'wren.bitloom.safetensors', blob: new Blob([weights]) },
  { path: 'recipe.json', blob: new Blob(['{"größe":1}']) },
]

let hub: TestHub
beforeAll(async () => {
  hub = await startHub()
})
afterAll(() => hub.close())
beforeEach(() => {
  hub.repos.clear()
  hub.faults.clear()
  hub.seen.length = 0
  hub.partBytes = 0
})

const push = (repo: string, token: string | null, isPrivate = true, onProgress = (_: PushProgress) => {}) =>
  pushFiles(new HubClient({ endpoint: endpointAt(hub.url), token }), { repo, isPrivate, files, onProgress })

const arrived = () => {
  const { 'wren.bitloom.safetensors': large, 'recipe.json': small } = hub.repos.get('me/wren')!.files
  return [sha256(large!), new TextDecoder().decode(small)]
}

it('makes a repository and puts everything into one commit', async () => {
  const progress: PushProgress[] = []
  expect(await push('me/wren', hub.writeToken, true, (step) => progress.push(step))).toBe(`${hub.url}/me/wren`)
  expect(arrived()).toEqual([sha256(weights), '{"größe":1}'])
  expect(hub.repos.get('me/wren')!.private).toBe(true)
  expect(progress.map(({ phase }) => phase)).toEqual(expect.arrayContaining(['hashing', 'sending', 'committing']))
  expect(progress.at(-1)).toMatchObject({ phase: 'committing', done: 5000, total: 5000 })
  expect(hub.seen.filter(({ at }) => at === 'cdn').map(({ authorization }) => authorization)).toEqual([null])
})

it('sends a file in parts, in the order and size the server asks for', async () => {
  hub.partBytes = 1024
  // other bytes than those of the test before, which the storage has
  const other = weights.map((byte) => byte ^ 1)
  const client = new HubClient({ endpoint: endpointAt(hub.url), token: hub.writeToken })
  const sent: number[] = []
  await pushFiles(client, {
    ...{ repo: 'me/wren', isPrivate: false, files: [{ path: 'a.safetensors', blob: new Blob([other]) }] },
    onProgress: ({ phase, done }) => phase === 'sending' && sent.push(done),
  })
  expect(sha256(hub.repos.get('me/wren')!.files['a.safetensors']!)).toBe(sha256(other))
  expect(hub.seen.filter(({ method }) => method === 'PUT')).toHaveLength(5)
  expect(sent).toContain(2048)
  expect(hub.repos.get('me/wren')!.private).toBe(false)
})

it('adds to a repository that exists', async () => {
  hub.repos.set('me/wren', { files: { 'old.txt': weights } })
  await push('me/wren', hub.writeToken)
  expect(Object.keys(hub.repos.get('me/wren')!.files).sort()).toEqual([
    'old.txt',
    'recipe.json',
    'wren.bitloom.safetensors',
  ])
})

it('speaks as the Hub’s own library does', async () => {
  hub.repos.set('me/theirs', { files: {} })
  const operations = files.map(({ path, blob }) => ({ operation: 'addOrUpdate' as const, path, content: blob }))
  await commit({
    repo: 'me/theirs',
    hubUrl: hub.url,
    accessToken: hub.writeToken,
    title: 'x',
    useXet: false,
    operations,
  })
  const theirs = hub.seen.map(({ method, path }) => `${method} ${path.replace('theirs', 'wren')}`)
  hub.seen.length = 0
  await push('me/wren', hub.writeToken)
  expect(hub.seen.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /api/repos/create', ...theirs])
  expect(sha256(hub.repos.get('me/theirs')!.files['wren.bitloom.safetensors']!)).toBe(arrived()[0])
})

it.each([
  ['me/wren', null, /got 401 without a token — make a token that may write to me\/wren at http.*\/settings\/tokens/],
  ['me/wren', 'hf_reader', /got 403 for this token — make a token that may write/],
  ['wren', 'hf_writer', /expected account\/name to upload to, got 'wren'/],
])('to %s with the token %s says what to do', async (repo, token, says) => {
  const error: Error = await push(repo, token).then(
    () => expect.fail(),
    (e) => e,
  )
  expect(error instanceof NetworkError || error instanceof FormatError).toBe(true)
  expect(error.message).toMatch(says)
  expect(error.message).not.toContain('hf_')
})
