import { expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../../test/device'
import { Adam } from '../../autograd/adam'
import { allocationLoss } from '../../autograd/ops/allocation'
import { gumbelSoftmax } from '../../autograd/ops/gumbel'
import { Tape } from '../../autograd/tape'
import type { Gpu } from '../../gpu/device'
import { LOSS_VALUES } from '../../kernels/allocation'
import { asPanels } from '../../linalg/panels'
import {
  allocationLossReference,
  hardReference,
  logitsReference,
  type NetworkReference,
  softReference,
} from '../../reference/allocator'
import { differences } from '../../reference/differences'
import { matmulReference } from '../../reference/matmul'
import { AllocatorNetwork } from './network'

const NAMES = ['w0', 'w1', 'v0', 'c0', 'v1', 'c1'] as const

/** A layer of n columns and `rows` rows with K candidate widths, its graph, and a network on the GPU. */
function setUp(gpu: Gpu, n: number, choices: number, rows: number, width: number, hidden: number, graph: boolean) {
  const x = noise(40 * n, 1)
  const data = {
    features: noise(n * width, 2),
    adjacency: noise(n * n, 3).map((a, i) => (i % n >= Math.floor(i / n) ? a / 4 : 0)),
    errors: noise(choices * rows * n, 4),
    hessian: Float32Array.from(matmulReference(x, x, { m: n, n, k: 40, transA: true })),
    widths: Float32Array.from({ length: choices }, (_, k) => k + 1),
  }
  const tensors = {
    features: gpu.upload(data.features, [n, width]),
    adjacency: gpu.upload(data.adjacency, [n, n]),
    errors: gpu.upload(data.errors, [choices, rows, n]),
    hessian: gpu.upload(data.hessian, [n, n]),
    widths: gpu.upload(data.widths),
    one: gpu.upload(Float32Array.from({ length: LOSS_VALUES }, (_, i) => (i === 0 ? 1 : 0))),
  }
  const network = new AllocatorNetwork(gpu, { features: width, hidden, choices }, 7)
  const numbers = { norm: 4 * rows * n, alpha: 10, target: 1.6 }
  const draw = { temperature: 0.8, noise: 0.3, seed: 11, step: 17 }

  /** Records a step up to the gradients. */
  const record = () => {
    const rec = gpu.record()
    const tape = new Tape(gpu, rec)
    const adjacency = graph ? { matrix: asPanels(tensors.adjacency), scale: 0.5, triangle: 'upper' as const } : null
    const logits = network.logits(tape, tensors.features, adjacency)
    const p = gumbelSoftmax(tape, logits, draw)
    const loss = allocationLoss(
      tape,
      p,
      logits.value,
      { ...tensors, ...numbers, hessian: asPanels(tensors.hessian) },
      draw.temperature,
    )
    const copy = gpu.alloc(logits.value.shape)
    rec.copy(logits.value, copy)
    tape.backward([loss, tensors.one])
    return { rec, logits: copy }
  }
  const free = () => {
    network.parameters.free()
    gpu.free(...Object.values(tensors))
  }
  return { data, network, numbers, draw, record, free }
}

it.each([
  [13, 4, 7, true],
  [65, 3, 33, true],
  [130, 2, 1, true],
  [65, 4, 7, false],
  [13, 1, 7, true],
])('sends gradients to all parameters: %i columns, %i widths, %i rows, graph %s', async (n, choices, rows, graph) => {
  const gpu = await testGpu()
  const before = gpu.pool.liveBytes
  const { data, network, numbers, draw, record, free } = setUp(gpu, n, choices, rows, 5, 8, graph)
  const { rec, logits } = record()
  await gpu.submit(rec)

  const parameters = Object.fromEntries(
    await Promise.all(NAMES.map(async (name) => [name, await gpu.readF32(network.parameters.value(name))] as const)),
  ) as unknown as NetworkReference
  const adjacency = graph ? data.adjacency.map((a) => a / 2) : null
  const logitsOf = (changed: Partial<NetworkReference>) =>
    logitsReference({ ...parameters, ...changed }, data.features, adjacency, n)
  const base = logitsOf({})
  // a dozen sums of at most 130 products in float32, each off by some 2⁻²² of its terms
  expectClose(await gpu.readF32(logits), base, { atol: 2e-5, rtol: 2e-5 })

  // straight through: the loss's slope at the hard choice, times the change of the soft one
  const hard = hardReference(base, choices, draw)
  const slope = differences(hard, (p) => allocationLossReference(p, { ...data, ...numbers }).loss, 1e-3)
  const surrogate = (name: (typeof NAMES)[number]) => (values: Float64Array) =>
    softReference(logitsOf({ [name]: values }), choices, draw).reduce((sum, p, i) => sum + p * slope[i]!, 0)
  for (const name of NAMES) {
    const expected = differences(parameters[name], surrogate(name))
    const largest = expected.reduce((most, g) => Math.max(most, Math.abs(g)), 0)
    // the noise's logarithm (1e-4, see the test of the operation) comes on top of the roundings
    expectClose(await gpu.readF32(network.parameters.gradient(name)), expected, { atol: 1e-6 + 3e-4 * largest })
  }
  gpu.free(logits)
  free()
  expect(gpu.pool.liveBytes).toBe(before)
})

it('takes 29 dispatches a step, beside what long sums are split into', async () => {
  const gpu = await testGpu()
  const { network, record, free } = setUp(gpu, 13, 4, 7, 5, 8, true)
  const { rec, logits } = record()
  const adam = new Adam(gpu, rec, network.parameters.values)
  adam.step(rec, network.parameters.gradients, 1e-3)
  const dispatches = rec.commands.filter(({ type }) => type === 'dispatch').length
  expect(dispatches).toBe(29)
  await gpu.submit(rec)
  adam.free()
  gpu.free(logits)
  free()
})
