import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { dequantize, packAffine, symmetricGrid } from '../src/formats/affine'
import { arraysOf, headerOf } from '../src/formats/affine-check'
import { packedFileName } from '../src/formats/bitloom/names'
import { writeBitloom } from '../src/formats/bitloom/write'
import { collect, tinyCheckpoint, tinyLinears, tinyReport } from './tiny-model'

const page = readFileSync(join(import.meta.dirname, '../docs/format.md'), 'utf8')
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(([, body]) => body!)
const folder = mkdtempSync(join(tmpdir(), 'bitloom-format-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('docs/format.md', () => {
  it('has a snippet that reads every row of a real file', async () => {
    const linears = tinyLinears()
    const script = join(folder, 'read-row.mjs')
    const file = join(folder, 'tiny.bitloom.safetensors')
    writeFileSync(script, blocks('js')[0]!)
    writeFileSync(file, await collect(writeBitloom(await tinyCheckpoint(), linears, tinyReport(linears)).chunks))
    for (const linear of linears) {
      const row = linear.out - 1
      const printed = execFileSync(process.execPath, [script, file, linear.name, String(row)], { encoding: 'utf8' })
      const expected = dequantize(linear).slice(row * linear.in)
      expect(Float32Array.from(printed.trim().split('\n'), Number)).toEqual(expected)
    }
  })

  it('has an expression that file names match', () => {
    const [, source] = /^\/(.*)\/\n$/.exec(blocks('regexp')[0]!)!
    const match = new RegExp(source!).exec(packedFileName(tinyReport([])))
    expect(match?.groups).toEqual({ model: 'tiny-one', method: 'gptq', bits: '4.25' })
    expect(page).toMatch(new RegExp(source!.replace(/^\^|\$$/g, '')))
  })

  it('has an example that is what the writer makes', () => {
    const linear = packAffine({
      ...{ name: 'example', out: 2, in: 3, perm: Uint32Array.of(2, 0, 1), groupOf: null, groupSize: 3, groups: 1 },
      segments: [
        { bits: 3, columns: 2 },
        { bits: 1, columns: 1 },
      ],
      codes: Uint8Array.of(5, 1, 6, 2, 0, 7),
      grid: symmetricGrid(Float32Array.of(0.5, 2)),
    })
    expect(JSON.parse(blocks('json')[0]!)).toEqual(headerOf(linear))
    const arrays = arraysOf(linear)
    for (const line of blocks('hex')[0]!.trim().split('\n')) {
      const [part, ...bytes] = line.split(/\s+/)
      const array = arrays[part as 'codes' | 'scale' | 'perm']!
      expect(bytes.join('')).toBe(Buffer.from(array.buffer).toString('hex'))
    }
    expect([...dequantize(linear)]).toEqual([0.5, 0.5, 1, -4, -2, 6])
  })
})
