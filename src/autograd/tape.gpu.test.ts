import { expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { linear } from './ops/linear'
import { matmul } from './ops/matmul'
import { Parameters } from './parameters'
import { Tape } from './tape'

it('adds up what several uses of a value send back, and frees all it owns', async () => {
  const gpu = await testGpu()
  const before = gpu.pool.liveBytes
  const a = gpu.upload(new Float32Array([2]), [1, 1])
  const gradient = gpu.upload(new Float32Array([NaN]), [1, 1])
  const one = gpu.upload(new Float32Array([1]), [1, 1])
  const rec = gpu.record()
  const tape = new Tape(gpu, rec)
  const x = tape.leaf(a, gradient)
  const cube = matmul(tape, matmul(tape, x, x), x)
  matmul(tape, cube, x) // leads nowhere: sends nothing back
  tape.keep(gpu.alloc([5]))
  tape.backward([cube, one])
  await gpu.submit(rec)
  expect([...(await gpu.readF32(gradient))]).toEqual([12])
  gpu.free(a, gradient, one)
  expect(gpu.pool.liveBytes).toBe(before)
})

it('frees all it owns without a backward pass', async () => {
  const gpu = await testGpu()
  const before = gpu.pool.liveBytes
  const a = gpu.upload(new Float32Array([2]), [1, 1])
  const rec = gpu.record()
  const tape = new Tape(gpu, rec)
  const x = tape.constant(a)
  matmul(tape, matmul(tape, x, x), x)
  tape.free()
  gpu.free(a)
  expect(gpu.pool.liveBytes).toBe(before)
})

it('keeps parameters and their gradients as views of two tensors', async () => {
  const gpu = await testGpu()
  const before = gpu.pool.liveBytes
  const [w, c, x] = [noise(6, 1), noise(3, 2), noise(4, 3)]
  const parameters = new Parameters(gpu, { w: { shape: [2, 3], data: w }, c: { shape: [3], data: c } })
  const [input, ones] = [gpu.upload(x, [2, 2]), gpu.upload(new Float32Array(6).fill(1), [2, 3])]
  const rec = gpu.record()
  const tape = new Tape(gpu, rec)
  const leaves = parameters.on(tape)
  tape.backward([linear(tape, tape.constant(input), leaves.w, { bias: leaves.c }), ones])
  await gpu.submit(rec)
  expect([...(await gpu.readF32(parameters.gradient('c')))]).toEqual([2, 2, 2])
  const sums = [x[0]! + x[2]!, x[1]! + x[3]!]
  expectClose(
    await gpu.readF32(parameters.gradient('w')),
    Array.from({ length: 6 }, (_, i) => sums[Math.floor(i / 3)]!),
    { atol: 1e-6 },
  )
  // between the views nothing is ever written
  const whole = await gpu.readF32(parameters.gradients)
  expect(whole.slice(6, 64).every((g) => g === 0)).toBe(true)
  parameters.free()
  gpu.free(input, ones)
  expect(gpu.pool.liveBytes).toBe(before)
})
