import { describe, expect, it } from 'vitest'
import { fakeDevice } from '../../test/fake-device'
import { BindGroups } from './bind-groups'
import type { Program } from './pipelines'
import type { Tensor } from './tensor'

const buffer = (label: string) => ({ label }) as GPUBuffer
const program = (id: number) => ({ id, layout: {} }) as Program
const view = (of: GPUBuffer, offset = 0, n = 4): Tensor => ({ buffer: of, offset, shape: [n], type: 'f32' })

function start(most?: number) {
  const { device } = fakeDevice()
  return new BindGroups(device, most)
}

describe('BindGroups', () => {
  it('gives the same group for the same program, views and parameters, whichever tensor objects tell of them', () => {
    const groups = start()
    const [a, b, params] = [buffer('a'), buffer('b'), buffer('params')]
    const group = groups.get(program(0), [view(a), view(b)], params)
    expect(groups.get(program(0), [view(a), view(b)], params)).toBe(group)
  })

  it('tells programs, buffers, their order, offsets, sizes and parameters apart', () => {
    const groups = start()
    const [a, b, params] = [buffer('a'), buffer('b'), buffer('params')]
    const made = [
      groups.get(program(0), [view(a), view(b)], params),
      groups.get(program(1), [view(a), view(b)], params),
      groups.get(program(0), [view(b), view(a)], params),
      groups.get(program(0), [view(a), view(b, 256)], params),
      groups.get(program(0), [view(a), view(b, 0, 5)], params),
      groups.get(program(0), [view(a), view(b)], buffer('params')),
      groups.get(program(0), [view(a), view(b)], undefined),
      groups.get(program(0), [view(a)], params),
    ]
    expect(new Set(made).size).toBe(made.length)
  })

  it('forgets all once it holds its most', () => {
    const groups = start(2)
    const [a, b, c] = ['a', 'b', 'c'].map((label) => [view(buffer(label))])
    const first = groups.get(program(0), a!, undefined)
    groups.get(program(0), b!, undefined)
    expect(groups.get(program(0), a!, undefined)).toBe(first)
    groups.get(program(0), c!, undefined)
    expect(groups.get(program(0), a!, undefined)).not.toBe(first)
  })
})
