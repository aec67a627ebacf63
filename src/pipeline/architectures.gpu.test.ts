import { describe, expect, it } from 'vitest'
import { architectureNames, letters, openArchitecture } from '../../test/architectures'
import { testGpu } from '../../test/device'
import { collect } from '../../test/tiny-model'
import { quantizeWhole as quantize } from '../../test/whole'
import { writeBitloom } from '../formats/bitloom/write'
import { memorySource } from '../formats/bytes'
import { dequantize } from '../formats/dequantize'
import { exportFloat } from '../formats/export-float'
import { toFloat32 } from '../formats/floats'
import { openModel } from '../formats/open'
import type { TensorEntry } from '../formats/source'
import { linearName } from '../models/required-tensors'
import type { ModelSpec } from '../models/spec'
import type { Recipe } from '../records'
import { forecastOf } from './inspect'
import { type OpenedModel, openFiles, weightsOf } from './opened'
import { perplexity } from './perplexity'
import { scaledWindow } from './scaling'

const calibration = { name: 'letters', text: letters(400) }
const recipe = (method: string, options: Record<string, unknown>): Recipe => ({
  ...{ version: 1, method, options, seed: 1 },
  calibration: { text: 'letters', samples: 8, length: 24, pick: 'first' },
})

async function perplexityOf(model: OpenedModel): Promise<number> {
  const gpu = await testGpu()
  const request = { text: { name: 'letters', text: letters(200, 2) }, protocol: 'windows:24', maxTokens: 200 }
  return (await perplexity(gpu, model, weightsOf(gpu, model), request)).perplexity
}

async function quantized(name: string, method: string, options: Record<string, unknown>) {
  const gpu = await testGpu()
  const model = await openArchitecture(name)
  const before = gpu.pool.liveBytes
  const result = await quantize(gpu, model, { recipe: recipe(method, options), calibration })
  expect(gpu.pool.liveBytes).toBe(before)
  const { report, changed } = result
  const bytes = await collect(writeBitloom(model.source, result, report, changed).chunks)
  const packed = await openFiles([memorySource(bytes, 'model.bitloom.safetensors')], name)
  return { ...result, model, packed }
}

const namesOf = ({ layers, linears }: ModelSpec): string[] =>
  Array.from({ length: layers }, (_, layer) => linears.map((linear) => linearName(layer, linear))).flat()

