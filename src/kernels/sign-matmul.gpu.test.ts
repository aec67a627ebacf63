import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { expectClose, noise, testGpu } from '../../test/device'
import { anySign, type SignShape, signSample } from '../../test/sign'
import type { SignLinear } from '../formats/quantized'
import { dequantizeSign } from '../formats/sign'
import { Recorder } from '../gpu/recorder'
import { signMatmul } from './sign-matmul'
import { wordsOfOneCell } from './sign-vector'
import { freeSign, uploadSign } from './upload-sign'

/** y = x·Ŵᵀ, and in float64 from the dequantized weights with the sum of what was added to it. */
async function product(linear: SignLinear, tokens: number, { software = true, maxBytes = 2 ** 27 } = {}) {
  const gpu = await testGpu()
  const x = noise(tokens * linear.in, 21)
  const packed = uploadSign(gpu, linear, maxBytes)
  const poison = new Float32Array(tokens * linear.out).fill(1e30)
  const tensors = { x: gpu.upload(x, [tokens, linear.in]), y: gpu.upload(poison, [tokens, linear.out]) }
  const rec = new Recorder({ ...gpu.traits, software })
  signMatmul(rec, { ...tensors, packed })
  await gpu.submit(rec)
  const y = await gpu.readF32(tensors.y)
  freeSign(gpu, packed)
  gpu.free(tensors.x, tensors.y)
  return { y, ...inFloat64(linear, x, tokens), panels: packed.panels.length }
}

function inFloat64(linear: SignLinear, x: Float32Array, tokens: number) {
  const weights = dequantizeSign(linear)
  const { out, in: columns } = linear
  const [expected, magnitude] = [new Float64Array(tokens * out), new Float64Array(tokens * out)]
  // what the planes hold in place of weights apart is added and taken away again
  const planes = dequantizeSign({ ...linear, sparse: null })
  for (let t = 0; t < tokens; t++)
    for (let row = 0; row < out; row++)
      for (let j = 0; j < columns; j++) {
        const weight = weights[row * columns + j]!
        expected[t * out + row]! += x[t * columns + j]! * weight
        magnitude[t * out + row]! +=
          Math.abs(x[t * columns + j]!) * (Math.abs(weight) + Math.abs(planes[row * columns + j]!))
      }
  return { expected, magnitude }
}

/** Float32 sums of k products: each addition errs by 2⁻²⁴ of what has been added so far. */
const equal = ({ y, expected, magnitude }: Awaited<ReturnType<typeof product>>, columns: number) => {
  const bound = magnitude.map((sum) => sum * (columns + 4) * 2 ** -24)
  // in units of the bound
  expectClose(
    Float64Array.from(y, (value, i) => (value - expected[i]!) / (bound[i]! || 1)),
    new Float64Array(y.length),
    { atol: 1 },
  )
}

const shape: SignShape = {
  ...{ out: 70, columns: 150, groups: 3, blockColumns: 32, perRow: true, centered: true, bits: 3, zeros: true },
  ...{ sparse: 'some', salient: 'some', seed: 4 },
}

describe('the product with a linear of signs', () => {
  it.each([1, 3, 4, 5])('equals float64 within float32 sums, for any linear and %i tokens', async (tokens) => {
    await fc.assert(
      fc.asyncProperty(anySign, fc.boolean(), async ({ linear }, software) => {
        // tiles with barriers, and compiling what is unrolled, take long on a software adapter; the shapes below cover them
        const rows = tokens <= 4 && !wordsOfOneCell(linear)
        equal(await product(linear, tokens, { software: software || !rows }), linear.in)
      }),
      { numRuns: 15 },
    )
  })

  it.each([
    ['all there is', {}, 70],
    ['one group, nothing apart', { groups: 1, sparse: 'none', salient: 'none' }, 33],
    ['cells of all rows, eight groups', { perRow: false, groups: 8, salient: 'none' }, 9],
    ['one row', { out: 1, sparse: 'row' }, 9],
    ['cells that end within words', { blockColumns: 7 }, 12],
  ] satisfies [string, Partial<SignShape>, number][])('in workgroup tiles with %s', async (_, change, tokens) => {
    const { linear } = signSample({ ...shape, ...change })
    equal(await product(linear, tokens, { software: false }), linear.in)
  })

  it.each([
    ['two groups of every row, salient columns', { groups: 2, perRow: true, salient: 'some' }, 3],
    ['three groups of all rows', { groups: 3, perRow: false, salient: 'none' }, 1],
  ] satisfies [string, Partial<SignShape>, number][])(
    'unrolled with %s, whatever the size',
    async (_, change, tokens) => {
      const sizes = fc.record({
        out: fc.constantFrom(1, 3, 33),
        columns: fc.constantFrom(1, 31, 32, 33, 65, 172),
        blockColumns: change.perRow ? fc.constantFrom(32, 64) : fc.constant(1000),
        seed: fc.nat(),
      })
      await fc.assert(
        fc.asyncProperty(sizes, async (size) => {
          const { linear } = signSample({ ...shape, ...change, ...size })
          equal(await product(linear, tokens, { software: false }), linear.in)
        }),
        { numRuns: 12 },
      )
    },
  )

  it.each([
    ['one group', { groups: 1, blockColumns: 64, salient: 'none' }, 1],
    ['three groups and only salient columns', { salient: 'all' }, 2],
    [
      'four groups, several stretches',
      { groups: 4, columns: 2090, blockColumns: 4000, perRow: false, salient: 'none' },
      8,
    ],
    ['eight groups of all', { groups: 8, blockColumns: 1000, perRow: false, salient: 'none' }, 5],
  ] satisfies [string, Partial<SignShape>, number][])('unrolled with %s', async (_, change, tokens) => {
    const { linear } = signSample({ ...shape, ...change })
    equal(await product(linear, tokens, { software: false }), linear.in)
  })

  it('adds weights apart of many tokens and of columns in several stretches', async () => {
    const { linear } = signSample({ ...shape, out: 530, columns: 1100, groups: 2, blockColumns: 1100, perRow: false })
    equal(await product(linear, 11, { software: false }), linear.in)
  })

  it.each([2, 6])('splits matrices larger than a binding by rows, %i tokens', async (tokens) => {
    const { linear } = signSample(shape)
    const split = await product(linear, tokens, { maxBytes: 9000 })
    expect(split.panels).toBeGreaterThan(2)
    equal(split, linear.in)
  })
})
