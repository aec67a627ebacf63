import { beforeAll, describe, expect, it } from 'vitest'
import { affineSample } from '../../test/affine'
import { collect } from '../../test/tiny-model'
import { memorySource } from '../formats/bytes'
import { headerOf } from '../formats/linear-check'
import { folderSources } from '../formats/node-files'
import type { QuantizedLinear } from '../formats/quantized'
import { linearName } from '../models/required-tensors'
import type { RunReport } from '../records'
import { type ExportFormat, exportAs, type Outcome } from './exports'
import { openFiles } from './opened'
import { perplexitiesAgree, verifyTensors } from './verify'

const report = { recipe: { method: 'rtn', options: {} }, bits: { total: 4.5 }, model: { name: 'nano' } }

/** The smallest bundled model with symmetric codes of four bits in groups of 32. */
async function quantizedNano(): Promise<Outcome> {
  const model = await openFiles(await folderSources('public/models/wren-nano'), 'nano')
  const linears = new Map<string, QuantizedLinear>()
  for (let layer = 0; layer < model.spec.layers; layer++)
    for (const linear of model.spec.linears) {
      const name = linearName(layer, linear)
      const shape = { out: linear.out, columns: linear.in, widths: [[4, 1] as [4, number]], grid: 'symmetric' as const }
      const rest = { zeroBits: 4, groupSize: 32, permuted: false, named: false, seed: layer } as const
      linears.set(name, affineSample({ ...shape, ...rest }, name).linear)
    }
  return {
    ...{ model, changed: new Map(), report: report as unknown as RunReport },
    headers: new Map([...linears].map(([name, linear]) => [name, headerOf(linear)])),
    linear: async (name) => linears.get(name)!,
  }
}

describe('a GGUF file that is opened again', () => {
  let outcome: Outcome
  beforeAll(async () => {
    outcome = await quantizedNano()
  })
  const written = async (format: ExportFormat) => collect((await exportAs(format, outcome)).files[0]!.chunks)
  const verified = async (bytes: Uint8Array<ArrayBuffer>) =>
    verifyTensors(outcome, await openFiles([memorySource(bytes, 'nano.gguf')], 'nano'))

  it.each([
    ['gguf', 1e-6],
    ['gguf-q8_0', 1e-2],
  ] as const)('as %s holds every tensor as it was, or as its type rounds it', async (format, tolerance) => {
    expect(await verified(await written(format))).toEqual({
      ...{ stored: 'Q4_0', tensors: 38, different: 0, names: [], largest: 0, tolerance },
    })
  })

  it('is found out where a code, or a weight of the embedding, is another', async () => {
    const bytes = await written('gguf')
    for (const at of [bytes.length - 3, Math.floor(bytes.length / 2)]) {
      const spoilt = bytes.slice()
      spoilt[at]! ^= 0x11
      const { different, names, largest } = await verified(spoilt)
      expect(different).toBe(1)
      expect(names).toHaveLength(1)
      expect(largest).toBeGreaterThan(0)
    }
  })
})

it('takes perplexities for the same as far as roundings move them', () => {
  const held = (tolerance: number) => ({ stored: '', tensors: 1, different: 0, names: [], largest: 0, tolerance })
  expect(perplexitiesAgree(held(1e-6), 100, 100.00005)).toBe(true)
  expect(perplexitiesAgree(held(1e-6), 100, 100.001)).toBe(false)
  expect(perplexitiesAgree(held(1e-2), 100, 100.9)).toBe(true)
  expect(perplexitiesAgree(held(1e-2), 100, 101.1)).toBe(false)
})
