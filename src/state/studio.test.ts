import { describe, expect, it, vi } from 'vitest'
import { type FakeOptions, fakeEngine } from '../../test/fake-engine'
import { fakeView } from '../../test/fake-model'
import { studioOn, workerOf } from '../../test/studio'
import { DeviceLostError, FormatError, GpuUnavailableError, NumericalError } from '../errors'
import type { Recipe } from '../records'
import { evaluationOf } from './evaluation'
import { recipeJson } from './recipe'

const TEXTS = [
  {
    name: 'moby-dick',
    title: 'Moby Dick',
    package: 'p',
    license: 'l',
    file: 'moby-dick.txt',
    use: 'calibration',
    bytes: 9,
  },
  { name: 'sotu', title: 'Union', package: 'p', license: 'l', file: 'sotu.txt', use: 'evaluation', bytes: 9 },
]

const GREEDY = { maxNewTokens: 4, sampling: { temperature: 0, topK: 0, topP: 1 }, seed: 0, kv: 'f32' } as const

async function studioWith(options: FakeOptions = {}) {
  const saved: { name: string; bytes: number }[] = []
  const engines = { count: 0 }
  const clock = { now: 1000 }
  const studio = studioOn({
    connect: () => {
      engines.count += 1
      return workerOf(fakeEngine(engines.count > 1 ? {} : options))
    },
    fetchText: async (path) => {
      if (path === 'texts/index.json') return JSON.stringify(TEXTS)
      if (path.endsWith('.txt')) return 'call me'
      throw new Error(path)
    },
    now: () => clock.now,
    save: async (open) => {
      const { name, stream } = await open()
      saved.push({ name, bytes: (await new Response(stream).arrayBuffer()).byteLength })
      return true
    },
  })
  await studio.boot()
  return { studio, saved, clock, state: studio.store.getState }
}

const file = (name: string) => new File(['x'], name)
const RUN = { protocol: 'windows:64', maxTokens: 512, stored: false }

describe('the journey', () => {
  it('goes from a bundled model to a measured, saved result', async () => {
    const { studio, saved, state } = await studioWith()
    expect(state().engine.status).toBe('ready')
    await studio.openBundled('wren-nano')
    expect(state().recipe).toMatchObject({ method: 'gptq', calibration: { text: 'moby-dick' } })
    await studio.run()
    expect(state().run).toMatchObject({ status: 'done', layersDone: 3 })
    expect(state().run?.modules).toHaveLength(21)
    expect(state().selected).toBe('model.layers.0.self_attn.q_proj')
    await studio.measure('sotu', RUN)
    expect(state().measurements).toMatchObject([{ before: { perplexity: 61.2034 }, after: { perplexity: 62.9441 } }])
    await studio.measureDivergence('sotu', RUN)
    expect(state().divergences).toMatchObject([{ run: 1, text: 'sotu', report: { kl: { mean: 0.0213 } } }])
    // its perplexities are those of the line that there was
    expect(state().measurements).toHaveLength(1)
    await studio.measureDivergence('sotu', RUN)
    expect(state().divergences).toHaveLength(1)
    await studio.scan('sotu', { protocol: 'windows:64', maxTokens: 512, by: 'layer', bits: 3, groupSize: 64 })
    expect(state().scan?.report.records.map(({ unit }) => unit)).toEqual(['layer 0', 'layer 1', 'layer 2'])
    await studio.generate('The', GREEDY)
    expect(state().generation.quantized?.text).toMatch(/^ three days,/)
    expect(state().generation.quantized?.report).toMatchObject({ newTokens: 7, memoryBytes: 3e6 })
    expect(state().generation.running).toBeNull()
    await studio.download('packed')
    await studio.saveReport()
    await studio.download('gguf')
    expect(saved.map(({ name }) => name)).toEqual(['wren.bitloom.safetensors', 'wren-nano.report.json', 'wren.gguf'])
    expect(state().busy).toBeNull()
  })

  it('keeps speed and text of both sides, whatever still comes from the worker', async () => {
    const { studio, state } = await studioWith()
    await studio.openBundled('wren-nano')
    await studio.run()
    await studio.generate('The', GREEDY)
    const { original, quantized } = state().generation
    // longer than pieces are collected
    await new Promise((done) => setTimeout(done, 250))
    expect(state().generation).toMatchObject({ original, quantized, running: null })
    expect(original).toMatchObject({ text: ' three days when the wind rose.', report: { tokensPerSecond: 40 } })
    expect(quantized).toMatchObject({ report: { tokensPerSecond: 90 } })
  })

  it('keeps the last continuation where the next one is refused', async () => {
    const fail: { generate?: Error } = {}
    const { studio, state } = await studioWith({ fail })
    await studio.openBundled('wren-nano')
    await studio.run()
    await studio.generate('The', GREEDY)
    const before = state().generation
    fail.generate = new FormatError('prompt: expected at most 512 tokens')
    await studio.generate('A longer one', GREEDY)
    expect(state().generation).toEqual(before)
    expect(state().failures.measure?.message).toMatch(/at most 512/)
  })

  it('measures the quantized side from its codes where the adapter is not software, or where asked to', async () => {
    for (const [hardware, chosen, stored] of [
      [false, null, false],
      [true, null, true],
      [true, false, false],
      [false, true, true],
    ] as const) {
      const { studio, state } = await studioWith({ hardware })
      await studio.openBundled('wren-nano')
      await studio.run()
      studio.setEvaluation({ text: 'sotu', stored: chosen })
      const { text, options } = evaluationOf(state())
      await studio.measure(text, options)
      expect(state().measurements).toMatchObject([{ before: { stored: false }, after: { stored } }])
    }
  })

  it('measures the original alone before anything is quantized', async () => {
    const { studio, state } = await studioWith()
    await studio.openBundled('wren-nano')
    await studio.measure('sotu', RUN)
    expect(state().measurements).toMatchObject([{ recipe: 'not quantized', after: null }])
  })
})

