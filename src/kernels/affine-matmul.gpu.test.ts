import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { affineSample, anyAffine } from '../../test/affine'
import { expectClose, noise, testGpu } from '../../test/device'
import { dequantize, zeroGrid } from '../formats/affine'
import { decodeFloat16 } from '../formats/floats'
import type { AffineLinear, Width } from '../formats/quantized'
import { Recorder } from '../gpu/recorder'
import { affineMatmul } from './affine-matmul'
import { affineRegisters } from './affine-registers'
import { freeAffine, uploadAffine } from './dequantize-affine'

const NOTHING = 1e30

/** y = x·Ŵᵀ beside float64 from the dequantized weights, in units of what float32 sums may err by. */
async function errors(linear: AffineLinear, tokens: number, { software = true, maxBytes = 2 ** 27, row = 0 } = {}) {
  const gpu = await testGpu()
  const x = noise(tokens * linear.in, 21)
  const packed = uploadAffine(gpu, linear, maxBytes)
  const tensors = {
    x: gpu.upload(x, [tokens, linear.in]),
    y: gpu.upload(poisoned((row + tokens) * linear.out), [row + tokens, linear.out]),
  }
  const rec = new Recorder({ ...gpu.traits, software })
  affineMatmul(gpu, rec, { ...tensors, packed, row })
  await gpu.submit(rec)
  const whole = await gpu.readF32(tensors.y)
  const [before, y] = [whole.subarray(0, row * linear.out), whole.subarray(row * linear.out)]
  expect(before.every((value) => value === Math.fround(NOTHING))).toBe(true)
  freeAffine(gpu, packed)
  gpu.free(tensors.x, tensors.y)
  return { panels: packed.panels.length, errors: inBounds(linear, x, y, tokens) }
}

const poisoned = (length: number) => new Float32Array(length).fill(NOTHING)

/**
 * Float32 sums of k products err by 2⁻²⁴ of what was added at each; a product of few tokens is scale·Σ code·x + first·Σx, of
 * which each may be as large as the largest level and step allow.
 */
function inBounds(linear: AffineLinear, x: Float32Array, y: Float32Array, tokens: number): Float64Array {
  const { out, in: columns, grid, groups } = linear
  const weights = dequantize(linear)
  const most = Math.max(...linear.segments.map(({ bits }) => 2 ** bits))
  const scale = decodeFloat16(grid.type === 'range' ? grid.min : grid.scale)
  const range = grid.type === 'range' ? decodeFloat16(grid.range) : null
  const highest = grid.type === 'zero' ? most + 2 ** grid.zeroBits : 2 * most
  const found = new Float64Array(tokens * out)
  for (let row = 0; row < out; row++) {
    const cells = Array.from({ length: groups }, (_, g) => row * groups + g)
    const level = Math.max(
      ...cells.map((at) => (range ? Math.abs(scale[at]!) + 2 * Math.abs(range[at]!) : Math.abs(scale[at]!) * highest)),
    )
    for (let t = 0; t < tokens; t++) {
      let [sum, magnitude] = [0, 0]
      for (let j = 0; j < columns; j++) {
        const value = x[t * columns + j]!
        sum += value * weights[row * columns + j]!
        magnitude += Math.abs(value)
      }
      found[t * out + row] = (y[t * out + row]! - sum) / (magnitude * level * (columns + 8) * 2 ** -24 || 1)
    }
  }
  return found
}

const LONG = 129 * 32

/** 37 rows of 129 chunks, three a group, every fifth scale a subnormal float16. */
function longRows(bits: Width, perm: Uint32Array<ArrayBuffer> | null): AffineLinear {
  const [out, groupSize] = [37, 96]
  const groups = LONG / groupSize
  return {
    ...{ kind: 'affine', name: 'w', out, in: LONG, perm, segments: [{ bits, columns: LONG }] },
    ...{ groupOf: null, groupSize, groups },
    codes: Uint32Array.from({ length: (out * LONG * bits) / 32 }, (_, i) => Math.imul(i + 1, 0x9e3779b1)),
    grid: zeroGrid(
      new Float32Array(out * groups).map((_, i) => (i % 5 ? 0.02 : 2e-6)),
      new Uint8Array(out * groups).fill(2),
      2,
    ),
  }
}

const expectRight = ({ errors: found }: { errors: Float64Array }) =>
  expectClose(found, new Float64Array(found.length), { atol: 1 })

const mixed = (grid: 'symmetric' | 'zero' | 'range', groupSize = 64, columns = 150) =>
  affineSample({
    ...{ out: 70, columns, groupSize, zeroBits: 3, permuted: true, named: false, seed: 9, grid },
    widths: [
      [2, 3],
      [5, 2],
      [8, 1],
    ],
  }).linear

