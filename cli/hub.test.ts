import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { folderSources } from '../src/formats/node-files'
import { openModel } from '../src/formats/open'
import { built, nano, runHere, scratch, start } from '../test/cli'
import { ggufFile } from '../test/gguf'
import { packQ8 } from '../test/gguf-blocks'
import { ggufOf } from '../test/gguf-model'
import { sha256, startHub, type TestHub } from '../test/hub-server'
import { textOfHub } from './hub'

const folder = scratch()
const files = Object.fromEntries(
  readdirSync(nano).map((name) => [name, new Uint8Array(readFileSync(join(nano, name)))]),
)

let hub: TestHub
let runs = 0
beforeAll(async () => {
  hub = await startHub()
})
afterAll(() => hub.close())
beforeEach(() => {
  vi.unstubAllEnvs()
  vi.stubEnv('HF_ENDPOINT', `${hub.url}/`)
  vi.stubEnv('HF_TOKEN', '')
  vi.stubEnv('XDG_CACHE_HOME', join(folder, `cache-${runs++}`))
  hub.faults.clear()
  hub.seen.length = 0
  hub.repos.clear()
  hub.repos.set('org/wren', { files: { ...files, 'pytorch_model.bin': new Uint8Array(9) } })
})

it('pull tells what it takes, fetches it and gives a folder that opens', async () => {
  const listed = await runHere('pull', 'org/wren', '--list')
  expect(listed.stdout).toMatch(/\* +[\d.]+ MB {2}model.safetensors/)
  expect(listed.stdout).toMatch(/pytorch_model.bin {2}\(a pickle may run code when it is read\)/)
  expect(listed.stdout).toMatch(
    /org\/wren at aaaaaaaaaaaa: \d files, [\d.]+ MB\nLlamaForCausalLM, .* GPU memory to quantize: about [\d.]+ MB/,
  )
  const ranged = hub.seen.filter(({ at }) => at === 'cdn').map(({ range }) => range)
  expect(ranged.every((range) => range === 'bytes=0-65535')).toBe(true)

  const { code, stdout, stderr } = await runHere('pull', 'org/wren')
  expect(code).toBe(0)
  expect(stderr).toMatch(/\* .*tokenizer.json/)
  const path = stdout.trim()
  expect(sha256(readFileSync(join(path, 'model.safetensors')))).toBe(sha256(files['model.safetensors']!))
  expect(existsSync(join(path, 'pytorch_model.bin'))).toBe(false)

  const out = join(folder, 'wren')
  expect((await runHere('pull', 'org/wren', '--out', out)).stdout).toBe(`${out}\n`)
  expect(readdirSync(out)).toContain('tokenizer.json')
  expect(readdirSync(out)).not.toContain('bitloom-hub.json')
  expect((await runHere('pull', 'org/wren', '--out', out)).stderr).toMatch(/which exists — choose a new folder/)
})

it('pull needs to be told which GGUF', async () => {
  hub.repos.set('org/wren', { files: { 'a-Q4_0.gguf': new Uint8Array(40), 'a-Q8_0.gguf': new Uint8Array(80) } })
  const open = await runHere('pull', 'org/wren')
  expect(open.code).toBe(2)
  expect(open.stderr).toMatch(/--file: expected one of a-Q4_0.gguf \(0.0 MB\), a-Q8_0.gguf .*, got none/)
  const { stdout } = await runHere('pull', 'org/wren', '--file', '*q4_0.gguf')
  expect(readdirSync(stdout.trim()).sort()).toEqual(['a-Q4_0.gguf', 'bitloom-hub.json'])
})

it('pull tells what a GGUF is before it is fetched, and lists several', async () => {
  const written = await ggufOf(await openModel(await folderSources(nano)))
  const whole = ggufFile(written)
  const coded = ggufFile({ ...written, tensors: written.tensors.map(packQ8) })
  hub.repos.set('org/wren', {
    files: { 'wren-F16.gguf': whole, 'wren-Q8_0.gguf': coded, 'cut.gguf': whole.slice(0, 5000) },
  })
  const listed = await runHere('pull', 'org/wren', '--list')
  expect(listed.code).toBe(0)
  expect(listed.stdout).toMatch(/ MB +cut\.gguf\n.* MB {2}Q8_0 +wren-Q8_0\.gguf\n.* MB {2}F16 +wren-F16\.gguf\n/)
  expect(listed.stdout).toMatch(/org\/wren at a+: 3 models; look at one with --file/)
  const one = await runHere('pull', 'org/wren', '--list', '--file', '*q8_0.gguf')
  expect(one.stdout).toMatch(
    /LlamaForCausalLM, [\d.]+ M parameters, context \d+, Q8_0 [\d.]+ %, .*: 8\.\d+ bits\/weight; GPU memory to quantize: about/,
  )
  const cut = await runHere('pull', 'org/wren', '--list', '--file', 'cut.gguf')
  expect(cut.stdout).toMatch(/problem: cut\.gguf: expected at most \d+ values of/)
})