describe('opening', () => {
  it('asks for the files that are missing and takes them without starting over', async () => {
    const { studio, state } = await studioWith()
    await studio.offer([file('model.safetensors')])
    expect(state().opening).toMatchObject({ status: 'incomplete', missing: ['config.json', 'tokenizer.json'] })
    await studio.offer([file('config.json')])
    expect(state().opening).toMatchObject({ missing: ['tokenizer.json'], have: ['model.safetensors', 'config.json'] })
    await studio.offer([file('tokenizer.json')])
    expect(state().opening.status).toBe('idle')
    expect(state().model?.inspection.name).toBe('dropped')
  })

  it('keeps what is open, and the pile, when a wrong file comes', async () => {
    const { studio, state } = await studioWith()
    await studio.openBundled('wren-nano')
    await studio.offer([file('cat.png')])
    expect(state().failures.open).toMatchObject({ family: 'FormatError', heading: 'Not what the format says' })
    expect(state().model?.inspection.name).toBe('wren-nano')
    await studio.offer([file('model.safetensors')])
    await studio.offer([file('cat.png')])
    expect(state().opening.status).toBe('incomplete')
    expect(state().model?.inspection.name).toBe('wren-nano')
    studio.dropPile()
    expect(state().opening.status).toBe('idle')
  })

  it('says so when a drop holds no file', async () => {
    const { studio, state } = await studioWith()
    await studio.offer([])
    expect(state().failures.open?.message).toMatch(/expected model files, got none/)
  })
})

