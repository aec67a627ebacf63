import { dequantize } from '../src/formats/dequantize'
import { type Distributions, distributions } from '../src/pipeline/distributions'
import { affineSample } from './affine'

/** Distributions of a small matrix of codes of 2 and 4 bits, whose column 17 stands out. */
export async function fakeDistributions(name: string): Promise<Distributions> {
  const columns = 192
  const { linear } = affineSample({
    ...{
      out: 24,
      columns,
      widths: [
        [2, 96],
        [4, 96],
      ],
      grid: 'symmetric',
      zeroBits: 4,
    },
    ...{ groupSize: 32, permuted: false, named: false, seed: 5 },
  })
  const original = dequantize(linear).map((weight, i) => weight * (i % columns === 17 ? 4 : 1) + 0.01 * Math.sin(i * i))
  const entry = {
    ...{ name: `${name}.weight`, dtype: 'F32' as const, shape: [24, columns], bytes: original.byteLength },
    read: async ({ start, end } = { start: 0, end: 24 }) =>
      new Uint8Array(original.slice(start * columns, end * columns).buffer),
  }
  return distributions({ linear: { ...linear, name }, original: entry, whole: false, scaling: undefined })
}
