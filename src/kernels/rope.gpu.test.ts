import { it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { ropeReference } from '../reference/transformer'
import { rope } from './rope'

it.each([
  { windows: 1, length: 1, start: 0, heads: 1, headDim: 2 },
  { windows: 3, length: 7, start: 0, heads: 2, headDim: 12 },
  { windows: 1, length: 5, start: 9, heads: 3, headDim: 16 },
  { windows: 2, length: 33, start: 4, heads: 1, headDim: 64 },
])('turns $windows windows of $length from $start, $heads heads of $headDim', async (shape) => {
  const gpu = await testGpu()
  const { windows, length, start, heads, headDim } = shape
  const [half, positions, skipped] = [headDim / 2, start + length, 2]
  const frequencies = Float64Array.from({ length: half }, (_, i) => 10000 ** (-i / half))
  const table = (turn: (angle: number) => number) =>
    gpu.upload(
      Float32Array.from({ length: positions * half }, (_, i) => turn(Math.floor(i / half) * frequencies[i % half]!)),
    )
  const rows = windows * length
  const before = noise((skipped + rows) * heads * headDim, 1)
  const x = gpu.upload(before)
  const rec = gpu.record()
  const tensors = { cosines: table(Math.cos), sines: table(Math.sin), x }
  rec.run(rope, tensors, { row: skipped, rows, length, start, heads, headDim })
  await gpu.submit(rec)
  const untouched = before.subarray(0, skipped * heads * headDim)
  const turned = ropeReference(before.subarray(untouched.length), frequencies, shape)
  // two products of values below 1 and their sum, each rounded to float32
  expectClose(await gpu.readF32(x), [...untouched, ...turned], { atol: 3e-7 })
})
