import type { AffineLinear } from '../../formats/quantized'
import type { Hessian } from '../../linalg/hessian'
import type { LinearSpec } from '../../models/spec'
import { recordDriftCorrection } from '../drift'
import { byFallingDiagonal, type Factor, factorize, freeFactor, type OrderOf } from '../factor'
import type { BlockContext, Method, QuantizedModule } from '../method'
import { allocMixed, collectMixed, freeMixed, recordMixed } from '../mixed'
import { mixedLayout } from '../mixed-layout'
import { type Allocated, Allocator, linearsOf, type Sensitivities, stagesOf } from './allocate'
import { importanceOf } from './evidence'
import { strongestEdges } from './graph'
import { mgptqMemory } from './memory'
import { type MgptqOptions, presets, schema } from './options'
import { type ColumnStatistics, columnStatistics } from './statistics'

/** What is known before the first block is quantized. */
interface Plan {
  readonly sensitivities: Sensitivities
  /** Widths of all columns under one budget; null when every layer has its own. */
  readonly allocated: Allocated | null
}

/**
 * MG-PTQ, arXiv 2501.18154 (methods E1–E9): over the graph of a layer's columns, its edges the Cholesky factor of the
 * inverse Hessian, a network or messages alone give each column a width; GPTQ's column loop then rounds with those widths.
 */
export const mgptq: Method<MgptqOptions, Plan | null> = {
  id: 'mg-ptq',
  title: 'MG-PTQ',
  summary:
    'Weaves bits over columns to an exact average, along the graph by which errors travel; rounding errors are absorbed as in GPTQ.',
  schema,
  presets,
  needsCalibration: true,
  comparesStreams: ({ correction }) => correction > 0,
  memory: mgptqMemory,

  async plan(model, options) {
    const { budget, sensitivity } = options
    if (budget === 'layer' && sensitivity === 'none') return null
    const sensitivities = sensitivity === 'none' ? null : await model.sensitivities()
    if (budget === 'layer') return { sensitivities, allocated: null }
    const allocator = new Allocator(model, options, sensitivities)
    try {
      return { sensitivities, allocated: await allocator.model(model) }
    } finally {
      allocator.free()
    }
  },

  async *quantize(block, options, plan) {
    const stages = stagesOf(block.model)
    const rounds = options.sequence === 'true' ? stages.map((stage) => [stage]) : [stages]
    const allocator = new Allocator(block, options, plan?.sensitivities ?? null)
    try {
      for (const round of rounds) {
        const hessians = await block.hessians(round)
        for (const [stage, hessian] of hessians)
          yield* quantizeStage(block, options, plan?.allocated ?? null, stage, hessian, allocator)
      }
    } finally {
      allocator.free()
    }
  },
}

/** All linears that read the same input share H, its factor and with it the graph of their columns. */
async function* quantizeStage(
  block: BlockContext,
  options: MgptqOptions,
  allocated: Allocated | null,
  stage: number,
  hessian: Hessian,
  allocator: Allocator,
): AsyncGenerator<QuantizedModule> {
  const { gpu } = block
  const factor = await factorize(gpu, hessian, options.damping)
  const specs = linearsOf(block.model, stage)
  const { widths, learned } = allocated ?? (await allocator.stage(block, specs, factor, hessian))
  for (const spec of specs) {
    block.checkCancelled()
    const name = block.nameOf(spec)
    const weights = block.weight(spec)
    const statistics = await columnStatistics(gpu, { weights, hessian: hessian.panels, upper: factor.upper })
    const graph = await strongestEdges(gpu, factor.upper, statistics)
    const linear = await quantizeLinear(block, options, spec, widths.get(name)!, factor, hessian, statistics)
    const { training = null, warnings = [] } = learned.get(name) ?? {}
    yield {
      ...{ spec, linear, damping: factor.damping, deadColumns: factor.dead },
      ...{ factor: factor.pivots, training, graph, warnings: [...factor.warnings, ...warnings] },
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
  const whole = options.levels === 'whole'
  recordMixed(gpu, rec, target, along, tensors, { search: options.fit === 'search', whole, importance })
  await gpu.submit(rec)
  gpu.free(importance, target === original ? undefined : target)
  if (along !== factor) freeFactor(gpu, along)
  const linear = await collectMixed(gpu, block.nameOf(spec), tensors, whole)
  freeMixed(gpu, tensors)
  return linear
}

const orders = (widths: Uint8Array): Record<MgptqOptions['order'], OrderOf | undefined> => ({
  original: undefined,
  width: () => Uint32Array.from(widths, (_, i) => i).sort((a, b) => widths[a]! - widths[b]! || a - b),
  input: byFallingDiagonal,
})
