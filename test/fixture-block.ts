import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { memorySource } from '../src/formats/bytes'
import { toFloat32 } from '../src/formats/floats'
import { readSafetensors } from '../src/formats/safetensors'
import type { Gpu } from '../src/gpu/device'
import { Hessian } from '../src/linalg/hessian'
import type { MethodEvent, WorkingBlock } from '../src/methods/method'
import { freeRopeTables, makeRopeTables } from '../src/models/rope-tables'
import { type ModelSpec, specFromConfig } from '../src/models/spec'
import { freeBlock, type LinearWeights, type Role } from '../src/models/weights'
import { samplesOf } from './samples'

/** Made by PyTorch in float64: test/fixtures/make-block-gradients.py. */
const FIXTURE = join(import.meta.dirname, 'fixtures/block-gradients.safetensors')

export interface BlockFixture {
  readonly spec: ModelSpec
  /** Tokens of a window. */
  readonly length: number
  data(name: string): Float32Array<ArrayBuffer>
  shape(name: string): readonly number[]
}

export async function blockFixture(): Promise<BlockFixture> {
  const { tensors, metadata } = await readSafetensors(memorySource(readFileSync(FIXTURE), 'fixture'))
  const config = { architectures: ['LlamaForCausalLM'], vocab_size: 2, num_hidden_layers: 1 }
  const values = new Map<string, Float32Array<ArrayBuffer>>()
  for (const [name, entry] of tensors) values.set(name, toFloat32(await entry.read(), entry.dtype))
  return {
    spec: specFromConfig({ ...config, ...JSON.parse(metadata.config!) }),
    length: Number(metadata.length),
    data: (name) => values.get(name)!,
    shape: (name) => tensors.get(name)!.shape,
  }
}

export interface FixtureBlock {
  readonly block: WorkingBlock
  readonly events: MethodEvent[]
  free(): void
}

/**
 * The fixture's block, its windows in one batch or each in its own; its Hessians are unit matrices.
 *
 * @param target other targets than the fixture's
 */
export function blockOf(
  gpu: Gpu,
  fixture: BlockFixture,
  { apart = false, target = fixture.data('target') }: { apart?: boolean; target?: Float32Array<ArrayBuffer> } = {},
): FixtureBlock {
  const { spec, length } = fixture
  const upload = (name: string) => gpu.upload(fixture.data(name), fixture.shape(name))
  const linears = Object.fromEntries(
    spec.linears.map(({ role }): [Role, LinearWeights] => [role, { weight: upload(role), bias: null }]),
  ) as Record<Role, LinearWeights>
  const weights = { linears, attnNorm: upload('attnNorm'), mlpNorm: upload('mlpNorm') }
  const rope = makeRopeTables(gpu, spec, length)
  const rows = length * spec.hidden
  const x = fixture.data('x')
  const windows = x.length / rows
  const batches = (apart ? [1, 1] : [windows]).map((count, i) => {
    const cut = (data: Float32Array<ArrayBuffer>) =>
      gpu.upload(data.slice(i * rows, (i + count) * rows), [count * length, spec.hidden])
    return { windows: count, input: cut(x), target: cut(target) }
  })
  const hessians = new Map<number, Hessian>()
  const events: MethodEvent[] = []
  const free = () => {
    freeBlock(gpu, weights)
    freeRopeTables(gpu, rope)
    gpu.free(...batches.flatMap(({ input, target: t }) => [input, t]))
    for (const hessian of hessians.values()) hessian.free()
  }
  const block: WorkingBlock = {
    ...{ gpu, model: spec, weights, rope, layer: 0, seed: 1 },
    nameOf: ({ module }) => module,
    weight: ({ role }) => linears[role].weight,
    samples: () => samplesOf(gpu, length, batches),
    checkpoint: async () => {},
    checkCancelled: () => {},
    report: (event) => events.push(event),
    rescale: () => Promise.reject(new Error('not asked for')),
    hessians: async (stages) => {
      for (const stage of stages) {
        const { in: n } = spec.linears.find((linear) => linear.stage === stage)!
        const rec = gpu.record()
        const hessian = Hessian.create(gpu, rec, n, 2)
        const unit = Float32Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0))
        const identity = gpu.upload(unit, [n, n])
        hessian.add(rec, identity)
        hessian.finish(rec)
        await gpu.submit(rec)
        gpu.free(identity)
        hessians.get(stage)?.free()
        hessians.set(stage, hessian)
      }
      return hessians
    },
  }
  return { block, events, free }
}
