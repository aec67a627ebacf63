import { allocatedBytes } from '../src/gpu/buffers'
import type { Gpu, GpuInfo } from '../src/gpu/device'
import { allocGrid, freeGrid } from '../src/methods/affine'
import { recordMinMax } from '../src/methods/awq/dialect'
import type { WorkingBlock } from '../src/methods/method'
import { Reconstruction } from '../src/methods/reconstruction/reconstruction'
import { freeFrozen, zeroPointGrid } from '../src/methods/tesseraq/grids'
import { tesseraqMemory } from '../src/methods/tesseraq/memory'
import { schema } from '../src/methods/tesseraq/options'
import { RoundingLearner } from '../src/methods/tesseraq/rounding'
import { freeRopeTables, makeRopeTables } from '../src/models/rope-tables'
import { type ModelSpec, specFromConfig } from '../src/models/spec'
import { freeBlock, loadBlock } from '../src/models/weights'
import { reconstructionMoments } from '../src/pipeline/reconstruction-forecast'
import { samplesBetween } from '../src/pipeline/samples'
import { residentShapes } from '../src/pipeline/shapes'
import { ResidentStates } from '../src/pipeline/states'
import { type GpuWork, median, profiled, type Rates } from './allocation-cost'
import { gaussian, SyntheticSource } from './synthetic'

export interface ReconstructionShape {
  readonly hidden: number
  readonly ffn: number
  readonly heads: number
  readonly kvHeads: number
  readonly length: number
  /** Windows a step. */
  readonly batch: number
}

export interface ReconstructionCost extends ReconstructionShape {
  /** Of a step, forward, backward and Adam: medians over runs. */
  readonly ms: number
  readonly stepsPerSecond: number
  readonly peakBytes: number
  /** What a run's forecast says of the same tensors. */
  readonly forecastBytes: number
  readonly runs: number
  readonly gpu: GpuWork | null
}

/** LLaMA-3.2-1B. */
export const LLAMA_1B: ReconstructionShape = { hidden: 2048, ffn: 8192, heads: 32, kvHeads: 8, length: 2048, batch: 4 }

/** Steps of TesseraQ on a block of random weights, all roundings soft, 2 bits, groups of 128; see reconstruction_torch.py. */
export async function measureReconstruction(
  gpu: Gpu,
  shape: ReconstructionShape,
  { runs, rates }: { runs: number; rates: Rates },
): Promise<ReconstructionCost> {
  const { hidden, length, batch } = shape
  const spec = specOf(shape)
  const source = new SyntheticSource(gpu, spec)
  const weights = await loadBlock(gpu, source, spec, 0)
  source.free()
  const rope = makeRopeTables(gpu, spec, length)
  const states = async (seed: number) => {
    const kept = new ResidentStates(gpu)
    await kept.store(0, gpu.upload(gaussian(batch * length * hidden, 1, seed), [batch * length, hidden]))
    return kept
  }
  const [input, target] = [await states(1), await states(2)]
  const samples = samplesBetween(gpu, [batch], { length, hidden }, { input, target })
  const block = {
    ...{ gpu, model: spec, layer: 0, seed: 1, weights, rope, samples: () => samples, checkpoint: async () => {} },
  } as unknown as WorkingBlock
  const learners: RoundingLearner[] = []
  const rec = gpu.record()
  for (const linear of spec.linears) {
    const { weight } = weights.linears[linear.role]
    const tensors = allocGrid(gpu, linear.out, linear.in, { bits: 2, groupSize: 128 })
    recordMinMax(rec, tensors, weight)
    await gpu.submit(rec)
    const grid = await zeroPointGrid(gpu, linear, tensors)
    freeGrid(gpu, tensors)
    learners.push(new RoundingLearner(gpu, rec, grid, weight, { rate: 1e-3, rounding: true, scales: true }))
    await gpu.submit(rec)
  }
  const reconstruction = new Reconstruction(block, learners, { batch, seed: 1 })
  const step = async () => {
    await reconstruction.run(1, 0, () => true)
    await gpu.settle()
  }
  await step()
  gpu.pool.resetPeak()
  const times: number[] = []
  for (let run = 0; run < runs; run++) {
    const started = performance.now()
    await step()
    times.push(performance.now() - started)
  }
  const ms = median(times)
  const { peakBytes } = gpu.pool
  const work = await profiled(gpu, rates, step)
  reconstruction.free()
  for (const learner of learners) {
    learner.free()
    freeFrozen(gpu, learner.grid)
  }
  await input.free()
  await target.free()
  freeRopeTables(gpu, rope)
  freeBlock(gpu, weights)
  const forecastBytes = forecastReconstruction(shape, gpu.info)
  return { ...shape, ms, stepsPerSecond: 1000 / ms, peakBytes, forecastBytes, runs, gpu: work }
}

const specOf = ({ hidden, ffn, heads, kvHeads, length }: ReconstructionShape): ModelSpec =>
  specFromConfig({
    ...{ architectures: ['LlamaForCausalLM'], hidden_size: hidden, intermediate_size: ffn, num_hidden_layers: 1 },
    ...{ num_attention_heads: heads, num_key_value_heads: kvHeads, vocab_size: 2, max_position_embeddings: length },
  })

/** Of the block, the windows of one batch, and the fullest moment of a step. */
export function forecastReconstruction(shape: ReconstructionShape, info: GpuInfo): number {
  const { hidden, length, batch } = shape
  const spec = specOf(shape)
  const limit = Math.min(info.maxBindingBytes, info.maxBufferBytes)
  const size = (...shapes: (readonly number[])[]) =>
    shapes.reduce((sum, one) => sum + allocatedBytes(4 * one.reduce((all, n) => all * n, 1), limit), 0)
  const { reconstruction } = tesseraqMemory(schema.parse({ init: 'none', batch }))
  const moments = reconstructionMoments(spec, info, reconstruction!, { samples: batch, length })
  const fullest = moments.map(({ weights = [], activations = [] }) => size(...weights, ...activations))
  const states = [batch * length, hidden]
  return size(...residentShapes(spec, length), states, states) + Math.max(...fullest)
}
