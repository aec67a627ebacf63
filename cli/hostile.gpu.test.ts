import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { nano, nanoWith, runHere, scratch } from '../test/cli'

const folder = scratch()
const HOSTILE = '\x1b[2J\x1b]0;mine\x07\x9b31m\u202e<img src=x onerror=alert(1)>../../x'
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not come through
const OBEYED = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/

it('names of tensors and of metadata reach no terminal as they are, and JSON readers all the same', async () => {
  const bytes = readFileSync(join(nano, 'model.safetensors'))
  const end = 8 + Number(bytes.readBigUInt64LE(0))
  const { __metadata__: metadata, ...tensors } = JSON.parse(bytes.toString('utf8', 8, end))
  const header = {
    __metadata__: { ...metadata, [HOSTILE]: HOSTILE },
    ...tensors,
    [HOSTILE]: { dtype: 'F32', shape: [0], data_offsets: [0, 0] },
  }
  const text = Buffer.from(JSON.stringify(header))
  const size = Buffer.alloc(8)
  size.writeBigUInt64LE(BigInt(text.length))
  const model = nanoWith(folder, { 'model.safetensors': Buffer.concat([size, text, bytes.subarray(end)]) })
  for (const more of [[], ['--json']]) {
    const { code, stdout, stderr } = await runHere('inspect', model, ...more)
    expect(code, stderr).toBe(0)
    expect(stdout + stderr).not.toMatch(OBEYED)
    if (more.length > 0) expect(JSON.parse(stdout).tensors.map(({ name }: { name: string }) => name)).toContain(HOSTILE)
  }
})