describe('running', () => {
  it('cancels, keeps what was finished, and is no failure', async () => {
    const { studio, state } = await studioWith({ delay: 20 })
    await studio.openBundled('wren-nano')
    const run = studio.run()
    await vi.waitFor(() => expect(state().run?.modules.length).toBeGreaterThan(0))
    await studio.cancel()
    await run
    expect(state().run?.status).toBe('cancelled')
    expect(state().failures.run).toBeUndefined()
    expect(state().busy).toBeNull()
  })

  it('pauses and goes on, and the time between is not counted', async () => {
    const { studio, state, clock } = await studioWith({ delay: 20 })
    await studio.openBundled('wren-nano')
    const run = studio.run()
    await vi.waitFor(() => expect(state().run?.modules.length).toBeGreaterThan(0))
    await studio.pause()
    expect(state().run).toMatchObject({ status: 'paused', pausedAt: 1000 })
    await new Promise((done) => setTimeout(done, 150))
    const { length } = state().run!.modules
    await new Promise((done) => setTimeout(done, 50))
    expect(state().run!.modules.length).toBe(length)
    clock.now = 61_000
    await studio.resume()
    expect(state().run).toMatchObject({ status: 'running', pausedAt: null, startedAt: 61_000 })
    await run
    expect(state().run).toMatchObject({ status: 'done', startedAt: 61_000 })
    await studio.pause()
    expect(state().run?.status).toBe('done')
  })

  it('cancels what is paused', async () => {
    const { studio, state } = await studioWith({ delay: 20 })
    await studio.openBundled('wren-nano')
    const run = studio.run()
    await vi.waitFor(() => expect(state().run?.modules.length).toBeGreaterThan(0))
    await studio.pause()
    await studio.cancel()
    await run
    expect(state().run).toMatchObject({ status: 'cancelled', pausedAt: null })
    expect(state().busy).toBeNull()
  })

  it('takes no file while the engine is at work', async () => {
    const { studio, state } = await studioWith({ delay: 20 })
    await studio.openBundled('wren-nano')
    const run = studio.run()
    await studio.offer([file('cat.png')])
    expect(state().failures.open).toBeUndefined()
    await run
    expect(state().run?.status).toBe('done')
  })

  it('shows a failure in its step with its family', async () => {
    const error = new NumericalError('weights: expected finite values, got NaN — get the file again')
    const { studio, state } = await studioWith({ fail: { quantize: error } })
    await studio.openBundled('wren-nano')
    await studio.run()
    expect(state().run?.status).toBe('failed')
    expect(state().failures.run).toMatchObject({ family: 'NumericalError', message: error.message })
    expect(state().engine.status).toBe('ready')
  })

  it('loads a saved recipe and refuses a broken one without losing the form', async () => {
    const { studio, state } = await studioWith()
    await studio.learnMethods()
    const recipe = { ...state().recipe!, seed: 7 }
    await studio.loadRecipe(new File([recipeJson(recipe)], 'r.json'))
    expect(state().recipe).toEqual(recipe)
    await studio.loadRecipe(new File(['{'], 'r.json'))
    expect(state().failures.recipe?.family).toBe('FormatError')
    expect(state().recipe).toEqual(recipe)
  })

  it('proposes what the device is fit for', async () => {
    const proposed = async (options: FakeOptions) => {
      const { studio, state } = await studioWith(options)
      await studio.openBundled('wren-nano')
      return state().recipe
    }
    expect(await proposed({})).toMatchObject({ method: 'gptq', calibration: { samples: 8 } })
    expect(await proposed({ hardware: true })).toMatchObject({ method: 'mg-ptq', calibration: { samples: 128 } })
  })

  it('sets what a preset names and nothing else', async () => {
    const { studio, state } = await studioWith({ hardware: true })
    await studio.learnMethods()
    studio.setOption('bits', 2)
    studio.choosePreset('quick')
    expect(state().recipe?.options).toMatchObject({ bits: 2, steps: 20 })
    studio.choosePreset('best')
    expect(state().recipe?.options).toMatchObject({ bits: 2, steps: 100 })
    const { calibration } = state().recipe!
    studio.chooseMethod('tesseraq')
    studio.choosePreset('published')
    expect(state().recipe?.calibration).toEqual({ ...calibration, samples: 512, length: 2048 })
    studio.chooseMethod('mg-ptq')
    studio.choosePreset('none of them')
    expect(state().recipe).toMatchObject({ options: { steps: 100 }, calibration: { samples: 512 } })
  })

  it('says at once that options do not go together, until they do', async () => {
    const refuse = ({ options }: Recipe) => (options.bits === 2 ? 'recipe: 2 bits do not go with this' : null)
    const { studio, state } = await studioWith({ refuse })
    await studio.openBundled('wren-nano')
    studio.setOption('bits', 2)
    await vi.waitFor(() => expect(state().failures.recipe?.heading).toBe('Not a recipe that can run'))
    studio.setOption('bits', 3)
    await vi.waitFor(() => expect(state().failures.recipe).toBeUndefined())
    // what else went wrong in this step stays
    await studio.loadRecipe(new File(['{'], 'r.json'))
    await studio.forecast()
    expect(state().failures.recipe).toBeDefined()
  })

  it('calibrates on the own text file that a recipe names', async () => {
    const { studio, state } = await studioWith()
    await studio.openBundled('wren-nano')
    studio.setRecipe({ calibration: { ...state().recipe!.calibration, text: 'mine.txt' } })
    await studio.run()
    expect(state().failures.run?.message).toMatch(/got 'mine.txt' — load that file/)
    await studio.addText(new File(['words'], 'mine.txt'))
    await studio.run()
    expect(state().run?.status).toBe('done')
  })
})

