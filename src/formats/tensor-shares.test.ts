import { expect, it } from 'vitest'
import type { TensorFacts } from '../file-records'
import { kindOf, placeOf } from './tensor-kinds'
import { bitsOf, sharesBy, tensorModules } from './tensor-shares'

const tensor = (name: string, type: string, shape: number[], bytes: number, weights: number): TensorFacts => ({
  ...{ name, type, shape, bytes, weights },
  ...{ kind: kindOf(name), place: placeOf(name) },
})

const gptq = [
  tensor('h.0.attn.q.qweight', 'I32', [8, 64], 2048, 4096),
  tensor('h.0.attn.q.scales', 'F16', [1, 64], 128, 0),
  tensor('h.0.norm.weight', 'F16', [64], 128, 64),
  tensor('wte.weight', 'F16', [100, 64], 12800, 6400),
]

it('sums tensors by what they have in common, the largest first', () => {
  expect(sharesBy(gptq, 'type')).toEqual([
    { name: 'F16', tensors: 3, bytes: 13056, weights: 6464 },
    { name: 'I32', tensors: 1, bytes: 2048, weights: 4096 },
  ])
  expect(sharesBy(gptq, 'kind').map(({ name }) => name)).toEqual(['embedding', 'attention', 'norm'])
  expect(sharesBy([], 'kind')).toEqual([])
})

it('counts scales with the codes that they belong to, and leaves vectors out', () => {
  const modules = tensorModules(gptq)
  expect(modules).toEqual([{ name: 'h.0.attn.q.qweight', layer: 0, role: 'q', bytes: 2176, weights: 4096 }])
  expect(bitsOf(modules[0]!)).toBe(4.25)
  expect(bitsOf({ bytes: 8, weights: 0 })).toBeNull()
})

it('tells roles apart that end alike, and blocks of several kinds', () => {
  const f16 = (name: string) => tensor(name, 'F16', [4, 4], 32, 16)
  const roles = (...names: string[]) => tensorModules(names.map(f16)).map(({ role }) => role)
  expect(roles('h.0.attn.proj.weight', 'h.0.mlp.proj.weight', 'h.0.mlp.up.weight')).toEqual([
    'attn.proj',
    'mlp.proj',
    'up',
  ])
  expect(roles('vision.0.q.weight', 'text.0.q.weight')).toEqual(['vision.*.q', 'text.*.q'])
  expect(tensorModules([f16('h.0.experts.0.up.weight'), f16('h.0.experts.1.up.weight')])).toMatchObject([
    { role: 'up', bytes: 64, weights: 32 },
  ])
})
