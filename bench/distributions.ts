import { packAffine, symmetricGrid } from '../src/formats/affine'
import { encodeBfloat16 } from '../src/formats/floats'
import type { TensorEntry } from '../src/formats/source'
import { distributions } from '../src/pipeline/distributions'
import { randomFrom } from '../src/random'

/** Lines that say how long every run took, at 4 bits in groups of 128 columns, with the original and without. */
export async function measureDistributions(out: number, columns: number, runs: number): Promise<string[]> {
  const { linear, original } = sample(out, columns)
  const lines = [`${out} × ${columns}, 4 bits in groups of 128`]
  for (const [what, entry, extent] of [
    ['first look, codes and a bfloat16 original', original, 'look'],
    ['whole, codes and a bfloat16 original', original, 'whole'],
    ['first look, codes alone', null, 'look'],
    ['whole, codes alone', null, 'whole'],
  ] as const) {
    const times: number[] = []
    const work: number[] = []
    for (let run = 0; run < runs; run++) {
      const start = performance.now()
      const cpu = process.cpuUsage()
      await distributions({ linear, original: entry, whole: false, scaling: undefined }, extent)
      times.push((performance.now() - start) / 1000)
      work.push(process.cpuUsage(cpu).user / 1e6)
    }
    lines.push(`${what}: ${middle(times)} s, of which ${middle(work)} s of the processor (medians of ${runs})`)
  }
  return lines
}

const middle = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!.toFixed(2)

function sample(out: number, columns: number) {
  const random = randomFrom(1)
  // a longer run of numbers would take longer to draw than to count
  const drawn = Float32Array.from({ length: 65_537 }, () => 0.02 * (random() + random() + random() - 1.5))
  const codes = new Uint8Array(out * columns)
  const values = new Float32Array(out * columns)
  for (let at = 0; at < values.length; at++) {
    values[at] = drawn[at % drawn.length]!
    codes[at] = Math.max(0, Math.min(15, Math.round(values[at]! / 0.003) + 8))
  }
  const file = new Blob([encodeBfloat16(values)])
  const groups = Math.ceil(columns / 128)
  const linear = packAffine({
    ...{ name: 'bench', out, in: columns, perm: null, segments: [{ bits: 4, columns }], groupOf: null },
    ...{ groupSize: 128, groups, codes, grid: symmetricGrid(new Float32Array(out * groups).fill(0.003)) },
  })
  const original: TensorEntry = {
    ...{ name: 'bench.weight', dtype: 'BF16', shape: [out, columns], bytes: file.size },
    read: async ({ start, end } = { start: 0, end: out }) =>
      new Uint8Array(await file.slice(2 * start * columns, 2 * end * columns).arrayBuffer()),
  }
  return { linear, original }
}
