import { expect, it } from 'vitest'
import type { LinearSpec, ModelSpec } from '../../models/spec'
import { reconstructionWork } from './work'

const linear = (out: number, columns: number) => ({ out, in: columns }) as LinearSpec
const model = { layers: 3, heads: 2, headDim: 5, linears: [linear(10, 10), linear(4, 10)] } as unknown as ModelSpec

it('counts every step of every block three times its forward pass', () => {
  const work = reconstructionWork(model, { samples: 8, length: 50 }, { steps: 40, batch: 2, dispatches: 3 })
  expect(work).toEqual({ steps: 120, flops: 120 * 3 * (2 * 100 * 140 + 4 * 100 * 50 * 10), dispatches: 120 * (35 + 6) })
})

it('takes no more windows a step than there are', () => {
  const flops = (batch: number) =>
    reconstructionWork(model, { samples: 8, length: 50 }, { steps: 1, batch, dispatches: 1 }).flops
  expect(flops(100)).toBe(flops(8))
})
