import { describe, expect, it } from 'vitest'
import { fakeMethods } from '../../../test/fake-methods'
import { fakeInspection, fakeModule } from '../../../test/fake-model'
import { defaultRecipe } from '../../state/recipe'
import { bitPosition, luminance, parseColour, signed, viridis } from './colour'
import { columnAt, columnOfInterest, columnText, layoutMatrix, matrixHeight, matrixView } from './matrix-map'
import { stripAt } from './matrix-strips'
import { MEASURES, tellingMeasure } from './measure'
import { centred, pan, reveal, zoom } from './window'

const plan = fakeInspection('wren', 4).modules
const module = fakeModule(plan[8]!, defaultRecipe(fakeMethods[1]!, '', 'software'))

describe('measures', () => {
  it('colours by bits where they differ, else by what was lost', () => {
    const wide = { ...module, bits: { ...module.bits, total: 6 } }
    expect(tellingMeasure([module, wide])).toBe('bits')
    expect(tellingMeasure([module])).toBe('output')
    expect(tellingMeasure([{ ...module, error: { weight: 1, output: null } }])).toBe('weight')
    expect(MEASURES.bits.scale([]).at(8)).toBe(1)
  })
})

describe('matrix map', () => {
  const total = module.in

  it('reads the column of interest out of a crowded bin', () => {
    const view = matrixView(module.columns, 'original')
    const layout = layoutMatrix(view, { start: 0, end: total }, 78 + 10 + 12)
    expect(layout.bins.count).toBe(12)
    // Column 77 is the outlier; it lies in bin 4 of 12.
    expect(columnOfInterest(view, layout, layout.left + 4.5)).toBe(77)
    expect(columnAt(layout, layout.left - 1)).toBeNull()
    expect(columnAt(layout, layout.left)).toBe(0)
  })

  it('sorts by a lane and still knows which column is which', () => {
    const view = matrixView(module.columns, 'error')
    expect(view.places[0]).toBe(77)
    expect(view.error[0]).toBe(module.columns.error[77])
    expect([...view.error]).toEqual([...module.columns.error].sort((a, b) => b - a))
    expect(view.lanes.map(({ lane }) => lane)).toEqual(['hessian', 'factor', 'norm', 'error', 'saliency'])
    expect(columnText(module.columns, 77)).toMatch(/^Column 77: 4 bits, diag H .*diag U .*norm .*error .*saliency /)
  })

  it('is as high as it has lanes', () => {
    const uncalibrated = { ...module.columns, hessian: null, factor: null }
    const heights = [uncalibrated, module.columns].map((columns) => matrixHeight(matrixView(columns, 'original')))
    expect(heights).toEqual([26 + 2 * 60 + 22, 26 + 5 * 60 + 22])
  })

  it('zooms around a column and never leaves the matrix', () => {
    const least = 16
    expect(zoom({ start: 0, end: 192 }, 0.5, 96, 192, least)).toEqual({ start: 48, end: 144 })
    expect(zoom({ start: 0, end: 192 }, 0.5, 0, 192, least)).toEqual({ start: 0, end: 96 })
    expect(zoom({ start: 100, end: 192 }, 8, 150, 192, least)).toEqual({ start: 0, end: 192 })
    expect(zoom({ start: 0, end: 16 }, 0.5, 3, 192, least)).toEqual({ start: 0, end: 16 })
    expect(zoom({ start: 0, end: 8 }, 0.5, 3, 8, least)).toEqual({ start: 0, end: 8 })
    expect(pan({ start: 10, end: 20 }, 4.5, 192)).toEqual({ start: 14.5, end: 24.5 })
    expect(pan({ start: 10, end: 20 }, 500, 192)).toEqual({ start: 182, end: 192 })
    expect(reveal({ start: 10, end: 20 }, 25, 192)).toEqual({ start: 16, end: 26 })
    expect(reveal({ start: 10, end: 20 }, 3, 192)).toEqual({ start: 3, end: 13 })
    expect(centred(100, 10, 192)).toEqual({ start: 95.5, end: 105.5 })
    expect(centred(1, 10, 192)).toEqual({ start: 0, end: 10 })
  })

  it('keeps a place under the pointer where it is, however often it zooms', () => {
    let span = { start: 0, end: 28672 }
    for (let i = 0; i < 10; i++) span = zoom(span, 0.7, 20_001, 28672, 12)
    expect((20_001 - span.start) / (span.end - span.start)).toBeCloseTo(20_001 / 28672, 6)
  })

  it('has a place for every strip below the lanes, and finds rows there', () => {
    const view = matrixView(module.columns, 'original')
    const layout = layoutMatrix(view, { start: 0, end: total }, 500, 2)
    const { tops, height } = layout.strips
    expect(tops[0]).toBe(matrixHeight(view) - 22 + 12)
    expect(layout.height).toBe(tops[1]! + height + 22)
    const rows = { start: 100, end: 200 }
    expect(stripAt(layout, rows, tops[1]! + height / 2)).toEqual({ strip: 1, place: 150 })
    expect(stripAt(layout, rows, tops[0]! - 1)).toBeNull()
  })
})

describe('colours', () => {
  it('write text on a ramp with at least 4.5:1', () => {
    for (let i = 0; i <= 20; i++) {
      const ground = luminance(parseColour(viridis.css(i / 20).replaceAll(' ', ', ')))
      const ink = luminance(parseColour(viridis.ink(i / 20)))
      const contrast = (Math.max(ground, ink) + 0.05) / (Math.min(ground, ink) + 0.05)
      expect(contrast).toBeGreaterThan(4.4)
    }
  })

  it('show what is negative in orange and what is positive in purple, in both themes', () => {
    for (const ramp of [signed.light, signed.dark]) {
      const [red, , blue] = parseColour(ramp.css(0.1))
      expect(red).toBeGreaterThan(blue)
      const [warm, , cold] = parseColour(ramp.css(0.9))
      expect(cold).toBeGreaterThan(warm)
    }
  })

  it('give every width its own place', () => {
    expect(new Set([1, 2, 3, 4, 5, 6, 8].map(bitPosition)).size).toBe(7)
  })
})
