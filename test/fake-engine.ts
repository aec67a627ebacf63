import { CancelledError, FormatError } from '../src/errors'
import type { Inspection } from '../src/inspection-records'
import type { ModuleRecord, Recipe } from '../src/records'
import { memoryStore } from '../src/storage/memory-store'
import type { EngineApi, OpenResult } from '../src/workers/api'
import type { ArchiveApi } from '../src/workers/archive-api'
import type { HubApi } from '../src/workers/hub-api'
import { RunArchive } from '../src/workers/run-archive'
import type { KeptRun } from '../src/workers/runs-api'
import { fakeTraining } from './fake-allocation'
import { fakeDetail, fakeGroups, fakeRow } from './fake-benchmark'
import { fakeDistributions } from './fake-distributions'
import { fakeDivergence, fakeScan } from './fake-divergence'
import { fakeHub } from './fake-hub'
import { fakeMatrix } from './fake-matrix'
import { fakeMethods } from './fake-methods'
import { fakeInspection, fakeModule, fakePicture, fakeReport, fakeView } from './fake-model'
import { fakeReconstruction, fakeSteps } from './fake-reconstruction'
import { fakeScores, kindOf } from './fake-tasks'
import { perplexityReport } from './perplexity'

/** What a test may decide about the engine it drives. */
export interface FakeOptions {
  /** Milliseconds of pretended work a module. */
  readonly delay?: number
  readonly layers?: number
  /** A GPU instead of a software device. */
  readonly hardware?: boolean
  /** Recipes that are refused, with what the engine says. */
  readonly refuse?: (recipe: Recipe) => string | null
  /** Runs that the browser keeps. */
  readonly kept?: readonly KeptRun[]
  /** Runs that it keeps for good. */
  readonly archive?: ArchiveApi
  /** Told of a run that is deleted for good. */
  readonly onForget?: (id: string) => void
  /** In place of a Hub that knows one repository. */
  readonly hub?: Partial<HubApi>
  /** Fails in place of what the named call would have answered. */
  readonly fail?: Partial<Record<keyof EngineApi, Error>>
}