describe('zero-shot tasks', () => {
  const piqa = new File(['12345'], 'piqa.jsonl')

  it('are asked of both models; the original once', async () => {
    const { studio, state } = await studioWith({ hardware: true })
    await studio.openBundled('wren-nano')
    await studio.addTasks([piqa, file('lambada.jsonl')])
    expect(state().tasks).toMatchObject([
      { file: 'piqa.jsonl', name: 'piqa', kind: 'choices', items: 40, bytes: 5 },
      { name: 'lambada', kind: 'lastWord' },
    ])
    studio.setTaskLimit(12)
    await studio.scoreTasks()
    expect(state().taskLines).toMatchObject([
      { file: 'piqa.jsonl', items: 12, recipe: 'not quantized', before: { items: 12 }, after: null },
      { file: 'lambada.jsonl', before: { perplexity: 31.25 }, after: null },
    ])
    await studio.run()
    await studio.scoreTasks()
    expect(state().taskLines.slice(2)).toMatchObject([
      { file: 'piqa.jsonl', before: state().taskLines[0]!.before, after: { stored: true } },
      { file: 'lambada.jsonl', after: { perplexity: 35.5 } },
    ])
    expect(state()).toMatchObject({ busy: null, work: null })
  })

  it('are new ones with other items or another file of the name', async () => {
    const { studio, state } = await studioWith()
    await studio.openBundled('wren-nano')
    await studio.addTasks(async () => [piqa])
    await studio.scoreTasks()
    studio.setTaskLimit(0)
    await studio.scoreTasks()
    await studio.addTasks([new File(['1234567'], 'piqa.jsonl')])
    await studio.scoreTasks()
    expect(state().tasks).toHaveLength(1)
    expect(state().taskLines.map(({ items, bytes }) => [items, bytes])).toEqual([
      [20, 5],
      [40, 5],
      [40, 7],
    ])
    studio.removeTask('piqa.jsonl')
    expect(state().tasks).toEqual([])
    expect(state().taskLines).toHaveLength(3)
  })

  it('keep those that are tasks, and say which file is none', async () => {
    const { studio, state } = await studioWith()
    await studio.openBundled('wren-nano')
    await studio.addTasks([file('cat.png'), piqa])
    expect(state().tasks.map(({ name }) => name)).toEqual(['piqa'])
    expect(state().failures.measure?.message).toMatch(/^cat\.png, line 1: expected a JSON object/)
  })

  it('stop when asked to; what is done stays', async () => {
    const { studio, state } = await studioWith({ delay: 150 })
    await studio.openBundled('wren-nano')
    await studio.addTasks([piqa, file('winogrande.jsonl')])
    const scoring = studio.scoreTasks()
    await vi.waitFor(() => expect(state().work?.label).toMatch(/^winogrande/))
    await studio.cancel()
    expect(await scoring).toBe(false)
    expect(state()).toMatchObject({ busy: null, failures: { measure: undefined } })
    expect(state().taskLines.map((line) => line.file)).toEqual(['piqa.jsonl'])
  })
})

describe('the engine', () => {
  it('may be absent: everything else stays usable', async () => {
    const { studio, state } = await studioWith({ fail: { start: new GpuUnavailableError('gpu: none') } })
    expect(state().engine.status).toBe('absent')
    await studio.openBundled('wren-nano')
    expect(state().model).not.toBeNull()
  })

  it('may fail to start at all: that is no missing GPU', async () => {
    const { state } = await studioWith({ fail: { start: new DeviceLostError('engine: no script — restart it') } })
    expect(state().engine).toMatchObject({ status: 'lost', failure: { family: 'DeviceLostError' } })
  })

  it('may be lost: it is started again with the same model, and what was asked is done', async () => {
    const { studio, state } = await studioWith({ fail: { perplexity: new DeviceLostError('gpu: gone') } })
    await studio.openBundled('wren-nano')
    await studio.run()
    expect(await studio.measure('sotu', RUN)).toBe(true)
    expect(state().engine.status).toBe('ready')
    expect(state().model).toMatchObject({ inspection: { name: 'wren-nano' }, serial: 1 })
    expect(state().run?.modules).toHaveLength(21)
    // its run is not kept
    expect(state().result?.alive).toBe(false)
    expect(state().measurements).toMatchObject([{ before: { perplexity: 61.2034 }, after: null }])
    await studio.run()
    expect(state().result?.alive).toBe(true)
  })

  it('opens a packed file straight with its report', async () => {
    const { studio, state } = await studioWith()
    await studio.openBundled('wren-nano')
    await studio.run()
    const { report } = state().result!
    const inspection = { ...state().model!.inspection, kind: 'bitloom' as const }
    const offerFiles = async () => ({ state: 'ready' as const, inspection, report, view: fakeView(inspection) })
    const packed = studioOn({ connect: () => workerOf({ ...fakeEngine(), offerFiles }) })
    await packed.boot()
    await packed.offer([file('packed.safetensors')])
    expect(packed.store.getState()).toMatchObject({ run: { status: 'done' }, result: { alive: true } })
    expect(packed.sides()).toEqual({ original: false, quantized: true })
  })
})
