import { resolve } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { methodThat } from '../../test/methods'
import { collect } from '../../test/tiny-model'
import { quantizeWhole as quantize, type WholeModel } from '../../test/whole'
import { NumericalError } from '../errors'
import { writeBitloom } from '../formats/bitloom/write'
import { memorySource } from '../formats/bytes'
import { dequantize } from '../formats/dequantize'
import { exportFloat } from '../formats/export-float'
import { toFloat32 } from '../formats/floats'
import { folderSources } from '../formats/node-files'
import type { ChangedTensors } from '../formats/quantized'
import type { Gpu } from '../gpu/device'
import { linearName, parameterName } from '../models/required-tensors'
import type { ParameterKey } from '../models/spec'
import { type OpenedModel, openFiles, quantizedWeights, weightsOf } from './opened'
import { perplexity } from './perplexity'
import { scaledWindow } from './scaling'

const words = ['the', 'old', 'ship', 'was', 'lost', 'in', 'a', 'sea', 'of', 'light', 'and', 'nobody', 'knew', 'why']
const prose = Array.from({ length: 900 }, (_, i) => words[(i * i + 3 * i) % words.length]!).join(' ')
const request = { text: { name: 'prose', text: prose }, protocol: 'windows:48', maxTokens: 240 }

/** Scales from 1/2 to 2. */
const rescaling = methodThat(
  'rescaling',
  async (block) => {
    const { gpu, model, layer } = block
    for (const stage of [0, 2, 3]) {
      const { in: columns } = model.linears.find((linear) => linear.stage === stage)!
      const scales = gpu.upload(noise(columns, 9 * layer + stage).map((value) => 2 ** value))
      await block.rescale(stage, scales)
      gpu.free(scales)
    }
  },
  { samples: 4, length: 48 },
)

let gpu: Gpu
let model: OpenedModel
let result: WholeModel
let expected: number

const measure = async (of: OpenedModel) => (await perplexity(gpu, of, weightsOf(gpu, of), request)).perplexity
const denseOf = ({ linears }: WholeModel) =>
  new Map(
    [...linears].map(([name, linear]) => {
      const { out, in: columns } = linear
      return [name, { out, in: columns, weights: async () => dequantize(linear) }] as const
    }),
  )
const packedOf = async () => {
  const { report, changed } = result
  return collect(writeBitloom(model.source, result, report, changed).chunks)
}
const folderOf = async (of: OpenedModel, changed?: ChangedTensors) => {
  const files = exportFloat(of.source, denseOf(result), { changed })
  return openFiles(
    await Promise.all(files.map(async ({ name, chunks }) => memorySource(await collect(chunks), name))),
    'fp16',
  )
}

beforeAll(async () => {
  gpu = await testGpu()
  const folder = resolve(import.meta.dirname, '../../public/models/wren-nano')
  model = await openFiles(await folderSources(folder), 'wren-nano')
  result = await quantize(gpu, model, { recipe: rescaling, calibration: { name: 'prose', text: prose } })
  const { linears, changed } = result
  const weights = quantizedWeights(gpu, model, async (name) => linears.get(name)!, changed)
  expected = (await perplexity(gpu, model, weights, request)).perplexity
})

const normName = (layer: number, key: ParameterKey): string =>
  parameterName(model.spec, layer, model.spec.parameters.find((parameter) => parameter.key === key)!)

describe('a model whose norms a method rescaled', () => {
  it('gives both norms of every block', () => {
    const { layers, hidden } = model.spec
    const names = Array.from({ length: layers }, (_, layer) => [
      normName(layer, 'attnNorm'),
      normName(layer, 'mlpNorm'),
    ])
    expect([...result.changed.keys()]).toEqual(names.flat())
    for (const values of result.changed.values()) expect(values).toHaveLength(hidden)
  })

  it('says how its weights compare with the checkpoint’s', async () => {
    for (const [name, linear] of result.linears) {
      const entry = model.source.tensors.get(`${name}.weight`)!
      const original = toFloat32(await entry.read(), entry.dtype)
      const scaling = result.scalings.get(name)
      const place = { row: 0, column: 0, columns: linear.in }
      const weights = scaling ? scaledWindow(original, place, scaling) : original
      const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0)
      // half a step of 8 bits over the widest group, and what a float16 step adds
      expectClose(dequantize(linear), Float64Array.from(weights), { atol: largest / 200 })
    }
    const roles = model.spec.linears
      .filter((linear) => result.scalings.has(linearName(0, linear)))
      .map(({ role }) => role)
    expect(roles).toEqual(['q', 'k', 'v', 'gate', 'up', 'down'])
  })

  it('computes what it did, but for 8-bit weights', async () => {
    const original = await measure(model)
    expect(Math.abs(expected / original - 1)).toBeLessThan(0.02)
    const { linears } = result
    const withoutNorms = quantizedWeights(gpu, model, async (name) => linears.get(name)!)
    const wrong = await perplexity(gpu, model, withoutNorms, request)
    expect(wrong.perplexity).toBeGreaterThan(1.1 * original)
  })

  it('reopens from a packed file with the same perplexity to the last bit', async () => {
    const reopened = await openFiles([memorySource(await packedOf(), 'wren.bitloom.safetensors')], 'reopened')
    expect(await measure(reopened)).toBe(expected)
    const name = normName(0, 'attnNorm')
    const norm = reopened.source.tensors.get(name)!
    expect([norm.dtype, norm.shape]).toEqual(['F32', [model.spec.hidden]])
    expect(new Float32Array((await norm.read()).buffer)).toEqual(result.changed.get(name))
    expect(reopened.source.tensors.size).toBeGreaterThan(model.source.tensors.size)
  })

  it('becomes a float16 folder with the same perplexity to 0.1 %, from the run and from the packed file', async () => {
    const direct = await folderOf(model, result.changed)
    expect(direct.source.tensors.get(normName(0, 'attnNorm'))!.dtype).toBe('F16')
    expect([...direct.source.tensors.keys()].sort()).toEqual([...model.source.tensors.keys()].sort())
    const reopened = await openFiles([memorySource(await packedOf(), 'wren.bitloom.safetensors')], 'reopened')
    for (const folder of [direct, await folderOf(reopened)])
      expect(Math.abs((await measure(folder)) / expected - 1)).toBeLessThan(1e-3)
  })

  it('is refused as float16 where a norm does not fit', async () => {
    const name = normName(1, 'mlpNorm')
    const changed = new Map([[name, new Float32Array(model.spec.hidden).fill(1e6, 5, 6)]])
    const failure = folderOf(model, changed)
    await expect(failure).rejects.toThrow(NumericalError)
    await expect(failure).rejects.toThrow(`${name}: expected weights within ±65504, got 1000000 at element 5 — float16`)
  })
})
