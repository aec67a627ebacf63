import { expect, it } from 'vitest'
import type { LinearSpec, ModelSpec } from '../../models/spec'
import { reconstructionWork } from './work'

const linear = (out: number, columns: number) => ({ out, in: columns }) as LinearSpec
const model = { layers: 3, heads: 2, headDim: 5, linears: [linear(10, 10), linear(4, 10)] } as unknown as ModelSpec

it('counts every step of every block three times its forward pass', () => {
  const work = reconstructionWork(model, 40, { batch: 2, length: 50 })
  expect(work).toEqual({ flops: 120 * 3 * (2 * 100 * 140 + 4 * 100 * 50 * 10), dispatches: 120 * (45 + 2) })
})
