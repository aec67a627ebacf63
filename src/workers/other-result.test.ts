import { describe, expect, it } from 'vitest'
import { affineSample } from '../../test/affine'
import { fakeMatrix } from '../../test/fake-matrix'
import { FormatError, StorageError } from '../errors'
import { dequantize } from '../formats/affine'
import type { ByteSource } from '../formats/bytes'
import { heldLinears } from '../formats/packed-model'
import { binsFor } from '../pipeline/matrix/bins'
import { RunFolder } from '../pipeline/run-folder'
import { memoryStore } from '../storage/memory-store'
import type { ImageRequest } from './matrix-api'

const NAME = 'model.layers.0.self_attn.q_proj'
const SIDE = 192
const places = Uint32Array.from({ length: SIDE }, (_, i) => i)
const axis = { places, bins: binsFor({ start: 0, end: SIDE }, SIDE, SIDE) }
const difference: ImageRequest = {
  ...{ module: NAME, quantity: 'difference', reduction: 'extreme', hurry: false },
  ...{ rows: axis, columns: axis },
}

/** A store with the codes of a run of one linear, and the linear. */
async function keptRun(side: number) {
  const store = memoryStore()
  const shape = { out: side, columns: side, groupSize: 64, zeroBits: 4, permuted: true, named: false, seed: 3 } as const
  const { linear } = affineSample(
    {
      ...shape,
      grid: 'symmetric',
      widths: [
        [3, 1],
        [8, 1],
      ],
    },
    NAME,
  )
  const facts = { layer: 0, seconds: { total: 0 }, drift: null, peakGpuBytes: 0, part: 0 }
  const block = { ...facts, modules: [], changed: new Map(), scalings: new Map(), ...heldLinears([linear]) }
  await new RunFolder(store, 'abc').keep(block)
  return { store, linear }
}

describe('another result to hold this one against', () => {
  it('may be a run whose codes are kept', async () => {
    const { store, linear } = await keptRun(SIDE)
    const desk = fakeMatrix(1, store)
    expect(await desk.image(difference)).toBeNull()
    await desk.compare({ name: 'run 2, RTN 3-bit', folder: 'abc' })
    const image = (await desk.image(difference))!
    const { weight, other } = await desk.cells(NAME, Uint32Array.of(5), places)
    const weights = dequantize(linear)
    weight.forEach((value, column) => {
      expect(other![column]).toBe(weights[5 * SIDE + column])
      expect(image.values[5 * SIDE + column]).toBeCloseTo(value - weights[5 * SIDE + column]!, 5)
    })
    await desk.compare(null)
    expect(await desk.image(difference)).toBeNull()
  })

  it('is refused where no matrix has the same shape, or nothing is kept', async () => {
    const desk = fakeMatrix(1, (await keptRun(64)).store)
    const compared = (folder: string) => desk.compare({ name: 'run 2, RTN 3-bit', folder })
    await expect(compared('abc')).rejects.toThrow(FormatError)
    await expect(compared('abc')).rejects.toThrow(
      'run 2, RTN 3-bit: expected the same model quantized, got one of other matrices',
    )
    await expect(compared('gone')).rejects.toThrow(StorageError)
  })

  it('is left when its codes can be read no more, and the shown one is still to be seen', async () => {
    const { store } = await keptRun(SIDE)
    let deleted = false
    const source = async (folder: string, name: string) => {
      const file = await store.source(folder, name)
      const read: ByteSource['read'] = async (start, end) => {
        if (deleted) throw new StorageError('a file that is gone')
        return file!.read(start, end)
      }
      return file && { ...file, read }
    }
    const desk = fakeMatrix(1, { ...store, source })
    await desk.compare({ name: 'run 2', folder: 'abc' })
    deleted = true
    await expect(desk.image(difference)).rejects.toThrow('a file that is gone')
    expect(await desk.image({ ...difference, quantity: 'weight' })).not.toBeNull()
    expect(await desk.image(difference)).toBeNull()
  })
})