/** An engine for tests of the page: answers like the real one, computes nothing. */
export function fakeEngine(options: FakeOptions = {}): EngineApi {
  const { delay = 0, layers = 3, fail = {}, hardware = false, refuse = () => null } = options
  let cancelled = false
  let pile: string[] = []
  let open: Inspection | null = null
  /** Of the last run: what is opened again was made by it. */
  let quantized: Recipe | null = null
  let resumed: Promise<void> | null = null
  let go = () => {}
  const pretend = async () => {
    await new Promise((done) => setTimeout(done, delay))
    await resumed
  }
  const checkCancelled = () => {
    if (cancelled) throw new CancelledError('run: stopped')
  }
  const answer = async <T>(call: keyof EngineApi, make: () => T | Promise<T>): Promise<T> => {
    const error = fail[call]
    if (error) throw error
    return make()
  }
  const ready = (name: string): OpenResult => {
    open = fakeInspection(name, layers)
    return { state: 'ready', inspection: open, report: null, view: fakeView(open) }
  }
  return {
    start: () =>
      answer('start', () => ({
        name: 'SwiftShader Device (Subzero)',
        software: !hardware,
        features: [],
        maxBindingBytes: 134217728,
        maxBufferBytes: 268435456,
      })),
    methods: () => answer('methods', () => [...fakeMethods]),
    offerFiles: (files, reset) =>
      answer('offerFiles', () => {
        const names = files.map((file) => file.name)
        const stranger = names.find((name) => !/\.(json|safetensors)$/.test(name))
        if (stranger)
          throw new FormatError(
            `${stranger}: expected a model file, got an image — drop config.json, tokenizer.json and *.safetensors`,
          )
        pile = reset ? names : [...pile, ...names]
        const missing = ['config.json', 'tokenizer.json', 'model.safetensors'].filter((name) => !pile.includes(name))
        return missing.length > 0 ? { state: 'incomplete', missing, have: pile } : ready('dropped')
      }),
    openBundled: (name, onProgress) =>
      answer('openBundled', async () => {
        onProgress({ type: 'phase', phase: 'open', done: 1e6, total: 8e6, label: 'model.safetensors' })
        await pretend()
        return ready(name)
      }),
    openCached: (_folder, name) => answer('openCached', () => ready(name)),
    hub: fakeHub(options.hub),
    view: { picture: (wish) => answer('view', () => fakePicture(wish)), stop: async () => {} },
    lookAtPile: () =>
      answer('lookAtPile', () => ({
        ...{ state: 'view', reason: 'config.json is missing' },
        view: { ...fakeView(fakeInspection('alone', layers)), architecture: null },
      })),
    forecast: (recipe) =>
      answer('forecast', () => {
        const refusal = refuse(recipe)
        if (refusal) throw new FormatError(refusal)
        return { ...open!.forecast, seconds: recipe.method === 'tesseraq' ? 9 * fakeSteps(recipe.options) : null }
      }),
    runs: { list: async () => [...(options.kept ?? [])], forget: async (id) => options.onForget?.(id) },
    archive: options.archive ?? new RunArchive({ store: memoryStore() }),
    origin: () =>
      answer('origin', () => {
        const home = { from: 'page', name: open!.name } as const
        return { model: 'fake', home, folder: 'fake-0', bytes: 1000 }
      }),
    reopenRun: () =>
      answer('reopenRun', () => {
        const plan = open!.modules
        return fakeReport(
          open!,
          quantized!,
          plan.map((planned) => fakeModule(planned, quantized!)),
        )
      }),
    quantize: (recipe, calibration, onProgress) =>
      answer('quantize', async () => {
        cancelled = false
        quantized = recipe
        const plan = open!.modules
        const modules: ModuleRecord[] = []
        onProgress({ type: 'phase', phase: 'tokenize', done: 1, total: 1, label: calibration?.name ?? '' })
        for (const [index, planned] of plan.entries()) {
          onProgress({
            type: 'phase',
            phase: 'quantize',
            done: planned.layer,
            total: layers,
            label: `block ${planned.layer + 1} of ${layers}`,
          })
          if (recipe.method === 'tesseraq' && plan[index - 1]?.layer !== planned.layer)
            for (const done of [0.35, 0.7]) {
              const steps = fakeSteps(recipe.options)
              const reconstruction = fakeReconstruction(steps, Math.round(steps * done))
              onProgress({ type: 'reconstruction', layer: planned.layer, steps, reconstruction })
              await pretend()
            }
          await pretend()
          checkCancelled()
          const module = fakeModule(planned, recipe)
          if (module.training) {
            const steps = Number(recipe.options.steps)
            const training = fakeTraining(steps, Number(recipe.options.bits), Math.ceil(steps / 2))
            onProgress({ type: 'training', name: module.name, steps, training })
            await pretend()
          }
          modules.push(module)
          for (const warning of module.warnings) onProgress({ type: 'warning', text: `${module.name}: ${warning}` })
          onProgress({ type: 'module', module })
          if (plan[index + 1]?.layer !== planned.layer)
            onProgress({
              type: 'block',
              layer: planned.layer,
              layers,
              seconds: 1,
              drift: null,
              secondsLeft: (layers - 1 - planned.layer) * 7 * (delay / 1000),
              gpuBytes: 5.2e7,
            })
        }
        return fakeReport(open!, recipe, modules)
      }),
    cancel: () =>
      answer('cancel', () => {
        cancelled = true
        go()
      }),
    pause: () =>
      answer('pause', () => {
        resumed = new Promise((done) => {
          go = done
        })
      }),
    resume: () => answer('resume', () => go()),
    perplexity: (which, text, { protocol, stored }, onProgress) =>
      answer('perplexity', async () => {
        onProgress({ type: 'phase', phase: 'evaluate', done: 3, total: 16, label: text.name })
        await pretend()
        const perplexity = which === 'original' ? 61.2034 : 62.9441
        return perplexityReport(perplexity, {
          ...{ protocol, text: text.name, stored: which === 'quantized' && stored },
          ...{ tokens: 4080, windows: 16, seconds: 1.4 },
          positions: [{ from: 1, to: 255, nll: Math.log(perplexity) }],
        })
      }),
    divergence: (text, { protocol, stored }, onProgress) =>
      answer('divergence', async () => {
        onProgress({ type: 'phase', phase: 'evaluate', done: 3, total: 33, label: text.name })
        await pretend()
        return fakeDivergence(text.name, protocol, stored)
      }),
    scan: (text, { by, bits, groupSize, protocol }, onProgress) =>
      answer('scan', async () => {
        onProgress({ type: 'phase', phase: 'evaluate', done: 3, total: 60, label: text.name })
        await pretend()
        return fakeScan(open?.modules ?? [], { text: text.name, by, bits, groupSize, protocol })
      }),
    inspectTask: (file) =>
      answer('inspectTask', () => {
        if (!file.name.endsWith('.jsonl'))
          throw new FormatError(`${file.name}, line 1: expected a JSON object, got 'x' — one JSON object a line`)
        return { name: file.name.replace('.jsonl', ''), kind: kindOf(file.name), items: 40 }
      }),
    zeroShot: (which, file, { limit, stored }, onProgress) =>
      answer('zeroShot', async () => {
        cancelled = false
        onProgress({ type: 'phase', phase: 'evaluate', done: 2, total: 8, label: file.name })
        await pretend()
        checkCancelled()
        return fakeScores(file.name.replace('.jsonl', ''), kindOf(file.name), which, limit ?? 40, stored)
      }),
    generate: (which, prompt, { chat }, onText) =>
      answer('generate', async () => {
        const words =
          which === 'original'
            ? [' three', ' days', ' when', ' the', ' wind', ' rose.']
            : [' three', ' days,', ' and', ' the', ' wind', ' was', ' cold.']
        for (const word of words) {
          onText(word)
          await pretend()
        }
        // as pieces from a worker may, one comes in behind the answer
        setTimeout(() => onText(words.at(-1)!), 0)
        const [speed, memoryBytes] = which === 'original' ? [40, 12e6] : [90, 3e6]
        return {
          ...{ text: words.join(''), newTokens: words.length, memoryBytes },
          ...{ prompt: chat ? `<|user|>${prompt}<|model|>` : prompt, compileMs: 300 },
          ...{ timeToFirstTokenMs: 120, tokensPerSecond: speed },
        }
      }),
    matrix: fakeMatrix(options.layers ?? 4),
    distributions: (module) => answer('distributions', () => fakeDistributions(module)),
    benchmarks: () =>
      answer('benchmarks', () => ({
        groups: [...fakeGroups],
        device: { ...fakeDetail, foundAt: 1_000_180, readyAt: 1_000_320 },
      })),
    benchmark: ({ works, sizes, runs }, onProgress) =>
      answer('benchmark', async () => {
        cancelled = false
        const total = works.length * sizes.length
        let done = 0
        for (const work of works)
          for (const n of sizes) {
            checkCancelled()
            onProgress({ type: 'work', work, n, done: done++, total })
            await pretend()
            const compiled = { pipelines: done, ms: 4 * done }
            const row = fakeRow(work, n, runs)
            onProgress({ type: 'row', row, startUp: { firstDispatchAt: 1_002_080, compiled } })
          }
      }),
    exportFacts: (format) =>
      answer('exportFacts', () =>
        format === 'gptq'
          ? { bytes: null, notes: [], problem: 'GPTQ: expected multiples of 32, got 172 — export a float folder' }
          : { bytes: 3e6, notes: format === 'gptq-v2' ? ['vLLM joins q, k and v'] : [], problem: null },
      ),
    verify: (format, measured, onProgress) =>
      answer('verify', async () => {
        onProgress({ type: 'phase', phase: 'export', done: 3, total: 30, label: 'model.norm.weight' })
        await pretend()
        const different = format === 'bf16' ? 2 : 0
        return {
          verification: {
            ...{ stored: format === 'bf16' ? 'BF16' : 'codes', tensors: 30, different },
            ...{ names: different ? ['model.norm.weight', 'lm_head.weight'] : [], largest: different ? 0.25 : 0 },
            tolerance: 1e-6,
          },
          perplexity: measured && { run: 62.9441, file: 62.9441 },
          equal: different === 0,
        }
      }),
    download: (what) =>
      answer('download', () => {
        const bytes = new Uint8Array(1000)
        return {
          name: what === 'packed' ? 'wren.bitloom.safetensors' : what === 'gguf' ? 'wren.gguf' : `wren-${what}.zip`,
          stream: new Blob([bytes]).stream(),
          size: bytes.length,
        }
      }),
  }
}
