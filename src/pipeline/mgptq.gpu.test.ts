import { describe, expect, it } from 'vitest'
import { asAffine } from '../../test/affine'
import { testGpu } from '../../test/device'
import { openedTiny, tinyConfig, tinyText } from '../../test/tiny-checkpoint'
import { collect } from '../../test/tiny-model'
import { quantizeWhole as quantize, type WholeModel } from '../../test/whole'
import { FormatError } from '../errors'
import { readBitloom } from '../formats/bitloom/read'
import { writeBitloom } from '../formats/bitloom/write'
import { memorySource } from '../formats/bytes'
import { dequantize } from '../formats/dequantize'
import { openModel } from '../formats/open'
import type { ModuleRecord, Progress, Recipe } from '../records'
import type { OpenedModel } from './opened'
import type { QuantizeRequest } from './quantize'
import { defaultRecipe } from './recipe'

/** Columns by no 32; more rows than columns and the other way round. */
const config = {
  ...tinyConfig,
  ...{ vocab_size: 53, hidden_size: 40, intermediate_size: 172, num_hidden_layers: 1, head_dim: 10 },
}
const text = { name: 'letters', text: tinyText(400) }

/** A network of few steps unless another allocator is asked for. */
const recipe = (options: Record<string, unknown>, calibration: Partial<Recipe['calibration']> = {}): Recipe => ({
  ...defaultRecipe('mg-ptq'),
  options: { ...defaultRecipe('mg-ptq').options, allocator: 'gcn', steps: 4, sensitivity: 'none', ...options },
  calibration: { text: 'letters', samples: 12, length: 16, pick: 'first', ...calibration },
  seed: 3,
})

/** A run that leaves the device's memory as it was, with finite numbers everywhere. */
async function run(model: OpenedModel, by: Recipe, more: Partial<QuantizeRequest> = {}): Promise<WholeModel> {
  const gpu = await testGpu()
  const before = gpu.pool.liveBytes
  try {
    const result = await quantize(gpu, model, { recipe: by, calibration: text, ...more })
    for (const { name, error, columns } of result.report.modules) {
      const lanes = [error.weight, error.output!, ...columns.error, ...columns.hessian!, ...columns.factor!]
      expect(lanes.every(Number.isFinite), name).toBe(true)
      expect(dequantize(result.linears.get(name)!).every(Number.isFinite), name).toBe(true)
    }
    return result
  } finally {
    expect(gpu.pool.liveBytes, 'live bytes after the run').toBe(before)
  }
}

const meanBits = (modules: readonly ModuleRecord[]): number => {
  const weights = modules.reduce((sum, { out, in: columns }) => sum + out * columns, 0)
  return modules.reduce((sum, { out, columns }) => sum + out * columns.bits.reduce((a, b) => a + b, 0), 0) / weights
}
const outputError = ({ report }: WholeModel): number =>
  report.modules.reduce((sum, { error }) => sum + error.output!, 0) / report.modules.length
const codesOf = ({ linears }: WholeModel) => [...linears].map(([name, linear]) => [name, [...asAffine(linear).codes]])

const { model } = openedTiny(config)

