import { packAffine, symmetricGrid } from '../src/formats/affine'
import { headerOf } from '../src/formats/linear-check'
import type { QuantizedLinear } from '../src/formats/quantized'
import type { TensorEntry } from '../src/formats/source'
import { memoryStore } from '../src/storage/memory-store'
import { MatrixDesk } from '../src/workers/matrix-desk'
import { fakeInspection } from './fake-model'

/** What the engine shows of the matrices of a fake model: the real thing over codes that are waves, column 24 loudest. */
export function fakeMatrix(layers: number, runs = memoryStore()): MatrixDesk {
  const shapes = new Map(fakeInspection('wren', layers).modules.map((module) => [module.name, module]))
  const linear = async (name: string) => wavesOf(name, shapes.get(name)!)
  const looked = {
    linear,
    headers: new Map(
      [...shapes].map(([name, { out, in: columns }]) => [
        name,
        { ...headerOf(wavesOf(name, { out: 1, in: columns })), out },
      ]),
    ),
    scalings: new Map(),
    original: (name: string) => entryOf(name, shapes.get(name)!),
  }
  const model = {}
  return new MatrixDesk(() => ({ of: looked, model, looked }), runs)
}

interface Shape {
  readonly out: number
  readonly in: number
}

const weight = (at: number, columns: number): number => Math.sin(at * at) * 0.2 * (at % columns === 24 ? 3 : 1)

function wavesOf(name: string, { out, in: columns }: Shape): QuantizedLinear {
  const codes = Uint8Array.from({ length: out * columns }, (_, at) =>
    Math.max(0, Math.min(15, Math.round(weight(at, columns) * 20) + 8)),
  )
  return packAffine({
    ...{ name, out, in: columns, perm: null, groupOf: null, groupSize: columns, groups: 1, codes },
    segments: [{ bits: 4, columns }],
    grid: symmetricGrid(new Float32Array(out).fill(0.05)),
  })
}

function entryOf(name: string, { out, in: columns }: Shape): TensorEntry {
  return {
    ...{ name: `${name}.weight`, dtype: 'F32', shape: [out, columns], bytes: 4 * out * columns },
    read: async ({ start, end } = { start: 0, end: out }) =>
      new Uint8Array(
        Float32Array.from({ length: (end - start) * columns }, (_, i) => weight(start * columns + i, columns)).buffer,
      ),
  }
}