it('takes the token from the environment and never says it', async () => {
  hub.repos.set('org/wren', { files, token: 'hf_mine', gated: true })
  const without = await runHere('pull', 'org/wren', '--list')
  expect(without.code).toBe(1)
  expect(without.stderr).toMatch(/gated repository \(401\) — accept its licence at http:.*\/org\/wren/)
  const unset = await runHere('pull', 'org/wren', '--token-env', 'MY_TOKEN')
  expect(unset).toMatchObject({ code: 2, stderr: expect.stringMatching(/got 'MY_TOKEN', which is not set/) })
  vi.stubEnv('MY_TOKEN', 'hf_mine')
  const { code, stdout, stderr } = await runHere('pull', 'org/wren', '--token-env', 'MY_TOKEN')
  expect(code).toBe(0)
  expect(stdout + stderr).not.toContain('hf_mine')
})

it('cache lists what is here, and what is on its way, and clears it', async () => {
  await runHere('pull', 'org/wren')
  hub.repos.set('org/cut', { files })
  // of the preview and of the download
  hub.faults.set('org/cut/model.safetensors', { body: new Uint8Array(files['model.safetensors']!.length), times: 2 })
  expect((await runHere('pull', 'org/cut')).code).toBe(1)
  const { stdout } = await runHere('cache')
  expect(stdout).toMatch(/MB {2}org\/cut {2}\(of [\d.]+ MB\) .*\n.*MB {2}org\/wren {2}\//)
  expect((await runHere('cache', '--clear', 'org/other')).code).toBe(2)
  expect((await runHere('cache', '--clear', 'org/cut')).stdout).not.toMatch(/org\/cut/)
  expect((await runHere('cache', '--clear', 'all')).stdout).toBe('nothing from the Hub is kept\n')
})

it('push uploads a folder, and says which token it needs', async () => {
  const without = await runHere('push', nano, '--repo', 'me/wren')
  expect(without).toMatchObject({ code: 1, stderr: expect.stringMatching(/make a token that may write to me\/wren/) })
  vi.stubEnv('HF_TOKEN', hub.writeToken)
  const { code, stdout } = await runHere('push', nano, '--repo', 'me/wren', '--private')
  expect(code).toBe(0)
  expect(stdout).toMatch(`${hub.url}/me/wren  `)
  const { files: arrived, private: hidden } = hub.repos.get('me/wren')!
  expect(hidden).toBe(true)
  expect(Object.keys(arrived).sort()).toEqual(Object.keys(files).sort())
  for (const [name, bytes] of Object.entries(files)) expect(sha256(arrived[name]!), name).toBe(sha256(bytes))
  mkdirSync(join(folder, 'empty'))
  expect((await runHere('push', join(folder, 'empty'), '--repo', 'me/wren')).stderr).toMatch(/got an empty folder/)
})

it('texts of the Hub go by their names', async () => {
  hub.rows.set('Salesforce/wikitext/wikitext-2-raw-v1/test', ['a', 'b'])
  expect(await textOfHub('hub:wikitext-2-test')).toEqual({ name: 'hub:wikitext-2-test', text: 'a\n\nb' })
  const unknown = await runHere('eval', nano, '--text', 'hub:other')
  expect(unknown).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/expected hub:wikitext-2-test, .*, got 'hub:other'/),
  })
})

it('the built program stops with Ctrl+C, keeps what it has, and goes on', async () => {
  await built()
  const env = { HF_ENDPOINT: hub.url, XDG_CACHE_HOME: join(folder, 'stopped') }
  hub.faults.set('org/wren/model.safetensors', { slow: 300, skip: 1 })
  const { child, ended } = start(['pull', 'org/wren'], env)
  await vi.waitFor(() => expect(hub.faults.size).toBe(0), 10_000)
  await new Promise((resolve) => setTimeout(resolve, 700))
  child.kill('SIGINT')
  expect(await ended).toMatchObject({
    code: 130,
    stderr: expect.stringMatching(/what was fetched is kept; the same command goes on/),
  })
  hub.seen.length = 0
  const again = await start(['pull', 'org/wren', '--json'], env).ended
  expect(again.code).toBe(0)
  const { path } = JSON.parse(again.stdout)
  expect(sha256(readFileSync(join(path, 'model.safetensors')))).toBe(sha256(files['model.safetensors']!))
  expect(hub.seen.map(({ range }) => range)).toContainEqual(expect.stringMatching(/^bytes=[1-9]\d*-$/))
}, 60_000)

it('the built program uploads without a word of its own runtime', async () => {
  await built()
  const pushed = await start(['push', nano, '--repo', 'me/built'], { HF_ENDPOINT: hub.url, HF_TOKEN: hub.writeToken })
    .ended
  expect(pushed.code).toBe(0)
  expect(pushed.stderr).not.toMatch(/Warning/)
}, 60_000)
