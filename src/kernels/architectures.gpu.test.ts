import { describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import type { Kernel } from '../gpu/kernel'
import { geluReference, layerNormReference, ropeReference, routeReference } from '../reference/transformer'
import { addPositions } from './add-positions'
import { embed } from './embed'
import { type Gelu, gelu, geluMul } from './gelu'
import { layerNorm } from './layer-norm'
import { addDiagonal } from './matrix'
import { rope } from './rope'
import { addShare, route, routedRows } from './route'
import { softcap } from './softcap'
import { takeParts } from './take-parts'

type Values = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>

const poisoned = (count: number): Float32Array<ArrayBuffer> => new Float32Array(count).fill(Number.NaN)

/** What a kernel leaves in its binding `out` of these arrays. */
async function run<S>(
  kernel: Kernel<string, S>,
  arrays: Readonly<Record<string, Values>>,
  shape: S,
  out: string,
): Promise<Float32Array> {
  const gpu = await testGpu()
  const tensors = Object.fromEntries(Object.entries(arrays).map(([name, values]) => [name, gpu.upload(values)]))
  const rec = gpu.record()
  rec.run(kernel, tensors, shape)
  await gpu.submit(rec)
  const values = await gpu.readF32(tensors[out]!)
  gpu.free(...Object.values(tensors))
  return values
}

describe.each([true, false])('layer norm, software adapter %s', (software) => {
  it.each([
    [1, 1],
    [3, 63],
    [130, 65],
    [2, 1000],
  ])('of %i rows of %i', async (rows, hidden) => {
    // a mean far from 0 would cost a sum of squares its digits
    const x = noise(rows * hidden, 1).map((value) => 20 + value)
    const [w, b] = [noise(hidden, 2), noise(hidden, 3)]
    const y = await run(layerNorm(software), { x, w, b, y: poisoned(x.length) }, { rows, hidden, eps: 1e-5 }, 'y')
    // a sum of 65 or more such numbers is known to 10⁻⁴, their mean to 2·10⁻⁶, and they spread by ½
    expectClose(y, layerNormReference(x, w, b, 1e-5), { atol: 3e-5 })
  })
})

describe.each(['gelu', 'gelu_tanh'] as Gelu[])('%s', (kind) => {
  const x = Float32Array.from([...noise(67, 1).map((value) => 6 * value), 0, -0, 50, -50, 1e4, -1e4])
  const expected = [...x].map((value) => geluReference(value, kind === 'gelu_tanh'))

  it('alone', async () => {
    // erf is off by 1.5·10⁻⁷, and the result by half that for every unit of x
    expectClose(await run(gelu[kind], { x }, { count: x.length }, 'x'), expected, { atol: 1e-6, rtol: 1e-6 })
  })

  it('times another', async () => {
    const up = noise(x.length, 2)
    const values = await run(geluMul[kind], { x, up }, { count: x.length }, 'x')
    expectClose(
      values,
      Float64Array.from(expected, (value, i) => value * up[i]!),
      { atol: 1e-6, rtol: 1e-6 },
    )
  })
})

it('softcap', async () => {
  const x = Float32Array.from([...noise(65, 1).map((value) => 9 * value), 1e6, -1e6, 0])
  const expected = Float64Array.from(x, (value) => 3 * Math.tanh(value / 3))
  expectClose(await run(softcap, { x }, { count: x.length, cap: 3 }, 'x'), expected, { atol: 1e-6 })
})

it('takes parts of columns', async () => {
  const [rows, columns] = [5, 42]
  const x = noise(rows * columns, 1)
  for (const parts of [
    { pieces: 1, width: 13, stride: 13, first: 29 },
    { pieces: 3, width: 4, stride: 14, first: 8 },
  ]) {
    const width = parts.pieces * parts.width
    const expected = Float64Array.from({ length: rows * width }, (_, i) => {
      const piece = Math.floor((i % width) / parts.width)
      return x[Math.floor(i / width) * columns + piece * parts.stride + parts.first + (i % parts.width)]!
    })
    const y = await run(takeParts, { x, y: poisoned(rows * width) }, { rows, columns, ...parts }, 'y')
    expect([...y]).toEqual([...expected])
  }
})

it('adds the rows of positions', async () => {
  const [rows, hidden, length, start] = [15, 7, 5, 3]
  const [table, before] = [noise(8 * hidden, 1), noise(rows * hidden, 2)]
  const shape = { rows, hidden, length, start }
  const y = await run(addPositions, { table, y: before }, shape, 'y')
  const at = (i: number) => (start + (Math.floor(i / hidden) % length)) * hidden + (i % hidden)
  expect([...y]).toEqual([...before.map((value, i) => value + table[at(i)]!)])
})

it('turns the first part of every head, and leaves the rest', async () => {
  const shape = { length: 7, start: 2, heads: 3, headDim: 10, turned: 6 }
  const frequencies = [1, 0.3, 0.1]
  const angles = Array.from({ length: 9 * 3 }, (_, i) => Math.floor(i / 3) * frequencies[i % 3]!)
  const x = noise(14 * 30, 1)
  const tables = { cosines: Float32Array.from(angles, Math.cos), sines: Float32Array.from(angles, Math.sin) }
  const y = await run(rope, { ...tables, x }, { ...shape, row: 0, rows: 14 }, 'x')
  expectClose(y, ropeReference(x, frequencies, shape), { atol: 1e-6 })
})

it('scales embeddings', async () => {
  const table = noise(5 * 3, 1)
  const arrays = { ids: Uint32Array.of(4, 0, 4), table, y: poisoned(9) }
  const y = await run(embed, arrays, { tokens: 3, hidden: 3, first: 0, count: 5, scale: 2 }, 'y')
  expect([...y]).toEqual([4, 0, 4].flatMap((id) => [...table.slice(3 * id, 3 * id + 3)].map((value) => 2 * value)))
})

describe('experts', () => {
  it.each([
    { tokens: 1, experts: 2, picks: 1, normalized: true },
    { tokens: 67, experts: 5, picks: 2, normalized: true },
    { tokens: 67, experts: 9, picks: 3, normalized: false },
    { tokens: 3, experts: 128, picks: 8, normalized: true },
    { tokens: 3, experts: 4, picks: 4, normalized: false },
  ])('get shares of $tokens tokens: $picks of $experts, normalized $normalized', async (shape) => {
    const logits = noise(shape.tokens * shape.experts, 1).map((value) => 4 * value)
    const shares = await run(route, { logits, shares: poisoned(logits.length) }, shape, 'shares')
    expectClose(shares, routeReference(logits, shape), { atol: 1e-6 })
    expect(shares.filter((share) => share > 0)).toHaveLength(shape.tokens * shape.picks)
  })

  it('get as many picks where logits are equal, or far apart', async () => {
    const logits = Float32Array.of(1, 1, 1, 300, 0, -300)
    const shape = { tokens: 2, experts: 3, picks: 2, normalized: true }
    const shares = await run(route, { logits, shares: poisoned(6) }, shape, 'shares')
    expectClose(shares.subarray(0, 4), [0.5, 0.5, 0, 1], { atol: 1e-6 })
    expect(shares.filter((share) => share > 0)).toHaveLength(4)
  })

  it('read the rows that they have a share of, and add by it', async () => {
    const shape = { rows: 5, columns: 13, experts: 3, expert: 1 }
    const shares = noise(15, 1).map((value, i) => (i % 2 === 0 ? Math.abs(value) : 0))
    const [x, before] = [noise(65, 2), noise(65, 3)]
    const share = (i: number) => shares[Math.floor(i / 13) * 3 + 1]!
    const own = await run(routedRows, { x, shares, y: poisoned(65) }, shape, 'y')
    expect([...own]).toEqual([...x.map((value, i) => (share(i) > 0 ? value : 0))])
    const y = await run(addShare, { x, shares, y: before }, shape, 'y')
    expectClose(
      y,
      Float64Array.from(before, (value, i) => value + x[i]! * share(i)),
      { atol: 1e-6 },
    )
  })
})

it('adds to a diagonal', async () => {
  const a = noise(67 * 67, 1)
  const sums = await run(addDiagonal, { a }, { n: 67, first: 0, count: 67, value: 2 }, 'a')
  expectClose(
    sums,
    Float64Array.from(a, (value, i) => value + (i % 68 === 0 ? 2 : 0)),
    { atol: 1e-6 },
  )
})
