import { it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { siluMulReference } from '../reference/transformer'
import { add } from './add'
import { bias } from './bias'
import { scaleLines } from './matrix'
import { siluMul } from './silu-mul'

it.each([1, 63, 1000])('adds %i elements in place', async (count) => {
  const gpu = await testGpu()
  const [a, b] = [noise(count, 1), noise(count, 2)]
  const y = gpu.upload(a)
  const rec = gpu.record()
  rec.run(add, { y, x: gpu.upload(b) }, { count })
  await gpu.submit(rec)
  // one correctly rounded sum
  expectClose(
    await gpu.readF32(y),
    Array.from(a, (x, i) => Math.fround(x + b[i]!)),
    { atol: 0 },
  )
})

it.each([1, 65, 1000])('gates %i elements, far into both tails', async (count) => {
  const gpu = await testGpu()
  const gate = noise(count, 1).map((x, i) => (i % 7 === 0 ? x * 300 : x * 4))
  const up = noise(count, 2)
  const y = gpu.upload(gate)
  const rec = gpu.record()
  rec.run(siluMul, { gate: y, up: gpu.upload(up) }, { count })
  await gpu.submit(rec)
  // exp may be off by (3 + 2|x|) ulp (WGSL §15.7.4): 11 ulp at |x| = 4
  expectClose(await gpu.readF32(y), siluMulReference(gate, up), { atol: 1e-6, rtol: 3e-6 })
})

it('adds a row vector to the rows asked for', async () => {
  const gpu = await testGpu()
  const [row, rows, columns] = [2, 5, 33]
  const [a, b] = [noise((row + rows + 1) * columns, 1), noise(columns, 2)]
  const y = gpu.upload(a)
  const rec = gpu.record()
  rec.run(bias, { y, b: gpu.upload(b) }, { row, rows, columns })
  await gpu.submit(rec)
  const inside = (i: number) => i >= row * columns && i < (row + rows) * columns
  expectClose(
    await gpu.readF32(y),
    Array.from(a, (x, i) => (inside(i) ? Math.fround(x + b[i % columns]!) : x)),
    {},
  )
})

it.each([
  ['columns', 1, 0],
  ['columns', 1, 1],
  ['rows', 19, 0],
  ['rows', 19, 1],
])('scales %s of a matrix, %i elements apart, divided: %i', async (_, every, divide) => {
  const gpu = await testGpu()
  const [rows, columns] = [17, 19]
  const lines = every === 1 ? columns : rows
  const x = noise(rows * columns, 1)
  const s = noise(lines, 2).map((value) => 1.5 + value)
  const y = gpu.alloc([rows, columns])
  const rec = gpu.record()
  rec.run(scaleLines, { x: gpu.upload(x), s: gpu.upload(s), y }, { count: x.length, every, lines, divide })
  await gpu.submit(rec)
  const of = (i: number) => s[every === 1 ? i % columns : Math.floor(i / columns)]!
  // a product is correctly rounded, a quotient off by 2.5 ulp at most (WGSL §15.7.4)
  expectClose(
    await gpu.readF32(y),
    Array.from(x, (value, i) => (divide ? value / of(i) : value * of(i))),
    { atol: 0, rtol: divide ? 3.6e-7 : 6e-8 },
  )
})
