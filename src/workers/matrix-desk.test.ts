import { describe, expect, it } from 'vitest'
import { fakeMatrix } from '../../test/fake-matrix'
import { binsFor } from '../pipeline/matrix/bins'
import type { ImageRequest } from './matrix-api'

const NAME = 'model.layers.0.self_attn.q_proj'
const SIDE = 192
const places = Uint32Array.from({ length: SIDE }, (_, i) => i)

const request = (part: Partial<ImageRequest> = {}): ImageRequest => ({
  ...{ module: NAME, quantity: 'weight', reduction: 'extreme', hurry: false },
  rows: { places, bins: binsFor({ start: 0, end: SIDE }, 10, SIDE) },
  columns: { places, bins: binsFor({ start: 0, end: SIDE }, 48, SIDE) },
  ...part,
})

describe('the desk for matrices', () => {
  it('makes a picture of the whole and tells the reach of its values', async () => {
    const image = (await fakeMatrix(1).image(request()))!
    expect(image.values).toHaveLength(10 * 48)
    // column 24 is three times as loud as the others
    const loudest = image.values.indexOf(image.values.find((value) => Math.abs(value) > 0.25)!)
    expect(loudest % 48).toBe(6)
    expect(image.reach.largest).toBeCloseTo(0.4, 3)
    expect(image.reach.most).toBeLessThanOrEqual(image.reach.largest)
  })

  it('tells everything of single weights', async () => {
    const cells = await fakeMatrix(1).cells(NAME, Uint32Array.of(3, 0), Uint32Array.of(24))
    expect(cells.bits).toEqual(Uint8Array.of(4, 4))
    expect(cells.levels).toEqual(Uint16Array.of(16, 16))
    cells.weight.forEach((weight, i) => {
      expect(weight).toBeCloseTo(cells.scale[i]! * (cells.code[i]! - cells.zero[i]!), 6)
      const at = [3 * SIDE + 24, 24][i]!
      expect(cells.original![i]).toBeCloseTo(Math.sin(at * at) * 0.6, 6)
    })
    expect(cells.rescaled).toBe(false)
  })

  it('knows norm and error of every row', async () => {
    const desk = fakeMatrix(1)
    const { norm, error } = await desk.rows(NAME)
    const cells = await desk.cells(NAME, Uint32Array.of(7), places)
    expect(norm[7]).toBeCloseTo(Math.hypot(...cells.weight), 4)
    const squares = cells.weight.reduce((sum, weight, i) => sum + (weight - cells.original![i]!) ** 2, 0)
    expect(error![7]).toBeCloseTo(squares, 4)
  })

  it('knows the order in which columns are stored', async () => {
    expect(await fakeMatrix(1).stored(NAME)).toEqual(places)
  })

  it('has nothing of what is not there', async () => {
    expect(await fakeMatrix(1).image(request({ quantity: 'difference' }))).toBeNull()
  })

  it('refuses bins and cells outside of the matrix', async () => {
    const desk = fakeMatrix(1)
    const bins = { total: SIDE, step: 1, first: 0, count: 1_000_000 }
    await expect(desk.image(request({ rows: { places, bins } }))).rejects.toThrow('bins that do not fit')
    await expect(desk.cells(NAME, Uint32Array.of(SIDE), Uint32Array.of(0))).rejects.toThrow('outside of')
  })

  it('is idle when no picture is being made, made in vain or not', async () => {
    const desk = fakeMatrix(1)
    let made = 0
    const count = () => void made++
    const bins = { total: SIDE, step: 1, first: 0, count: 1_000_000 }
    const pictures = [desk.image(request()), desk.image(request({ rows: { places, bins } }))]
    for (const picture of pictures) void picture.then(count, count)
    await desk.idle()
    expect(made).toBe(2)
  })

  it('lets a picture of another matrix go when the next is asked for', async () => {
    const desk = fakeMatrix(1)
    const other = 'model.layers.0.self_attn.o_proj'
    const [, image] = await Promise.all([desk.image(request()), desk.image(request({ module: other }))])
    expect(image?.values.some((value) => value !== 0)).toBe(true)
  })
})