describe('the product with packed codes', () => {
  it.each([
    [1, 12],
    [3, 12],
    [9, 4],
  ])('equals float64 within float32 sums, for any linear and %i tokens', async (tokens, numRuns) => {
    await fc.assert(
      fc.asyncProperty(anyAffine, async ({ linear }) => {
        expectRight(await errors(linear, tokens))
      }),
      { numRuns },
    )
  })

  it.each([1, 2, 9])('from some row of what takes it on, %i tokens', async (tokens) => {
    for (const software of [true, false]) expectRight(await errors(longRows(4, null), tokens, { software, row: 3 }))
  })

  it.each(['symmetric', 'zero', 'range'] as const)('in workgroup tiles, %s grid', async (grid) => {
    expectRight(await errors(mixed(grid), 70, { software: false }))
    expectRight(await errors(mixed(grid, 7), 9, { software: false }))
  })

  // 150 columns end inside a chunk and a group; with one group it is as wide as all chunks
  it.each([
    ...([2, 5, 8] as const).map((bits) => [bits, 'zero', 64, 9] as const),
    [4, 'symmetric', 96, 130],
    [1, 'symmetric', 32, 33],
    [3, 'range', 150, 70],
    [2, 'range', 64, 12],
  ] as const)(
    'in tiles of one width: %i bits, %s grid, groups of %i, %i tokens',
    async (bits, grid, groupSize, tokens) => {
      const { linear } = affineSample({
        ...{ out: 70, columns: 150, groupSize, zeroBits: 3, permuted: false, named: false, seed: 5, grid },
        widths: [[bits, 1]],
      })
      expectRight(await errors(linear, tokens, { software: false }))
    },
  )

  it.each([
    ...([1, 2, 3, 4, 5, 6, 7, 8] as const).map((bits) => [[bits], 'zero', 1] as const),
    [[1, 4], 'symmetric', 3],
    [[2, 3], 'range', 1],
  ] as const)(
    'unrolled, %j bits, %s grid, every code of a chunk at its place, %i tokens',
    async (bits, grid, tokens) => {
      const { linear } = affineSample({
        ...{ out: 5, columns: 96, groupSize: 32, zeroBits: 3, permuted: true, named: false, seed: 3, grid },
        widths: bits.map((width) => [width, 1]),
      })
      expectRight(await errors(linear, tokens, { software: false }))
    },
  )

  it.each([
    ['where its columns lie', 4, 0.02],
    ['straddling words', 3, 0.02],
    ['of scales that are subnormal float16', 2, 2e-6],
  ] as const)('unrolled, all chunks alike, %s', async (_, bits, step) => {
    const groups = 3
    const linear: AffineLinear = {
      ...{ kind: 'affine', name: 'w', out: 35, in: 96, perm: null, segments: [{ bits, columns: 96 }] },
      ...{ groupOf: null, groupSize: 32, groups },
      codes: Uint32Array.from({ length: 35 * groups * bits }, (_, i) => Math.imul(i + 1, 0x9e3779b1)),
      grid: zeroGrid(new Float32Array(35 * groups).fill(step), new Uint8Array(35 * groups).fill(2), 2),
    }
    expectRight(await errors(linear, 1, { software: false }))
  })

  // all sixteen rows unrolled take a software adapter's compiler seconds
  it.each([1, 2, 3, 4, 8] as const)('of one token in registers, chunks of %i bits', async (bits) => {
    const linear = longRows(bits, null)
    const gpu = await testGpu()
    const packed = uploadAffine(gpu, linear, 2 ** 27)
    const x = noise(linear.in, 21)
    const y = gpu.upload(poisoned(linear.out))
    const [{ codes, cells }] = packed.panels as [(typeof packed.panels)[0]]
    const kernel = affineRegisters({ bits, grid: 'zero', subnormal: true, rows: 2 })
    const { groups, perGroup } = packed
    const rec = gpu.record()
    rec.run(
      kernel,
      { x: gpu.upload(x), codes, cells, y },
      { chunks: linear.in / 32, rows: linear.out, groups, perGroup, yOffset: 0 },
    )
    await gpu.submit(rec)
    const found = inBounds(linear, x, await gpu.readF32(y), 1)
    expectRight({ errors: found })
  })

  it('of one token in registers, columns moved', async () => {
    const linear = longRows(
      2,
      Uint32Array.from({ length: LONG }, (_, i) => LONG - 1 - i),
    )
    expectRight(await errors(linear, 1, { software: false }))
  })

  it.each([2, 12])('splits matrices larger than a binding by rows, %i tokens', async (tokens) => {
    const split = await errors(mixed('zero'), tokens, { maxBytes: 32 * 150 })
    expect(split.panels).toBe(3)
    expectRight(split)
  })
})
