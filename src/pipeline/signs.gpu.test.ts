import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { testGpu } from '../../test/device'
import { collect } from '../../test/tiny-model'
import { quantizeWhole as quantize } from '../../test/whole'
import { writeBitloom } from '../formats/bitloom/write'
import { sumPublished } from '../formats/bits'
import { memorySource } from '../formats/bytes'
import { folderSources } from '../formats/node-files'
import { openFiles, quantizedWeights, weightsOf } from './opened'
import { perplexity } from './perplexity'
import { defaultRecipe } from './recipe'

const words = ['the', 'old', 'ship', 'was', 'lost', 'in', 'a', 'sea', 'of', 'light', 'and', 'nobody', 'knew', 'why']
const prose = Array.from({ length: 700 }, (_, i) => words[(i * i + 3 * i) % words.length]!).join(' ')

it.each(['billm', 'pb-llm', 'sage'])('what %s stores is what it gives, written and read again', async (method) => {
  const gpu = await testGpu()
  const folder = resolve(import.meta.dirname, '../../public/models/wren-nano')
  const model = await openFiles(await folderSources(folder), 'wren-nano')
  const base = defaultRecipe(method)
  const recipe = { ...base, calibration: { ...base.calibration, samples: 4, length: 48 } }
  const result = await quantize(gpu, model, { recipe, calibration: { name: 'prose', text: prose } })
  const { linears, report } = result
  expect([...linears.values()].map(({ kind }) => kind)).toEqual(new Array(linears.size).fill('sign'))
  expect(report.bits.total).toBeCloseTo(report.bits.code + report.bits.scale + report.bits.index, 12)
  const published = sumPublished(report.modules)!
  expect(published.weight).toBeGreaterThan(1)
  expect(published.weight + published.scale).toBeLessThan(report.bits.total)

  const request = { text: { name: 'prose', text: prose }, protocol: 'windows:48', maxTokens: 240 } as const
  const weights = quantizedWeights(gpu, model, async (name) => linears.get(name)!)
  const expected = await perplexity(gpu, model, weights, request)
  const packed = await collect(writeBitloom(model.source, result, report).chunks)
  const reopened = await openFiles([memorySource(packed, 'signs.bitloom.safetensors')], 'reopened')
  expect((await perplexity(gpu, reopened, weightsOf(gpu, reopened), request)).perplexity).toBe(expected.perplexity)
  expect(reopened.packed?.report.modules).toEqual(report.modules)
  expect(reopened.packed?.bits.total).toBeCloseTo(report.bits.total, 12)
})
