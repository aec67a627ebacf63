import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { packAffine, rangeGrid, symmetricGrid, unpackCodes } from '../src/formats/affine'
import { packedFileName } from '../src/formats/bitloom/names'
import { writeBitloom } from '../src/formats/bitloom/write'
import { placeColumns } from '../src/formats/column-rule'
import { dequantize } from '../src/formats/dequantize'
import { arraysOf, headerOf } from '../src/formats/linear-check'
import { heldLinears } from '../src/formats/packed-model'
import type { QuantizedLinear } from '../src/formats/quantized'
import { packSign } from '../src/formats/sign-pack'
import { anyRuled } from './affine'
import { anySign } from './sign'
import { collect, tinyCheckpoint, tinyLinears, tinyReport } from './tiny-model'

const page = readFileSync(join(import.meta.dirname, '../docs/format.md'), 'utf8')
const blocks = (language: string) =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 'gs'))].map(([, body]) => body!)
const folder = mkdtempSync(join(tmpdir(), 'bitloom-format-'))
afterAll(() => rmSync(folder, { recursive: true }))

function expectExample(number: number, linear: QuantizedLinear) {
  expect(JSON.parse(blocks('json')[number]!)).toEqual(headerOf(linear))
  const arrays = Object.entries(arraysOf(linear)).filter(([, array]) => array)
  const hex = new Map(arrays.map(([part, array]) => [part, Buffer.from(array.buffer).toString('hex')]))
  const lines = blocks('hex')[number]!.trim().split('\n')
  const shown = lines.map((line) => line.split(/\s+/)).map(([part, ...bytes]) => [part, bytes.join('')])
  expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(hex))
}

describe('docs/format.md', () => {
  it('has a snippet that reads every row of a real file', async () => {
    const ruled = fc
      .sample(anyRuled, { numRuns: 5, seed: 3 })
      .map(({ linear }, i) => ({ ...linear, name: `ruled.${i}` }))
    const signs = fc
      .sample(anySign, { numRuns: 6, seed: 5 })
      .map(({ linear }, i) => ({ ...linear, name: `signs.${i}` }))
    const file = join(folder, 'tiny.bitloom.safetensors')
    const linears = [...tinyLinears(), ...ruled, ...signs]
    for (const [i, name] of ['affine', 'sign'].entries()) writeFileSync(join(folder, `${name}.mjs`), blocks('js')[i]!)
    writeFileSync(
      file,
      await collect(writeBitloom(await tinyCheckpoint(), heldLinears(linears), tinyReport(linears)).chunks),
    )
    for (const linear of linears) {
      const row = linear.out - 1
      const script = join(folder, `${linear.kind}.mjs`)
      const printed = execFileSync(process.execPath, [script, file, linear.name, String(row)], { encoding: 'utf8' })
      // JavaScript prints −0 as 0
      const expected = dequantize(linear)
        .slice(row * linear.in)
        .map((weight) => weight + 0)
      expect(Float32Array.from(printed.trim().split('\n'), Number)).toEqual(expected)
    }
  }, 30_000)

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
    expectExample(0, linear)
    expect([...dequantize(linear)]).toEqual([0.5, 0.5, 1, -4, -2, 6])
  })

  it('has an example of a rule that is what the writer makes', () => {
    const rule = 'shared'
    const placed = placeColumns(Uint8Array.of(2, 4, 2, 1, 4, 2), { groupSize: 2, ranges: rule })
    const { perm, segments, groups, groupOf, storedGroupOf } = placed
    const linear = packAffine({
      ...{ name: 'example', out: 1, in: 6, perm, segments, groupOf: storedGroupOf, groupSize: 2, groups, rule },
      codes: Uint8Array.of(3, 15, 2, 1, 10, 1),
      grid: rangeGrid(Float32Array.of(-1, 0, -1, 0), Float32Array.of(2, 15, 7.5, 1)),
    })
    expectExample(1, linear)
    expect([...dequantize(linear)]).toEqual([15, 15, 4, 1, 4, expect.closeTo(1 / 3, 4)])
    const table = /\| stored column \|.*?\n\n/s.exec(page)![0].trim().split('\n')
    const cells = table.map((line) => line.split('|').slice(2, 8).map(Number))
    expect(cells[0]).toEqual(Array.from({ length: 6 }, (_, column) => perm!.indexOf(column)))
    expect(cells[1]).toEqual([...groupOf])
    expect(cells[2]).toEqual([...unpackCodes(linear)])
  })

  it('has an example of signs that is what the writer makes', () => {
    const linear = packSign({
      ...{ name: 'example', out: 2, in: 5, groups: 2, blockColumns: 5, perRow: true },
      signs: Uint8Array.of(1, 0, 1, 0, 1, 1, 0, 1, 1, 1),
      ids: Uint8Array.of(0, 1, 1, 0, 0, 1, 0, 1, 1, 1),
      amplitudes: Float32Array.of(1, 2, 0.5, 4),
      sparse: { positions: Uint32Array.of(5), bits: 4, codes: [11], scales: Float32Array.of(1, 2) },
      columns: { indices: [3], signs: Uint8Array.of(1, 1), levels: Float32Array.of(0.5, 4, 1, -1, 2, 0.25) },
    })
    expectExample(2, linear)
    expect([...dequantize(linear)]).toEqual([1, -2, 2, -2.5, 1, 6, -0.5, 4, 1.25, 4])
  })
})
