import { resolve } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { testGpu } from '../../test/device'
import { collect } from '../../test/tiny-model'
import { quantizeWhole as quantize, type WholeModel } from '../../test/whole'
import { FormatError } from '../errors'
import { writeBitloom } from '../formats/bitloom/write'
import { memorySource } from '../formats/bytes'
import { dequantize } from '../formats/dequantize'
import { exportFloat } from '../formats/export-float'
import { toFloat32 } from '../formats/floats'
import { folderSources } from '../formats/node-files'
import type { Gpu } from '../gpu/device'
import { nllMeanReference } from '../reference/llama'
import { type OpenedModel, openFiles, quantizedWeights, weightsOf } from './opened'
import { type PerplexityRequest, perplexity } from './perplexity'
import { defaultRecipe } from './recipe'

const words = ['the', 'old', 'ship', 'was', 'lost', 'in', 'a', 'sea', 'of', 'light', 'and', 'nobody', 'knew', 'why']
const prose = (count: number) =>
  Array.from({ length: count }, (_, i) => words[(i * i + 3 * i) % words.length]! + (i % 13 === 12 ? '.' : '')).join(' ')

const request: PerplexityRequest = { text: { name: 'prose', text: prose(600) }, protocol: 'windows:48', maxTokens: 480 }

let gpu: Gpu
let model: OpenedModel
let result: WholeModel
let expected: number
let packed: Uint8Array<ArrayBuffer>

beforeAll(async () => {
  gpu = await testGpu()
  const folder = resolve(import.meta.dirname, '../../public/models/wren-nano')
  model = await openFiles(await folderSources(folder), 'wren-nano')
  const base = defaultRecipe('gptq')
  const recipe = {
    ...base,
    options: { ...base.options, bits: 3, groupSize: 64, actOrder: true },
    calibration: { ...base.calibration, samples: 8, length: 64 },
  }
  result = await quantize(gpu, model, { recipe, calibration: { name: 'prose', text: prose(900) } })
  const weights = quantizedWeights(gpu, model, async (name) => result.linears.get(name)!)
  expected = (await perplexity(gpu, model, weights, request)).perplexity
  packed = await collect(writeBitloom(model.source, result, result.report).chunks)
})

describe('wren-nano', () => {
  it('has the perplexity of the float64 model', async () => {
    const { spec, source, tokenizer } = model
    const entries = [...source.tensors.values()]
    const weights = new Map(
      await Promise.all(
        entries.map(async (entry) => [entry.name, toFloat32(await entry.read(), entry.dtype)] as const),
      ),
    )
    const ids = tokenizer.encode(request.text.text).slice(0, 96)
    const reference = nllMeanReference(spec, weights, [ids.slice(0, 48), ids.slice(48)], 1)
    const report = await perplexity(gpu, model, weightsOf(gpu, model), { ...request, maxTokens: 96 })
    expect(report.tokens).toBe(94)
    expect(Math.abs(report.nll / reference - 1)).toBeLessThan(1e-5)
  })
})

describe('a packed file', () => {
  const reopen = () => openFiles([memorySource(packed, 'wren-nano.bitloom.safetensors')], 'reopened')

  it('alone gives the same perplexity to the last bit', async () => {
    const reopened = await reopen()
    expect((await perplexity(gpu, reopened, weightsOf(gpu, reopened), request)).perplexity).toBe(expected)
    expect(reopened.packed?.bits.total).toBeCloseTo(result.report.bits.total, 12)
    expect(reopened.packed?.report).toMatchObject({ recipe: result.report.recipe, model: { name: 'wren-nano' } })
  })

  it('is not quantized twice', async () => {
    const reopened = await reopen()
    const again = quantize(gpu, reopened, { recipe: result.report.recipe, calibration: request.text })
    await expect(again).rejects.toThrow(FormatError)
    await expect(again).rejects.toThrow('reopened: expected a checkpoint of float weights')
  })
})

describe('the float16 folder', () => {
  it('gives the same perplexity to 0.1 %', async () => {
    const dense = [...result.linears].map(([name, linear]) => {
      const { out, in: columns } = linear
      return [name, { out, in: columns, weights: async () => dequantize(linear) }] as const
    })
    const files = exportFloat(model.source, new Map(dense))
    const sources = await Promise.all(files.map(async ({ name, chunks }) => memorySource(await collect(chunks), name)))
    const reopened = await openFiles(sources, 'fp16')
    const report = await perplexity(gpu, reopened, weightsOf(gpu, reopened), request)
    expect(reopened.packed).toBeNull()
    expect(Math.abs(report.perplexity / expected - 1)).toBeLessThan(1e-3)
  })
})