describe('MG-PTQ', () => {
  // every pair of values of two options meets at least once
  it.each([
    { allocator: 'gcn', objective: 'compensated', budget: 'model', ranges: 'width', order: 'original' },
    { allocator: 'gcn', objective: 'output', budget: 'layer', ranges: 'shared', order: 'width', adjacency: 'rows' },
    { allocator: 'gcn', objective: 'compensated', budget: 'layer', ranges: 'width', order: 'input', tie: true },
    { allocator: 'mlp', objective: 'output', budget: 'layer', ranges: 'width', order: 'original' },
    { allocator: 'mlp', objective: 'compensated', budget: 'model', ranges: 'shared', order: 'input' },
    { allocator: 'mlp', objective: 'compensated', budget: 'layer', ranges: 'width', order: 'width' },
    { allocator: 'messages', objective: 'compensated', budget: 'model', ranges: 'width', order: 'width' },
    { allocator: 'messages', objective: 'output', budget: 'layer', ranges: 'shared', order: 'original' },
    { allocator: 'messages', objective: 'compensated', budget: 'layer', ranges: 'width', order: 'input', tie: true },
    { allocator: 'greedy', objective: 'compensated', budget: 'model', ranges: 'shared', order: 'width' },
    { allocator: 'greedy', objective: 'output', budget: 'layer', ranges: 'width', order: 'original' },
    { allocator: 'greedy', objective: 'output', budget: 'model', ranges: 'width', order: 'input', fit: 'minmax' },
    { allocator: 'random', objective: 'compensated', budget: 'layer', ranges: 'shared', order: 'original' },
    { allocator: 'random', objective: 'output', budget: 'model', ranges: 'width', order: 'width', groupSize: 32 },
    { allocator: 'random', objective: 'compensated', budget: 'model', ranges: 'width', order: 'input', tie: true },
    { allocator: 'uniform', objective: 'output', budget: 'model', ranges: 'shared', order: 'original' },
    { allocator: 'uniform', objective: 'compensated', budget: 'layer', ranges: 'width', order: 'width' },
    {
      allocator: 'uniform',
      objective: 'compensated',
      budget: 'model',
      ranges: 'shared',
      order: 'input',
      groupSize: -1,
    },
  ])('keeps its budget and fills its records: %o', async (options) => {
    const progress: Progress[] = []
    const result = await run(model, recipe({ ...options, bits: 2.3 }), { onProgress: (p) => progress.push(p) })
    const { modules } = result.report
    expect(modules).toHaveLength(7)
    if (options.budget === 'model') {
      expect(meanBits(modules)).toBeLessThanOrEqual(2.3 + 1e-9)
      expect(2.3 - meanBits(modules)).toBeLessThanOrEqual(0.005)
    }
    const learns = options.allocator === 'gcn' || options.allocator === 'mlp'
    const reported = new Set(progress.flatMap((p) => (p.type === 'training' ? [p.name] : [])))
    expect(reported.size).toBe(learns ? 7 : 0)
    for (const { columns, training, graph, in: n, damping, error } of modules) {
      // a layer of its own budget comes as close as one of its columns
      if (options.budget === 'layer') {
        const mean = columns.bits.reduce((a, b) => a + b, 0) / n
        expect(mean).toBeLessThanOrEqual(2.3 + 1e-9)
        expect(2.3 - mean).toBeLessThan(1 / n)
      }
      const { salient, ...lanes } = columns
      expect(salient).toBeNull()
      for (const lane of Object.values(lanes)) expect(lane).toHaveLength(n)
      expect(columns.bits.every((b) => [1, 2, 3, 4].includes(b))).toBe(true)
      expect(columns.factor!.every((u) => u > 0)).toBe(true)
      expect(training !== null).toBe(learns)
      if (training) expect(training.loss).toHaveLength(4)
      expect(graph!.nodes).toHaveLength(Math.min(48, n))
      expect(damping).toBe(0.01)
      expect(error.output!).toBeLessThan(0.5)
    }
    if ('tie' in options) {
      const bitsOf = (role: string) => modules.filter((m) => m.role === role).map(({ columns }) => columns.bits)
      expect(bitsOf('k')).toEqual(bitsOf('q'))
      expect(bitsOf('up')).toEqual(bitsOf('gate'))
    }
  })

  it.each([1.5, 2, 2.25, 2.5, 3, 3.5])('holds a target of %f bits over the model', async (bits) => {
    const { report } = await run(model, recipe({ bits, allocator: 'greedy', sequence: 'layer', correction: 0 }))
    expect(Math.abs(meanBits(report.modules) - bits)).toBeLessThanOrEqual(0.005)
  })

  it('loses no more with the cheapest bits first than at random', async () => {
    for (const budget of ['model', 'layer']) {
      // as the columns come: narrow ones first, random widths are made up for as well on a model this small
      const of = async (allocator: string) =>
        outputError(await run(model, recipe({ allocator, budget, bits: 2, order: 'original' })))
      expect(await of('greedy')).toBeLessThan(0.95 * (await of('random')))
    }
  })

  it('gives the same codes for the same recipe, others for another seed', async () => {
    const { model } = openedTiny({ ...config, num_hidden_layers: 2 })
    const by = recipe({ bits: 2.5, sensitivity: 'outputs' })
    const [a, b] = [await run(model, by), await run(model, by)]
    expect(codesOf(a)).toEqual(codesOf(b))
    expect(a.report.modules.map(({ training }) => training)).toEqual(b.report.modules.map(({ training }) => training))
    const random = recipe({ allocator: 'random' })
    const [c, d] = [await run(model, random), await run(model, { ...random, seed: 4 })]
    expect(codesOf(c)).not.toEqual(codesOf(d))
  })

  it('comes back from its packed file to the last bit', async () => {
    const result = await run(model, recipe({ allocator: 'greedy', ranges: 'shared', bits: 2.5 }))
    const files = new Map(['config.json', 'tokenizer.json'].map((name) => [name, new TextEncoder().encode('{}')]))
    const bytes = await collect(writeBitloom({ ...model.source, files }, result, result.report).chunks)
    const packed = await readBitloom(await openModel([memorySource(bytes, 'tiny.bitloom.safetensors')]))
    for (const [name, linear] of result.linears) expect(await packed.linear(name)).toEqual(linear)
    expect(packed.bits.total).toBeCloseTo(result.report.bits.total, 12)
    expect(packed.report?.modules.map(({ graph }) => graph)).toEqual(result.report.modules.map(({ graph }) => graph))
  })

  it('lets a module’s limits stand beside a budget of the model', async () => {
    const { report } = await run(model, recipe({ bits: 2.5, limits: 'down_proj: 3-, q_proj: -2' }))
    expect(meanBits(report.modules)).toBeGreaterThan(2.495)
    for (const { role, columns } of report.modules) {
      if (role === 'down') expect(Math.min(...columns.bits)).toBeGreaterThanOrEqual(3)
      if (role === 'q') expect(Math.max(...columns.bits)).toBeLessThanOrEqual(2)
    }
  })

  it('counts everything that is stored where the budget says so', async () => {
    for (const allocator of ['greedy', 'gcn']) {
      const { report } = await run(model, recipe({ allocator, bits: 4, bounds: 'effective' }))
      expect(report.bits.total).toBeLessThanOrEqual(4)
      // the next bit would take two linears of 172 rows a chunk of 32 columns each
      expect(4 - report.bits.total).toBeLessThan((2 * 32 * 172) / 25_440)
    }
  })
})

