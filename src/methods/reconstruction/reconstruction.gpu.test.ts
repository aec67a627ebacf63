import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { expectClose, smallGpu, testGpu } from '../../../test/device'
import { memorySource } from '../../formats/bytes'
import { readSafetensors } from '../../formats/safetensors'
import { toFloat32 } from '../../formats/source'
import type { Gpu } from '../../gpu/device'
import type { Recorder } from '../../gpu/recorder'
import { elements, type Tensor } from '../../gpu/tensor'
import { add } from '../../kernels/add'
import { makeRopeTables } from '../../models/rope-tables'
import { type LinearSpec, type ModelSpec, specFromConfig } from '../../models/spec'
import { freeBlock, type LinearWeights, type Role } from '../../models/weights'
import type { WorkingBlock } from '../method'
import type { Learner } from './learner'
import { Reconstruction } from './reconstruction'

/** Made by PyTorch in float64: test/fixtures/make-block-gradients.py. */
const FIXTURE = join(import.meta.dirname, '../../../test/fixtures/block-gradients.safetensors')

interface Fixture {
  readonly spec: ModelSpec
  readonly length: number
  readonly values: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array<ArrayBuffer> }>
}
let fixture: Fixture

beforeAll(async () => {
  const { tensors, metadata } = await readSafetensors(memorySource(readFileSync(FIXTURE), 'fixture'))
  const config = { architectures: ['LlamaForCausalLM'], vocab_size: 2, num_hidden_layers: 1 }
  const spec = specFromConfig({ ...config, ...JSON.parse(metadata.config!) })
  const values = new Map<string, { shape: readonly number[]; data: Float32Array<ArrayBuffer> }>()
  for (const [name, entry] of tensors)
    values.set(name, { shape: entry.shape, data: toFloat32(await entry.read(), entry.dtype) })
  fixture = { spec, length: Number(metadata.length), values }
})

const dataOf = (name: string) => fixture.values.get(name)!.data

/** The fixture's block, its windows in one batch or each in its own. */
function blockOf(gpu: Gpu, apart = false): { block: WorkingBlock; free(): void } {
  const { spec, length, values } = fixture
  const upload = (name: string) => gpu.upload(dataOf(name), values.get(name)!.shape)
  const linears = Object.fromEntries(
    spec.linears.map(({ role }): [Role, LinearWeights] => [role, { weight: upload(role), bias: null }]),
  ) as Record<Role, LinearWeights>
  const weights = { linears, attnNorm: upload('attnNorm'), mlpNorm: upload('mlpNorm') }
  const rope = makeRopeTables(gpu, spec, length)
  const rows = length * spec.hidden
  const [x, target] = [dataOf('x'), dataOf('target')]
  const windows = x.length / rows
  const batches = (apart ? [1, 1] : [windows]).map((count, i) => {
    const cut = (data: Float32Array<ArrayBuffer>) =>
      gpu.upload(data.slice(i * rows, (i + count) * rows), [count * length, spec.hidden])
    return { windows: count, input: cut(x), target: cut(target) }
  })
  const free = () => {
    freeBlock(gpu, weights)
    gpu.free(rope.cosines, rope.sines, ...batches.flatMap(({ input, target: t }) => [input, t]))
  }
  const block = {
    ...{ gpu, model: spec, weights, rope, layer: 0, seed: 1 },
    samples: () => ({ length, count: windows, batches }),
    checkpoint: async () => {},
  } as unknown as WorkingBlock
  return { block, free }
}

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
    const { block, free } = blockOf(gpu, apart)
    const learners = plain(gpu, block)
    const reconstruction = new Reconstruction(block, learners, { batch: 2, seed: 1 })
    const losses: number[] = []
    await reconstruction.run(1, 0, (some) => {
      losses.push(...some)
      return true
    })
    // float32 sums of up to 14 × 20 squares
    expectClose(losses, dataOf('loss'), { rtol: 2e-6 })
    for (const { spec, gradient } of learners) {
      const expected = dataOf(`${spec.role}.gradient`)
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
    const { block, free } = blockOf(gpu)
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
    expectClose([(different[0]! + different[1]!) / 2], dataOf('loss'), { rtol: 2e-6 })
    reconstruction.free()
    for (const learner of learners) learner.free()
    free()
  })
})
