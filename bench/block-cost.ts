import type { Gpu } from '../src/gpu/device'
import type { ModelContext } from '../src/methods/method'
import { CausalModel } from '../src/models/causal-model'
import { freeBlock, loadBlock } from '../src/models/weights'
import { batchesOf } from '../src/pipeline/batching'
import { CalibratedBlock } from '../src/pipeline/block-context'
import { outputGradients } from '../src/pipeline/gradients'
import { CalibratedModel } from '../src/pipeline/model-context'
import { PauseSwitch } from '../src/pipeline/pause'
import { differentiated } from '../src/pipeline/sensitivities'
import { HiddenStream } from '../src/pipeline/streams'
import type { Windows } from '../src/pipeline/windows'
import { randomFrom } from '../src/random'
import { type CostRecipe, type GpuWork, median, profiled, type Rates, recipes, resolve } from './allocation-cost'
import { SyntheticSource, syntheticModel } from './synthetic'

/** Seconds of one block of a model, by what they are spent on; passes are scaled to all windows. */
export interface BlockSeconds {
  /** Factors, evidence, training, budget, rounding, packing: what a method does itself. */
  readonly codes: number
  /** There and back for the gradients at the linears' outputs; of two blocks less that of one. */
  readonly sensitivities: number
  /** Hessians for the plan and the stream behind them. */
  readonly plan: number
  /** Passes up to the linears of each round, of both streams where a method compares them, and the Hessians. */
  readonly calibrate: number
  /** The original and the quantized stream through the finished block. */
  readonly propagate: number
  /** Dequantizing what was packed and measuring its error. */
  readonly commit: number
}

export interface BlockCost {
  readonly part: 'block'
  readonly recipe: string
  readonly hidden: number
  readonly ffn: number
  /** Medians over runs. */
  readonly seconds: BlockSeconds
  readonly total: number
  /** Against GPTQ: of the codes alone, and of the whole block. */
  readonly codesRatio: number
  readonly ratio: number
  readonly steps: number
  readonly peakBytes: number
  /** Of one run with the windows that were run, not scaled; null where the device has no timestamps. */
  readonly gpu: GpuWork | null
  readonly runs: number
}

export interface BlockOptions {
  readonly hidden: number
  readonly ffn: number
  /** Windows that are run, and those a person calibrates with, to which passes are scaled. */
  readonly windows: number
  readonly asked: number
  readonly length: number
  readonly runs: number
  readonly rates: Rates
}

const SEED = 1
const PARTS = ['codes', 'sensitivities', 'plan', 'calibrate', 'propagate', 'commit'] as const

/** Every recipe on one decoder block of random weights, through the engine that quantizes models. */
export async function* measureBlock(gpu: Gpu, options: BlockOptions): AsyncGenerator<BlockCost> {
  const { hidden, ffn, runs, rates } = options
  const bench = await BlockBench.start(gpu, options)
  let first: { readonly codes: number; readonly total: number } | undefined
  for (const recipe of recipes) {
    await bench.run(recipe)
    gpu.pool.resetPeak()
    const all: BlockRun[] = []
    for (let run = 0; run < runs; run++) all.push(await bench.run(recipe))
    const { peakBytes } = gpu.pool
    const of = (part: keyof BlockSeconds) => median(all.map(({ seconds }) => seconds[part]))
    const seconds = Object.fromEntries(PARTS.map((part) => [part, of(part)])) as Record<keyof BlockSeconds, number>
    const total = PARTS.reduce((sum, part) => sum + seconds[part], 0)
    first ??= { codes: seconds.codes, total }
    yield {
      ...{ part: 'block', recipe: recipe.name, hidden, ffn, seconds, total, steps: all[0]!.steps, peakBytes, runs },
      ...{ codesRatio: seconds.codes / first.codes, ratio: total / first.total },
      gpu: await profiled(gpu, rates, () => bench.run(recipe)),
    }
    gpu.pool.trim()
  }
  bench.free()
}

interface BlockRun {
  readonly seconds: BlockSeconds
  readonly steps: number
}

class BlockBench {
  private constructor(
    private readonly gpu: Gpu,
    private readonly source: SyntheticSource,
    private readonly causal: CausalModel,
    private readonly windows: Windows,
    private readonly asked: number,
  ) {}

  static async start(gpu: Gpu, { hidden, ffn, windows: count, asked, length }: BlockOptions): Promise<BlockBench> {
    const spec = syntheticModel(hidden, ffn, 1)
    const source = new SyntheticSource(gpu, spec)
    const causal = await CausalModel.load(gpu, spec, source, { positions: length, ends: 'embedding' })
    const random = randomFrom(SEED)
    const ids = Uint32Array.from({ length: count * length }, () => Math.floor(random() * spec.vocab))
    return new BlockBench(gpu, source, causal, { ids, count, length }, asked)
  }

