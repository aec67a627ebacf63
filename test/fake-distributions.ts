import { packAffine, symmetricGrid } from '../src/formats/affine'
import { dequantize } from '../src/formats/dequantize'
import { type Distributions, distributions } from '../src/pipeline/distributions'
import { noise } from './device'

const OUT = 24
const COLUMNS = 192
const GROUP = 32

/** Distributions of a small matrix of codes of 2 bits, then of 4, whose column 17 was four times as large. */
export async function fakeDistributions(name: string): Promise<Distributions> {
  const drawn = noise(OUT * COLUMNS, 5)
  const codes = Uint8Array.from(drawn, (value, i) => {
    const levels = i % COLUMNS < COLUMNS / 2 ? 4 : 16
    return Math.max(0, Math.min(levels - 1, Math.floor((value + 1) * (levels / 2))))
  })
  const groups = COLUMNS / GROUP
  const linear = packAffine({
    ...{ name, out: OUT, in: COLUMNS, perm: null, groupOf: null, groupSize: GROUP, groups, codes },
    segments: [
      { bits: 2, columns: COLUMNS / 2 },
      { bits: 4, columns: COLUMNS / 2 },
    ],
    grid: symmetricGrid(Float32Array.from({ length: OUT * groups }, (_, cell) => (cell % groups < 3 ? 0.25 : 0.0625))),
  })
  const original = dequantize(linear).map((weight, i) => weight * (i % COLUMNS === 17 ? 4 : 1) + 0.02 * drawn[i]!)
  const entry = {
    ...{ name: `${name}.weight`, dtype: 'F32' as const, shape: [OUT, COLUMNS], bytes: original.byteLength },
    read: async ({ start, end } = { start: 0, end: OUT }) =>
      new Uint8Array(original.slice(start * COLUMNS, end * COLUMNS).buffer),
  }
  return distributions({ linear, original: entry, whole: false, scaling: undefined })
}
