import type { AffineLinear } from '../../formats/quantized'
import type { Tensor } from '../../gpu/tensor'
import type { Hessian } from '../../linalg/hessian'
import type { LinearSpec, ModelSpec } from '../../models/spec'
import type { TrainingRecord } from '../../records'
import { parseCandidates } from '../allocation/candidates'
import { recordDriftCorrection } from '../drift'
import { byFallingDiagonal, type Factor, factorize, freeFactor, type OrderOf } from '../factor'
import type { BlockContext, Method, ModelContext, QuantizedModule } from '../method'
import { allocMixed, collectMixed, freeMixed, recordMixed } from '../mixed'
import { mixedLayout } from '../mixed-layout'
import { freeEvidence, gatherEvidence, importanceOf } from './evidence'
import { strongestEdges } from './graph'
import { mgptqMemory } from './memory'
import { type MgptqOptions, presets, schema } from './options'
import { Scorer } from './score'
import { type Scored, settle, type Widths } from './settle'
import { type ColumnStatistics, columnStatistics } from './statistics'

/** What is known before the first block is quantized. */
interface Plan {
  /** ω of every linear's outputs, by name; null where errors are not weighed. */
  readonly sensitivities: ReadonlyMap<string, Float32Array<ArrayBuffer>> | null
  /** Widths of all columns under one budget; null when every layer has its own. */
  readonly widths: Widths | null
  readonly learned: ReadonlyMap<string, Learned>
}

interface Learned {
  readonly training: TrainingRecord | null
  readonly warnings: readonly string[]
}

/**
 * MG-PTQ, arXiv 2501.18154 (methods E1–E9): a graph network over the columns of a layer, its edges the Cholesky factor
 * of the inverse Hessian, gives each column a width; GPTQ's column loop then rounds with those widths.
 */
export const mgptq: Method<MgptqOptions, Plan | null> = {
  id: 'mg-ptq',
  title: 'MG-PTQ',
  summary: 'A graph network weaves bits over columns to an exact average; rounding errors are absorbed as in GPTQ.',
  schema,
  presets,
  needsCalibration: true,
  comparesStreams: ({ correction }) => correction > 0,
  memory: mgptqMemory,

  async plan(model, options) {
    const { budget, sensitivity } = options
    if (budget === 'layer' && sensitivity === 'none') return null
    const sensitivities = sensitivity === 'none' ? null : await model.sensitivities()
    if (budget === 'layer') return { sensitivities, widths: null, learned: new Map() }
    return { sensitivities, ...(await allocateModel(model, options, sensitivities)) }
  },

  async *quantize(block, options, plan) {
    const stages = stagesOf(block.model)
    const rounds = options.sequence === 'true' ? stages.map((stage) => [stage]) : [stages]
    const scorer = new Scorer(block, options)
    try {
      for (const round of rounds) {
        const hessians = await block.hessians(round)
        for (const [stage, hessian] of hessians) yield* quantizeStage(block, options, plan, stage, hessian, scorer)
      }
    } finally {
      scorer.free()
    }
  },
}

/** All linears that read the same input share H, its factor and with it the graph of their columns. */
async function* quantizeStage(
  block: BlockContext,
  options: MgptqOptions,
  plan: Plan | null,
  stage: number,
  hessian: Hessian,
  scorer: Scorer,
): AsyncGenerator<QuantizedModule> {
  const { gpu } = block
  const factor = await factorize(gpu, hessian, options.damping)
  const specs = linearsOf(block.model, stage)
  const { widths, learned } = plan?.widths
    ? { widths: plan.widths, learned: plan.learned }
    : await allocateStage(block, options, specs, factor, hessian, plan?.sensitivities ?? null, scorer)
  for (const spec of specs) {
    block.checkCancelled()
    const name = block.nameOf(spec)
    const weights = block.weight(spec)
    const statistics = await columnStatistics(gpu, { weights, hessian: hessian.matrix, upper: factor.upper })
    const graph = await strongestEdges(gpu, factor.upper, statistics)
    const linear = await quantizeLinear(block, options, spec, widths.get(name)!, factor, hessian, statistics)
    const { training = null, warnings = [] } = learned.get(name) ?? {}
    yield {
      ...{ spec, linear, damping: factor.damping, deadColumns: factor.dead },
      ...{ factor: Float32Array.from(statistics.factor), training, graph, warnings: [...factor.warnings, ...warnings] },
    }
  }
  freeFactor(gpu, factor)
}

