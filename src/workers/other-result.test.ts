import { describe, expect, it } from 'vitest'
import { fakeMatrix } from '../../test/fake-matrix'
import { KEPT_LINEAR, keptRun } from '../../test/kept-run'
import { FormatError, StorageError } from '../errors'
import { dequantize } from '../formats/affine'
import { binsFor } from '../pipeline/matrix/bins'
import type { ImageRequest } from './matrix-api'

const NAME = KEPT_LINEAR
const SIDE = 192
const places = Uint32Array.from({ length: SIDE }, (_, i) => i)
const axis = { places, bins: binsFor({ start: 0, end: SIDE }, SIDE, SIDE) }
const difference: ImageRequest = {
  ...{ module: NAME, quantity: 'difference', reduction: 'extreme', hurry: false },
  ...{ rows: axis, columns: axis },
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
    const { store, lose } = await keptRun(SIDE)
    const desk = fakeMatrix(1, store)
    expect(await desk.compares()).toBe(false)
    await desk.compare({ name: 'run 2', folder: 'abc' })
    expect(await desk.compares()).toBe(true)
    lose()
    const failing = desk.image(difference)
    await expect(failing).rejects.toThrow(StorageError)
    await expect(failing).rejects.toThrow('run 2: expected its codes, got none that can be read')
    expect(await desk.compares()).toBe(false)
    expect(await desk.image({ ...difference, quantity: 'weight' })).not.toBeNull()
    expect(await desk.image(difference)).toBeNull()
  })
})
