import { describe, expect, it } from 'vitest'
import { binsFor } from '../../pipeline/matrix/bins'
import type { MatrixCells, MatrixImage } from '../../workers/matrix-api'
import { bitPosition, type MapTheme, signed, viridis } from './colour'
import { cellText, cellValue, shortNumber, tellingCell } from './matrix-cells'
import { layoutMatrix } from './matrix-map'
import { lookOf, paint, placed, placeOf } from './matrix-strips'

const theme = { signed: signed.light } as MapTheme
const image = (part: Partial<MatrixImage> = {}) =>
  ({
    ...{ quantity: 'weight', reduction: 'extreme', reach: { largest: 4, most: 1 } },
    ...part,
  }) as MatrixImage
const wordOf = (css: string) => {
  const [r, g, b] = css.match(/\d+/g)!.map(Number)
  return ((255 << 24) | (b! << 16) | (g! << 8) | r!) >>> 0
}

describe('colours of a strip', () => {
  it('put zero in the middle and the largest at the ends, by root unless told otherwise', () => {
    const root = lookOf(image(), 'root', theme)
    expect([-4, -1, 0, 1, 4].map((value) => placeOf(root, value))).toEqual([0, 0.25, 0.5, 0.75, 1])
    expect(placeOf(lookOf(image(), 'linear', theme), 1)).toBe(0.625)
    const cut = lookOf(image(), 'clipped', theme)
    expect([0.5, 1, 4].map((value) => placeOf(cut, value))).toEqual([0.75, 1, 1])
    const sizes = lookOf(image({ reduction: 'size' }), 'linear', theme)
    expect([0, 2, 4].map((value) => placeOf(sizes, value))).toEqual([0, 0.5, 1])
  })

  it('give a lone bin of 8 bits the colour that 8 bits have everywhere', () => {
    const bits = new Float32Array(900).fill(2)
    bits[617] = 8
    const pixels = paint(bits, lookOf(image({ quantity: 'bits' }), 'root', theme))
    expect(pixels[617]).toBe(wordOf(viridis.css(bitPosition(8))))
    expect(new Set(pixels)).toEqual(new Set([wordOf(viridis.css(bitPosition(2))), pixels[617]]))
  })

  it('do not depend on the matrix for codes and signs', () => {
    const codes = lookOf(image({ quantity: 'code' }), 'clipped', theme)
    expect([-1, 0, 1].map((value) => placeOf(codes, value))).toEqual([0, 0.5, 1])
  })
})

describe('a picture on its strip', () => {
  const view = { lanes: [], places: new Uint32Array(1000) }
  const picture = (start: number, end: number) => ({
    columns: binsFor({ start, end }, 400, 1000),
    rows: binsFor({ start: 0, end: 50 }, 280, 50),
  })

  it('lies where its places are, cut to what is in view', () => {
    const layout = layoutMatrix(view, { start: 400, end: 600 }, 488, 1)
    expect(layout.plot).toBe(400)
    const whole = placed(picture(0, 1000), layout, { start: 0, end: 50 }, 10)!
    expect(whole.to).toEqual({ x: 78, y: 10, width: 400, height: 280 })
    expect(whole.from.x).toBeCloseTo(160, 6)
    expect(whole.from.width).toBeCloseTo(80, 6)
    const half = placed(picture(500, 1000), layout, { start: 0, end: 50 }, 10)!
    expect(half.to.x).toBeCloseTo(278, 0)
    expect(half.to.width).toBeCloseTo(200, 0)
  })

  it('is nowhere when it is of elsewhere', () => {
    const layout = layoutMatrix(view, { start: 0, end: 100 }, 488, 1)
    expect(placed(picture(500, 600), layout, { start: 0, end: 50 }, 10)).toBeNull()
  })
})

describe('single weights', () => {
  const cells: MatrixCells = {
    ...{ rows: Uint32Array.of(7), columns: Uint32Array.of(3, 9), signs: false, rescaled: false },
    ...{ weight: Float32Array.of(0.5, -0.25), original: Float32Array.of(0.375, -0.5), other: null },
    ...{ code: Uint8Array.of(5, 1), levels: Uint16Array.of(8, 8), bits: Uint8Array.of(3, 3) },
    ...{ group: Uint32Array.of(0, 1), scale: Float32Array.of(0.25, 0.25), zero: Float32Array.of(3, 2), salient: null },
  }

  it('are told with everything that is stored of them', () => {
    expect(cellText(cells, 1)).toBe(
      'Row 7, column 9: weight −0.250, code 1 of 0 to 7, original −0.500, error 0.250, 3 bits, group 1 with scale 0.250, zero 2',
    )
    expect(tellingCell(cells, 'weight')).toBe(0)
    expect(tellingCell(cells, 'error')).toBe(1)
    expect(cellValue(cells, 'difference', 0)).toBeNull()
    expect(cellValue(cells, 'code', 0)).toBeCloseTo(3 / 7, 9)
  })

  it('fit into their cells', () => {
    expect([0, 0.0004, -0.0134, 0.9999, -12.345, 1234].map(shortNumber)).toEqual([
      ...['0', '4e-4', '−.013', '1.00', '−12.3', '1e3'],
    ])
  })
})