describe.each(architectureNames)('%s', (name) => {
  it('is quantized by RTN, packed and opened again', async () => {
    const { model, packed, linears, report } = await quantized(name, 'rtn', { bits: 8, groupSize: 32 })
    expect([...linears.keys()]).toEqual(namesOf(model.spec))
    expect(report.modules.every(({ error }) => error.weight < 1e-4)).toBe(true)
    const original = await perplexityOf(model)
    expect(Math.abs((await perplexityOf(packed)) / original - 1)).toBeLessThan(0.02)
  })

  it('is quantized by GPTQ along what each linear reads', async () => {
    const options = { bits: 3, groupSize: 32 }
    const [plain, learned] = [await quantized(name, 'rtn', options), await quantized(name, 'gptq', options)]
    const forecast = forecastOf(learned.model, recipe('gptq', options), (await testGpu()).info)
    const taken = learned.report.peakGpuBytes / forecast.peak
    expect(taken).toBeGreaterThan(0.7)
    expect(taken).toBeLessThan(1.02)
    const outputs = ({ report }: typeof learned) => report.modules.map(({ error }) => error.output!)
    expect(outputs(learned).every((error) => error > 0 && error < 0.1)).toBe(true)
    const weights = ({ report }: typeof learned) => report.modules.reduce((sum, { error }) => sum + error.weight, 0)
    // it gives up some of the weights for the sake of the outputs
    expect(weights(learned)).toBeGreaterThan(weights(plain))
  })

  it('computes what it did when AWQ has moved scales', async () => {
    const { model, packed, linears, scalings } = await quantized(name, 'awq', {
      bits: 8,
      groupSize: 32,
      search: 'scales',
    })
    expect(scalings.size).toBeGreaterThan(0)
    for (const [key, scaling] of scalings) {
      const entry = model.source.tensors.get(`${key}.weight`)!
      const [, columns = 0] = entry.shape
      const whole = { row: 0, column: 0, columns }
      const scaled = scaledWindow(toFloat32(await entry.read(), entry.dtype), whole, scaling)
      const loudest = Math.max(...scaled.map(Math.abs))
      const codes = dequantize(linears.get(key)!)
      // half a step of 255 between the ends of a row's group, and the rounding of its scale
      expect(Math.max(...codes.map((value, i) => Math.abs(value - scaled[i]!)))).toBeLessThan(0.01 * loudest)
    }
    const original = await perplexityOf(model)
    expect(Math.abs((await perplexityOf(packed)) / original - 1)).toBeLessThan(0.02)
  })

  it('is written as a folder of plain weights that opens as the original does', async () => {
    const { model, linears, changed } = await quantized(name, 'rtn', { bits: 8, groupSize: 32 })
    const dense = new Map(
      [...linears].map(([key, linear]) => [
        key,
        { out: linear.out, in: linear.in, weights: async () => dequantize(linear) },
      ]),
    )
    const files = await Promise.all(
      exportFloat(model.source, dense, { changed }).map(async (file) =>
        memorySource(await collect(file.chunks), file.name),
      ),
    )
    const folder = await openFiles(files, name)
    const stored = await openModel(files)
    for (const [key, linear] of linears) {
      const entry = folder.source.tensors.get(`${key}.weight`)!
      const values = toFloat32(await entry.read(), entry.dtype)
      const expected = dequantize(linear)
      expect(Math.max(...values.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(2e-3)
      const shape = [linear.out, linear.in]
      expect(stored.tensors.get(`${key}.weight`)!.shape).toEqual(
        model.source.transposed?.has(key) ? shape.reverse() : shape,
      )
    }
  })
})

const OTHERS: [method: string, options: Record<string, unknown>][] = [
  ['mg-ptq', { bits: 3, sensitivity: 'none', groupSize: 32 }],
  ['sage', {}],
  ['billm', {}],
  ['pb-llm', {}],
]

// fused and interleaved heads, transposed linears, experts: what methods meet of architectures
describe.each(OTHERS)('%s', (method, options) => {
  it.each(['gpt-neox', 'gpt2', 'qwen3-moe'])('quantizes %s', async (name) => {
    const { model, packed, report } = await quantized(name, method, options)
    expect(report.modules.map((module) => module.name)).toEqual(namesOf(model.spec))
    expect(report.modules.every(({ error }) => error.weight > 0 && error.weight < 1.5)).toBe(true)
    expect(Number.isFinite(await perplexityOf(packed))).toBe(true)
  })
})

describe('experts that no token reaches', () => {
  /** A router of zeros finds all experts equal, and takes the first two. */
  async function unrouted(method: string, options: Record<string, unknown>) {
    const model = await openArchitecture('mixtral')
    const tensors = new Map(
      [...model.source.tensors].map(([key, entry]): [string, TensorEntry] => [
        key,
        key.endsWith('.gate.weight')
          ? { ...entry, read: async (rows) => (await entry.read(rows)).fill(0) as Uint8Array<ArrayBuffer> }
          : entry,
      ]),
    )
    const given = { recipe: recipe(method, options), calibration }
    return quantize(await testGpu(), { ...model, source: { ...model.source, tensors } }, given)
  }
  const idle = /experts\.[23]\./

  it('are rounded to nearest, and it is said', async () => {
    const options = { bits: 3, groupSize: 32 }
    const [learned, plain] = [await unrouted('gptq', options), await unrouted('rtn', options)]
    for (const [i, { name, error, warnings }] of learned.report.modules.entries()) {
      const nearest = plain.report.modules[i]!.error.weight
      if (!idle.test(name)) expect(warnings).toEqual([])
      else {
        expect(error.weight).toBeCloseTo(nearest, 6)
        expect(warnings).toEqual([
          expect.stringMatching(/^its expert saw 0 calibration tokens, fewer than [34]: rounded/),
        ])
      }
    }
    expect(learned.report.warnings.filter((text) => /saw 0 calibration tokens/.test(text))).toHaveLength(2 * 2 * 3)
  })

  it('do not break other methods', async () => {
    for (const method of ['awq', 'billm']) {
      const { report } = await unrouted(method, {})
      expect(report.modules.every(({ error }) => Number.isFinite(error.weight))).toBe(true)
    }
  })
})
