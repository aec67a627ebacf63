import type { Gpu } from '../src/gpu/device'
import type { Tensor } from '../src/gpu/tensor'
import type { Hessian } from '../src/linalg/hessian'
import type { ModelContext, WorkingBlock } from '../src/methods/method'
import type { ModelSpec } from '../src/models/spec'
import { randomFrom } from '../src/random'
import { workingBlock } from '../test/working-block'
import { type CostRecipe, type GpuWork, median, profiled, type Rates, recipes, resolve } from './allocation-cost'
import { syntheticHessian, syntheticModel, syntheticWeights } from './synthetic'

/** Finding and packing the codes of one linear, its Hessian given: medians over runs. */
export interface LinearCost {
  readonly part: 'linear'
  readonly recipe: string
  readonly out: number
  readonly columns: number
  readonly ms: number
  /** Against GPTQ. */
  readonly ratio: number
  /** Steps that the network was trained for. */
  readonly steps: number
  /** The most GPU memory held at once, weights and Hessian included. */
  readonly peakBytes: number
  readonly gpu: GpuWork | null
  readonly runs: number
}

/** Rows of the linears whose columns grow. */
const MOST_ROWS = 4096

/** Linears whose columns grow: min(n, 4096) × n. */
export const growing = (sizes: readonly number[]): [out: number, columns: number][] =>
  sizes.map((n) => [Math.min(n, MOST_ROWS), n])

/** Every recipe on linears of these shapes. */
export async function* measureLinears(
  gpu: Gpu,
  shapes: readonly (readonly [out: number, columns: number])[],
  { runs, tokens, rates }: { runs: number; tokens: number; rates: Rates },
): AsyncGenerator<LinearCost> {
  for (const [out, columns] of shapes) {
    const weight = gpu.upload(syntheticWeights(out, columns, 1), [out, columns])
    const hessian = await syntheticHessian(gpu, columns, tokens, 2)
    const block = oneLinear(gpu, weight, hessian)
    let gptqMs: number | undefined
    for (const recipe of recipes) {
      const work = () => findCodes(block, recipe)
      await work()
      gpu.pool.resetPeak()
      const times: number[] = []
      let steps = 0
      for (let run = 0; run < runs; run++) {
        await gpu.settle()
        const started = performance.now()
        steps = await work()
        times.push(performance.now() - started)
      }
      const ms = median(times)
      gptqMs ??= ms
      const { peakBytes } = gpu.pool
      const measured = { ms, ratio: ms / gptqMs, steps, peakBytes, gpu: await profiled(gpu, rates, work), runs }
      yield { part: 'linear', recipe: recipe.name, out, columns, ...measured }
    }
    gpu.free(weight)
    hessian.free()
    gpu.pool.trim()
  }
}

/** A block of one linear, whose inputs are as they are. */
export function oneLinear(gpu: Gpu, weight: Tensor, hessian: Hessian | null): WorkingBlock {
  const [out = 0, columns = 0] = weight.shape
  const linears: ModelSpec['linears'] = [
    { role: 'down', stage: 3, module: 'mlp.down_proj', out, in: columns, bias: false },
  ]
  return workingBlock({
    ...{ gpu, model: { ...syntheticModel(128, 128, 1), linears }, layer: 0, seed: 1 },
    nameOf: ({ module }) => module,
    weight: () => weight,
    hessians: async () => new Map(hessian ? [[3, hessian]] : []),
    report: () => {},
    checkCancelled: () => {},
  })
}

/** Plans and quantizes; the steps that networks were trained for. */
async function findCodes(block: WorkingBlock, recipe: CostRecipe): Promise<number> {
  const { method, options } = resolve(recipe)
  const { gpu, model, seed, report, checkCancelled } = block
  const random = randomFrom(seed)
  const context: ModelContext = {
    ...{ gpu, model, seed, report, checkCancelled, forEachBlock: (visit) => visit(block) },
    sensitivities: async () =>
      new Map(model.linears.map((l) => [block.nameOf(l), Float32Array.from({ length: l.out }, random)])),
  }
  const plan = await method.plan?.(context, options)
  let steps = 0
  for await (const { training } of method.quantize(block, options, plan)) steps += training?.step.length ?? 0
  await gpu.settle()
  return steps
}
