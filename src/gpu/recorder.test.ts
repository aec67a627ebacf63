import { describe, expect, it } from 'vitest'
import type { DeviceTraits, Kernel } from './kernel'
import { Recorder } from './recorder'
import type { Tensor, TensorType } from './tensor'

const traits: DeviceTraits = {
  flopsPerDispatch: 1e6,
  workgroupBytes: 16384,
  maxGroupsPerDimension: 100,
  software: false,
}
const tensor = (shape: number[], type: TensorType = 'f32'): Tensor => ({
  buffer: {} as GPUBuffer,
  offset: 0,
  shape,
  type,
})

const kernel: Kernel<'y' | 'x', { parts: number; groups: number }> = {
  label: 'test',
  wgsl: '',
  bindings: { x: 'read', y: 'read_write' },
  params: { part: 'u32' },
  passes: ({ parts, groups }) => Array.from({ length: parts }, (_, part) => ({ groups: [groups], params: { part } })),
  cost: () => ({ flops: 12, bytes: 24 }),
}

describe('Recorder', () => {
  it('records the passes of a kernel in order, tensors in binding order, the cost shared out', () => {
    const rec = new Recorder(traits)
    const [x, y] = [tensor([4]), tensor([4])]
    rec.run(kernel, { y, x }, { parts: 3, groups: 100 })
    expect(rec.commands.map((command) => command.type === 'dispatch' && command.pass.params?.part)).toEqual([0, 1, 2])
    expect(rec.commands[1]).toMatchObject({ tensors: [x, y], cost: { flops: 4, bytes: 8 }, pass: { groups: [100] } })
  })

  it('refuses a grid that the device cannot run', () => {
    const rec = new Recorder(traits)
    const run = () => rec.run(kernel, { y: tensor([1]), x: tensor([1]) }, { parts: 1, groups: 101 })
    expect(run).toThrow("test: grid [101] exceeds the device's limit")
  })

  it('keeps copies, clears and writes in their place among the dispatches', () => {
    const rec = new Recorder(traits)
    const [x, y] = [tensor([2, 3]), tensor([10])]
    const data = Float32Array.of(1, 2, 3)
    rec.write(x, data)
    rec.copy(x, y)
    rec.clear(x)
    expect(rec.commands).toEqual([
      { type: 'write', tensor: x, data },
      { type: 'copy', from: x, to: y, bytes: 24 },
      { type: 'clear', tensor: x },
    ])
  })

  it('refuses copies and writes beyond the end of a tensor', () => {
    const rec = new Recorder(traits)
    expect(() => rec.copy(tensor([10]), tensor([9]))).toThrow('copy of [10] into [9]')
    expect(() => rec.copy(tensor([4]), tensor([9]), 20)).toThrow('copy of [4] into [9]')
    expect(() => rec.write(tensor([2]), new Uint32Array(3))).toThrow('write of 3 values into [2]')
  })
})