  /** What pipeline/quantize.ts does for a block, with a clock; see there for the order. */
  async run(recipe: CostRecipe): Promise<BlockRun> {
    const { gpu, causal, source } = this
    const { method, options } = resolve(recipe)
    const compares = method.comparesStreams?.(options) ?? false
    const clock = new Clock(gpu)
    const original = await loadBlock(gpu, source, causal.spec, 0)
    const stream = await HiddenStream.start(gpu, causal, batchesOf(gpu.info, causal.spec, this.windows))
    await clock.lap(null)
    const plan = await method.plan?.(this.#model(stream, clock), options)
    await clock.lap('codes')

    const originals = await stream.fork()
    if (!compares) await originals.advance(original)
    await clock.lap('propagate')
    const block = new CalibratedBlock(gpu, causal, original, {
      ...{ layer: 0, seed: SEED, stream, originalStream: originals, compares },
      ...{ pause: new PauseSwitch(), signal: undefined, report: () => {} },
    })
    let [steps, calibrated] = [0, 0]
    for await (const module of method.quantize(block, options, plan)) {
      await clock.lap('codes', { calibrate: block.calibrationSeconds - calibrated })
      calibrated = block.calibrationSeconds
      steps += module.training?.step.length ?? 0
      await (await block.commit(module, 0)).value
      await clock.lap('commit')
    }
    block.free()
    if (compares) await originals.advance(original)
    block.freeOriginals()
    await stream.advance(block.weights)
    await clock.lap('propagate')
    await stream.free()
    await originals.free()
    freeBlock(gpu, block.weights)
    return { seconds: this.#scaled(clock.seconds), steps }
  }

  free(): void {
    this.causal.free()
    this.source.free()
  }

  /** The whole model, of which there is one block. */
  #model(stream: HiddenStream, clock: Clock): ModelContext {
    const { gpu, causal } = this
    const none = async () => new Map<string, Float32Array<ArrayBuffer>>()
    const whole = new CalibratedModel(
      gpu,
      causal,
      stream,
      SEED,
      none,
      undefined,
      () => {},
      () => {},
    )
    return {
      ...{ gpu, model: causal.spec, seed: SEED, report: () => {}, checkCancelled: () => {} },
      forEachBlock: async (visit) => {
        await clock.lap('codes')
        await whole.forEachBlock(async (block) => {
          await clock.lap('plan')
          await visit(block)
          await clock.lap('codes')
        })
        await clock.lap('plan')
      },
      sensitivities: async () => {
        await clock.lap('codes')
        const [one, two] = [await this.#gradients(1), await this.#gradients(2)]
        clock.book('sensitivities', two.seconds - one.seconds)
        await clock.lap(null)
        return one.rows
      },
    }
  }

  async #gradients(layers: number) {
    const { gpu, causal, source, windows } = this
    const started = performance.now()
    const { linears } = await outputGradients(gpu, { ...causal.spec, layers }, source, windows)
    await gpu.settle()
    const rows = new Map([...linears].map(([name, gradient]) => [name, gradient.rows]))
    return { rows, seconds: (performance.now() - started) / 1000 }
  }

  #scaled(seconds: BlockSeconds): BlockSeconds {
    const { asked, windows } = this
    const scale = asked / windows.count
    const { codes, commit, plan, calibrate, propagate, sensitivities } = seconds
    return {
      ...{ codes, commit, plan: plan * scale, calibrate: calibrate * scale, propagate: propagate * scale },
      sensitivities: sensitivities * (differentiated({ count: asked, length: windows.length }) / windows.count),
    }
  }
}

/** Wall-clock time by part; the device has come to rest at every lap. */
class Clock {
  readonly seconds: Record<keyof BlockSeconds, number>
  #last = performance.now()

  constructor(private readonly gpu: Gpu) {
    this.seconds = { codes: 0, sensitivities: 0, plan: 0, calibrate: 0, propagate: 0, commit: 0 }
  }

  /** Books the time since the last lap under `part`, nowhere when null, less what belongs to `others`. */
  async lap(part: keyof BlockSeconds | null, others: Partial<BlockSeconds> = {}): Promise<void> {
    await this.gpu.settle()
    const now = performance.now()
    if (part) this.book(part, (now - this.#last) / 1000)
    this.#last = now
    for (const [other, seconds] of Object.entries(others) as [keyof BlockSeconds, number][]) {
      this.book(other, seconds)
      if (part) this.book(part, -seconds)
    }
  }

  book(part: keyof BlockSeconds, seconds: number): void {
    this.seconds[part] += seconds
  }
}