/** E9: GPTQ's column loop with the width of every column given. */
async function quantizeLinear(
  block: BlockContext,
  options: MgptqOptions,
  spec: LinearSpec,
  widths: Uint8Array,
  factor: Factor,
  hessian: Hessian,
  statistics: ColumnStatistics,
): Promise<AffineLinear> {
  const { gpu } = block
  const orderOf = orders(widths)[options.order]
  const along = orderOf ? await factorize(gpu, hessian, options.damping, orderOf) : factor
  const importance = importanceOf(gpu, statistics)
  const rec = gpu.record()
  const original = block.weight(spec)
  const { correction } = options
  const target =
    correction > 0 ? recordDriftCorrection(gpu, rec, original, hessian, factor.upper, correction) : original
  const tensors = allocMixed(gpu, rec, spec.out, mixedLayout(widths, options), orderOf?.(factor.inputs))
  recordMixed(gpu, rec, target, along, tensors, { search: options.fit === 'search', importance })
  await gpu.submit(rec)
  gpu.free(importance, target === original ? undefined : target)
  if (along !== factor) freeFactor(gpu, along)
  const linear = await collectMixed(gpu, block.nameOf(spec), tensors)
  freeMixed(gpu, tensors)
  return linear
}

const orders = (widths: Uint8Array): Record<MgptqOptions['order'], OrderOf | undefined> => ({
  original: undefined,
  width: () => Uint32Array.from(widths, (_, i) => i).sort((a, b) => widths[a]! - widths[b]! || a - b),
  input: byFallingDiagonal,
})

const stagesOf = ({ linears }: ModelSpec) => [...new Set(linears.map((linear) => linear.stage))]
const linearsOf = ({ linears }: ModelSpec, stage: number) => linears.filter((linear) => linear.stage === stage)

/** The same average in every linear, or over those that are tied. */
async function allocateStage(
  block: BlockContext,
  options: MgptqOptions,
  specs: readonly LinearSpec[],
  factor: Factor,
  hessian: Hessian,
  sensitivities: Plan['sensitivities'],
  scorer: Scorer,
): Promise<{ readonly widths: Widths; readonly learned: ReadonlyMap<string, Learned> }> {
  const learned = new Map<string, Learned>()
  const scored: Scored[] = []
  for (const spec of specs) {
    const one = await scoreLinear(block, options, spec, factor, hessian, sensitivities, scorer)
    learned.set(one.scored.name, one)
    scored.push(one.scored)
  }
  const budgets = options.tie ? [scored] : scored.map((one) => [one])
  const widths = new Map(budgets.flatMap((linears) => [...settle(linears, options, seedOf(block))]))
  return { widths, learned }
}

/** Draws differ from block to block. */
const seedOf = ({ seed, layer }: BlockContext) => seed + 1000 * layer

/** One price of a bit for all columns of the model, from the inputs of the original one. */
async function allocateModel(
  model: ModelContext,
  options: MgptqOptions,
  sensitivities: Plan['sensitivities'],
): Promise<Pick<Plan, 'widths' | 'learned'>> {
  const scored: Scored[] = []
  const learned = new Map<string, Learned>()
  const scorer = new Scorer(model, options)
  try {
    await model.forEachBlock(async (block) => {
      const hessians = await block.hessians(stagesOf(block.model))
      for (const [stage, hessian] of hessians) {
        const factor = await factorize(block.gpu, hessian, options.damping)
        for (const spec of linearsOf(block.model, stage)) {
          const one = await scoreLinear(block, options, spec, factor, hessian, sensitivities, scorer)
          scored.push(one.scored)
          learned.set(one.scored.name, one)
        }
        freeFactor(block.gpu, factor)
      }
    })
  } finally {
    scorer.free()
  }
  return { widths: settle(scored, options, model.seed), learned }
}

async function scoreLinear(
  block: BlockContext,
  options: MgptqOptions,
  spec: LinearSpec,
  factor: Factor,
  hessian: Hessian,
  sensitivities: Plan['sensitivities'],
  scorer: Scorer,
): Promise<Learned & { readonly scored: Scored }> {
  block.checkCancelled()
  const { gpu, layer } = block
  const name = block.nameOf(spec)
  const matrices = { weights: block.weight(spec), hessian: hessian.matrix, upper: factor.upper }
  const emphasis = emphasisOf(block, options, spec, sensitivities)
  const evidence = await gatherEvidence(gpu, matrices, factor, {
    ...{ widths: parseCandidates(options.candidates), search: options.fit === 'search', emphasis },
  })
  const { scores, training, warnings } = await scorer.score({
    ...{ name, matrices, evidence, inputs: factor.diagonal, emphasis, seed: seedOf(block) },
  })
  freeEvidence(gpu, evidence)
  gpu.free(emphasis)
  return { scored: { name, layer, stage: spec.stage, out: spec.out, in: spec.in, scores }, training, warnings }
}

/** f32 [out]: ω of a linear's outputs. */
function emphasisOf(
  block: BlockContext,
  { sensitivity }: MgptqOptions,
  spec: LinearSpec,
  sensitivities: Plan['sensitivities'],
): Tensor | undefined {
  const rows = sensitivities?.get(block.nameOf(spec))
  if (!rows) return undefined
  if (sensitivity === 'outputs') return block.gpu.upload(rows)
  return block.gpu.upload(new Float32Array(rows.length).fill(rows.reduce((sum, value) => sum + value, 0) / rows.length))
}
