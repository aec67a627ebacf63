import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { bitloom, built, nano, sample, scratch, start } from '../test/cli'

const folder = scratch()
const text = sample(folder, 'moby-dick', 12_000)
const recipe = ['--calibration', text, '--samples', 4, '--seq-len', 64, '--stream', 'original', '--bits', 3]
const plan = join(folder, 'plan')
const part = (i: number) => ['quantize', nano, '--calibration', text, '--part', `${i}/3`, '--out', plan]

beforeAll(built, 120_000)

/** The bytes of all tensors of a safetensors file, and its metadata without what tells time and memory. */
function contents(path: string): { tensors: Buffer; header: object } {
  const file = readFileSync(path)
  const length = Number(file.readBigUInt64LE(0))
  const { __metadata__: metadata, ...tensors } = JSON.parse(file.toString('utf8', 8, 8 + length))
  const report = JSON.parse(metadata['bitloom.report'], (key, value) =>
    key === 'seconds' || key === 'peakGpuBytes' ? undefined : value,
  )
  return { tensors: file.subarray(8 + length), header: { ...metadata, 'bitloom.report': report, tensors } }
}

it('three processes make what one makes, byte for byte, and a part that was killed goes on', async () => {
  const whole = join(folder, 'whole.safetensors')
  const one = await bitloom('quantize', nano, ...recipe, '--out', whole)
  expect(one.code, one.stderr).toBe(0)
  expect((await bitloom('plan', nano, ...recipe, '--workers', 3, '--out', plan)).code).toBe(0)

  const killed = start(part(3))
  killed.child.stderr!.on('data', (line) => {
    if (String(line).includes('block 3/4')) killed.child.kill('SIGKILL')
  })
  await killed.ended
  const parts = await Promise.all([1, 2, 3].map((i) => bitloom(...part(i))))
  for (const { code, stderr } of parts) expect(code, stderr).toBe(0)

  const merged = join(folder, 'merged.safetensors')
  const joined = await bitloom('merge', nano, plan, '--out', merged)
  expect(joined.code, joined.stderr).toBe(0)
  expect(joined.stdout).toMatch(/4 blocks of 3 parts\n$/)
  const [a, b] = [contents(merged), contents(whole)]
  expect(a.tensors.equals(b.tensors)).toBe(true)
  expect(a.header).toEqual(b.header)

  const [lost] = readdirSync(plan).filter((name) => name.startsWith('part-0002'))
  rmSync(join(plan, lost!), { recursive: true })
  const refused = await bitloom('merge', nano, plan, '--out', join(folder, 'none.safetensors'))
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain(
    `part 2 of 3: expected its blocks in '${lost}', got none — run: bitloom ${part(2).join(' ')}`,
  )
}, 300_000)
