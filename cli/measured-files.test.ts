import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { FormatError } from '../src/errors'
import { nano, runHere, scratch } from '../test/cli'
import { fakeDivergence, fakeScan } from '../test/fake-divergence'
import { readMeasured } from './measured-files'

const folder = scratch()
function file(name: string, value: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value))
  return path
}

const compared = { ...fakeDivergence('t', 'windows:64', true), model: 'packed', reference: 'wren' }
const plan = [{ name: 'a.q', layer: 0, role: 'q', out: 4, in: 4 }]
const scanned = {
  ...fakeScan(plan, { text: 't', by: 'module', bits: 3, groupSize: 64, protocol: 'windows:64' }),
  ...{ model: 'wren', device: 'd', allowed: 1, minima: [], limits: '' },
}

describe('files of measurements', () => {
  it('are told apart by what they hold', async () => {
    const { original } = compared
    const evaluated = { ...original, ...{ protocol: 'p', text: 't', tokens: 4, windows: 1, seconds: 1, stored: false } }
    const found = await readMeasured([
      file('compared.json', compared),
      file('scanned.json', scanned),
      file('evaluated.json', { ...evaluated, model: 'wren' }),
      file('tasks.json', { model: 'wren', tasks: [] }),
    ])
    expect(found.divergences).toEqual([compared])
    expect(found.sensitivities[0]!.records).toEqual(scanned.records)
    expect(found.perplexities).toMatchObject([{ model: 'wren', perplexity: original.perplexity }])
    expect(found.tasks).toEqual([{ model: 'wren', tasks: [] }])
  })

  it.each([
    ['no JSON', '{', /expected JSON/],
    ['a list', '[]', /expected a measurement/],
    ['another document', { bits: 3 }, /expected a measurement/],
    ['a text for a number', { ...compared, kl: { ...compared.kl, mean: '<b>' } }, /kl\.mean/],
    ['no counts', { ...compared, histogram: { from: 0, to: 0, counts: [] } }, /histogram/],
  ])('are refused where they are %s', async (_, value, says) => {
    const reading = readMeasured([file('wrong.json', value)])
    await expect(reading).rejects.toThrow(FormatError)
    await expect(reading).rejects.toThrow(says)
  })
})

it('refuses what no report is made of', async () => {
  const unknown = await runHere('report', nano, '--out', join(folder, 'report.pdf'))
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringMatching(/ends in \.html, \.json or \.md/) })
  const floats = await runHere('report', nano, '--out', join(folder, 'report.html'))
  expect(floats).toMatchObject({ code: 1, stderr: expect.stringMatching(/expected a packed file/) })
  for (const [flag, says] of [
    ['--by', /--by: expected with --bits only/],
    ['--max-kl', /--max-kl: expected with --bits only/],
  ] as const) {
    const { code, stderr } = await runHere('sensitivity', nano, '--text', 't', flag, flag === '--by' ? 'layer' : '1')
    expect([code, stderr]).toEqual([2, expect.stringMatching(says)])
  }
})
