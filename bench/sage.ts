import type { Gpu } from '../src/gpu/device'
import { type SageOptions, schema } from '../src/methods/sage/options'
import { sage } from '../src/methods/sage/sage'
import { median } from './allocation-cost'
import { growing, oneLinear } from './linear-cost'
import { syntheticWeights } from './synthetic'

/** SAGE-PTQ of one linear: medians over runs. */
export interface SageCost {
  readonly recipe: string
  readonly out: number
  readonly columns: number
  readonly ms: number
  /** The same over the weights: constant where the cost grows with the matrix alone. */
  readonly nsPerWeight: number
  /** The most GPU memory held beside the weights. */
  readonly peakBytes: number
  readonly groups: number
  readonly runs: number
}

/** What samples and graphs cost stays as the matrix grows; one amplitude needs none. */
const RECIPES: Readonly<Record<string, Partial<SageOptions>>> = {
  'one amplitude, given p': { groups: 1, saliency: 'given' },
  'one amplitude': { groups: 1 },
  'the defaults': {},
}

/** Every recipe on linears min(n, 4096) × n. */
export async function* measureSage(gpu: Gpu, sizes: readonly number[], runs: number): AsyncGenerator<SageCost> {
  for (const [out, columns] of growing(sizes)) {
    const weight = gpu.upload(syntheticWeights(out, columns, 1), [out, columns])
    const block = oneLinear(gpu, weight, null)
    const before = gpu.pool.liveBytes
    for (const [recipe, options] of Object.entries(RECIPES)) {
      let groups = 0
      const work = async () => {
        for await (const { grouping } of sage.quantize(block, schema.parse(options)))
          groups = grouping?.amplitudes.length ?? 0
        await gpu.settle()
      }
      await work()
      gpu.pool.resetPeak()
      const times: number[] = []
      for (let run = 0; run < runs; run++) {
        const started = performance.now()
        await work()
        times.push(performance.now() - started)
      }
      const ms = median(times)
      const nsPerWeight = (1e6 * ms) / (out * columns)
      yield { recipe, out, columns, ms, nsPerWeight, peakBytes: gpu.pool.peakBytes - before, groups, runs }
    }
    gpu.free(weight)
    gpu.pool.trim()
  }
}
