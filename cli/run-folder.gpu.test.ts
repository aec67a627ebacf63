import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { beforeAll, expect, it } from 'vitest'
import { fileSource } from '../src/formats/node-files'
import { readSafetensors } from '../src/formats/safetensors'
import { bitloom, built, nano, sample, scratch, start } from '../test/cli'

const folder = scratch()
const calibration = sample(folder, 'moby-dick', 30_000)
const args = (out: string, ...more: (string | number)[]) => [
  ...['quantize', nano, '--calibration', calibration, '--samples', 12, '--seq-len', 96, '--out', out],
  ...['--method', 'omniquant', '--epochs', 2, ...more],
]
const kept = (out: string) =>
  existsSync(`${out}.run`) ? readdirSync(`${out}.run`).filter((name) => /^block-\d+\.\w{64}/.test(name)).length : 0

/** Waits until so many blocks are kept. */
async function untilKept(out: string, blocks: number): Promise<void> {
  while (kept(out) < blocks) await setTimeout(10)
}

/** All tensors of a packed file, and its report less what time and memory it took. */
async function lasting(path: string) {
  const file = await fileSource(path)
  const { tensors, metadata } = await readSafetensors(file)
  const { seconds: _, peakGpuBytes: __, resumed, modules, ...report } = JSON.parse(metadata['bitloom.report']!)
  const timeless = modules.map((module: object) => ({ ...module, seconds: 0 }))
  const bytes = new Map<string, string>()
  for (const [name, { dtype, shape, read }] of tensors)
    bytes.set(name, `${dtype} ${shape} ${Buffer.from(await read()).toString('base64')}`)
  return { resumed, rest: { bytes, report, modules: timeless, linears: metadata['bitloom.linears'] } }
}

const whole = join(folder, 'whole')

beforeAll(async () => {
  await built()
  const { code, stderr } = await bitloom(...args(whole))
  expect(code, stderr).toBe(0)
}, 180_000)

it('goes on after kill −9, twice, to the same file; nothing is left beside it', async () => {
  const out = join(folder, 'killed')
  for (const blocks of [1, 2]) {
    const { child, ended } = start(args(out))
    await untilKept(out, blocks)
    child.kill('SIGKILL')
    await ended
  }
  const { code, stderr } = await bitloom(...args(out))
  expect(code, stderr).toBe(0)
  expect(stderr).toMatch(/goes on where it was broken off: [23] of 4 blocks are kept/)
  const [got, expected] = [await lasting(out), await lasting(whole)]
  expect(got.rest).toEqual(expected.rest)
  expect([got.resumed, expected.resumed]).toEqual([2, undefined])
  expect(readdirSync(folder).filter((name) => name.startsWith('killed'))).toEqual(['killed'])
}, 120_000)

it('stops when asked to and says how to go on; is alone with its output; goes on with the same only', async () => {
  const out = join(folder, 'stopped')
  const { child, ended } = start(args(out))
  await untilKept(out, 1)
  const second = await bitloom(...args(out))
  expect(second.code).toBe(1)
  expect(second.stderr).toMatch(/stopped\.run\.lock: expected to be alone .* got process \d+/)
  child.kill('SIGINT')
  const { code, stderr } = await ended
  expect(code).toBe(130)
  expect(stderr).toMatch(
    /stopped; \d blocks? (is|are) kept in '.*stopped\.run' — run the same command again to go on\n$/,
  )

  const before = kept(out)
  const other = await bitloom(...args(out, '--seed', 5))
  expect(other.code).toBe(1)
  expect(other.stderr).toMatch(/got another recipe — add --fresh to start over/)
  expect(kept(out)).toBe(before)

  const fresh = await bitloom(...args(out, '--seed', 5, '--fresh', '--json'))
  expect(fresh.code, fresh.stderr).toBe(0)
  expect(JSON.parse(fresh.stdout)).toMatchObject({ resumed: 0 })
  expect(readFileSync(out).equals(readFileSync(whole))).toBe(false)
}, 120_000)
