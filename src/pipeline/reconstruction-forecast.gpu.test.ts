import { expect, it } from 'vitest'
import { smallGpu, testGpu } from '../../test/device'
import { methodThat } from '../../test/methods'
import { openedTiny, tinyConfig, tinyText } from '../../test/tiny-checkpoint'
import { quantizeWhole as quantize } from '../../test/whole'
import type { Recorder } from '../gpu/recorder'
import type { Tensor } from '../gpu/tensor'
import type { ReconstructionMemory } from '../methods/memory'
import type { WorkingBlock } from '../methods/method'
import { Reconstruction } from '../methods/reconstruction/reconstruction'
import { forecastOf } from './inspect'

interface Steps extends Pick<ReconstructionMemory, 'batch' | 'hessians'> {
  /** Tensors of the size of the weights, held while steps are taken. */
  readonly held: number
}

/** Takes two steps of weights that stay as they are. */
async function takeSteps(block: WorkingBlock, { batch, hessians, held }: Steps): Promise<void> {
  const { gpu, model } = block
  if (hessians) await block.hessians([0, 1, 2, 3])
  const learners = model.linears.map((spec) => ({
    spec,
    held: Array.from({ length: held }, () => gpu.alloc([spec.out, spec.in])),
    soften: (rec: Recorder, weights: Tensor) => rec.copy(block.weight(spec), weights),
    learn: () => {},
  }))
  const reconstruction = new Reconstruction(block, learners, { batch, seed: 0 })
  await reconstruction.run(2, 0, () => true)
  reconstruction.free()
  for (const learner of learners) gpu.free(...learner.held)
}

const tiny = { ...tinyConfig, num_hidden_layers: 1 }
/** Linears that outweigh their activations. */
const stout = { ...tiny, hidden_size: 72, intermediate_size: 300 }

it.each<[string, Record<string, unknown>, Steps, { samples: number; length: number }, number?]>([
  ['weights outweigh all', stout, { batch: 1, hessians: true, held: 4 }, { samples: 2, length: 8 }],
  ['no Hessians meanwhile', stout, { batch: 2, hessians: false, held: 6 }, { samples: 2, length: 16 }],
  ['activations outweigh all', tiny, { batch: 4, hessians: true, held: 1 }, { samples: 6, length: 100 }],
  ['a batch larger than the samples', tiny, { batch: 50, hessians: true, held: 1 }, { samples: 5, length: 80 }],
  ['a batch in parts', tiny, { batch: 9, hessians: true, held: 1 }, { samples: 9, length: 50 }, 4 * 4 * 4 * 59 * 100],
])(
  'the memory forecast of gradient steps on a block is what they take: %s',
  async (what, config, steps, asked, limit) => {
    const gpu = limit ? await smallGpu(limit) : await testGpu()
    const { model } = openedTiny(config)
    const copies = (linear: { out: number; in: number }) => new Array(steps.held).fill([linear.out, linear.in])
    const recipe = methodThat(
      `steps where ${what}`,
      (block) => takeSteps(block, steps),
      { text: 'letters', ...asked },
      { reconstruction: { ...steps, perWeight: copies, after: () => [] } },
    )
    const forecast = forecastOf(model, recipe, gpu.info)
    const { report } = await quantize(gpu, model, { recipe, calibration: { name: 'letters', text: tinyText(1000) } })
    expect(report.warnings).toEqual([])
    const without = methodThat(`none where ${what}`, async () => {}, recipe.calibration)
    expect(forecast.peak).toBeGreaterThan(1.1 * forecastOf(model, without, gpu.info).peak)
    expect(forecast.peak / report.peakGpuBytes).toBeGreaterThan(0.95)
    expect(forecast.peak / report.peakGpuBytes).toBeLessThan(1.05)
    expect(forecast.weights + forecast.hessians + forecast.activations).toBe(forecast.peak)
  },
)