describe('hard cases', () => {
  const small = { bits: 2.5 }

  it('quantizes from three tokens', async () => {
    for (const options of [{}, { objective: 'output', budget: 'layer' }, { allocator: 'messages' }]) {
      const { report } = await run(model, recipe({ ...small, ...options }, { samples: 1, length: 3 }))
      expect(report.warnings.join()).toContain('only 3 calibration tokens for 40 columns')
    }
  })

  it('spends no bits on columns without input', async () => {
    const { model, weights } = openedTiny(config)
    const norm = weights.get('model.layers.0.post_attention_layernorm.weight')!
    for (const column of [3, 17]) norm[column] = 0
    const { report } = await run(model, recipe(small))
    const up = report.modules.find(({ role }) => role === 'up')!
    expect(up.deadColumns).toBe(2)
    // nobody has fewer: they are in the last chunk of 32
    expect([up.columns.bits[3], up.columns.bits[17]]).toEqual(Array(2).fill(Math.min(...up.columns.bits)))
    expect(report.warnings.join()).toContain('2 dead input columns set to zero')
  })

  it('takes a matrix of zeros, and inputs that are all zero behind it', async () => {
    const { model, weights } = openedTiny(config)
    for (const part of ['weight', 'bias']) weights.get(`model.layers.0.self_attn.v_proj.${part}`)!.fill(0)
    for (const options of [{}, { objective: 'output', budget: 'layer' }, { allocator: 'messages' }]) {
      const { report, linears } = await run(model, recipe({ ...small, ...options }))
      const name = 'model.layers.0.self_attn.v_proj'
      expect(dequantize(linears.get(name)!).every((w) => w === 0)).toBe(true)
      expect(report.modules.find((module) => module.name === name)!.error.weight).toBe(0)
    }
  })

  it.each(['gcn', 'messages', 'greedy', 'uniform'])('takes a single candidate: %s', async (allocator) => {
    const { report } = await run(model, recipe({ ...small, allocator, bits: 3, candidates: '3' }))
    for (const { columns } of report.modules) expect(new Set(columns.bits)).toEqual(new Set([3]))
  })

  it('gives all memory back when cancelled while it plans or learns', async () => {
    for (const event of ['plan', 'training', 'calibrate']) {
      const abort = new AbortController()
      const onProgress = (p: Progress) => {
        if (p.type === event || (p.type === 'phase' && p.phase === event)) abort.abort()
      }
      await expect(run(model, recipe(small), { signal: abort.signal, onProgress })).rejects.toThrow(
        'stopped by request',
      )
    }
  })

  it('refuses a budget that limits rule out', async () => {
    const refused = run(model, recipe({ allocator: 'greedy', bits: 2, limits: 'proj: 3-' }))
    await expect(refused).rejects.toThrow(FormatError)
    await expect(refused).rejects.toThrow(/expected a target between 3 and 4 code bits.*got 2/)
  })
})
