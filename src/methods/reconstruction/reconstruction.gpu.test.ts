import { beforeAll, describe, expect, it } from 'vitest'
import { expectClose, smallGpu, testGpu } from '../../../test/device'
import { type BlockFixture, blockFixture, blockOf } from '../../../test/fixture-block'
import type { Gpu } from '../../gpu/device'
import type { Recorder } from '../../gpu/recorder'
import { elements, type Tensor } from '../../gpu/tensor'
import { add } from '../../kernels/add'
import type { LinearSpec } from '../../models/spec'
import type { WorkingBlock } from '../method'
import type { Learner } from './learner'
import { Reconstruction } from './reconstruction'

let fixture: BlockFixture
beforeAll(async () => {
  fixture = await blockFixture()
})

/** Learns a weight itself by plain steps downhill; remembers the last gradient. */
class Plain implements Learner {
  readonly gradient: Tensor
  readonly #down: Tensor

  constructor(
    private readonly gpu: Gpu,
    readonly spec: LinearSpec,
    readonly weight: Tensor,
  ) {
    this.gradient = gpu.alloc(weight.shape)
    this.#down = gpu.upload(new Float32Array(elements(weight.shape)), weight.shape)
  }

  soften(rec: Recorder, weights: Tensor): void {
    rec.copy(this.weight, weights)
    rec.run(add, { y: weights, x: this.#down }, { count: elements(weights.shape) })
  }

  learn(rec: Recorder, gradient: Tensor): void {
    rec.copy(gradient, this.gradient)
  }

  free(): void {
    this.gpu.free(this.gradient, this.#down)
  }
}

const plain = (gpu: Gpu, { model, weights }: WorkingBlock) =>
  model.linears.map((spec) => new Plain(gpu, spec, weights.linears[spec.role].weight))

describe('the reconstruction of a block', () => {
  it.each([
    ['in one batch', false, undefined],
    ['in batches of their own', true, undefined],
    ['one after another, where the device holds no more', false, 4 * 4 * 27 * 7 * 4],
  ])('has the loss and the gradients that PyTorch has, the windows %s', async (_, apart, bindingBytes) => {
    const gpu = bindingBytes ? await smallGpu(bindingBytes) : await testGpu()
    const before = gpu.pool.liveBytes
    const { block, free } = blockOf(gpu, fixture, { apart })
    const learners = plain(gpu, block)
    const reconstruction = new Reconstruction(block, learners, { batch: 2, seed: 1 })
    const losses: number[] = []
    await reconstruction.run(1, 0, (some) => {
      losses.push(...some)
      return true
    })
    // float32 sums of up to 14 × 20 squares
    expectClose(losses, fixture.data('loss'), { rtol: 2e-6 })
    for (const { spec, gradient } of learners) {
      const expected = fixture.data(`${spec.role}.gradient`)
      const scale = Math.max(...expected.map(Math.abs))
      // float32 through norms, softmax and up to 27 products deep, against float64
      expectClose(await gpu.readF32(gradient), expected, { atol: 4e-6 * scale })
    }
    reconstruction.free()
    for (const learner of learners) learner.free()
    free()
    expect(gpu.pool.liveBytes).toBe(before)
  })

  it('takes the mean over the windows it draws, and stops when told to', async () => {
    const gpu = await testGpu()
    const { block, free } = blockOf(gpu, fixture)
    const learners = plain(gpu, block)
    const reconstruction = new Reconstruction(block, learners, { batch: 1, seed: 3 })
    const losses: number[] = []
    await reconstruction.run(60, 0, (some) => {
      losses.push(...some)
      return losses.length < 50
    })
    expect(losses).toHaveLength(50)
    const different = [...new Set(losses)]
    expect(different).toHaveLength(2)
    expectClose([(different[0]! + different[1]!) / 2], fixture.data('loss'), { rtol: 2e-6 })
    reconstruction.free()
    for (const learner of learners) learner.free()
    free()
  })
})
